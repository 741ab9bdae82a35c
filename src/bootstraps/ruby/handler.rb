# frozen_string_literal: true

module LamBootstrap
  # The function's code: finds the method that a handler names and calls it.
  class Handler
    # `handler`: `dir/file.method` or `dir/file.Class.method`. Loads the file; raises what it raises, or the error that
    # Ruby itself has for what is missing.
    def initialize(task_root, handler)
      @file, @owner_name, @name = parts_of(handler)
      path = "#{task_root}/#{@file}.rb"
      raise_missing(path) unless File.file?(path)
      require(path)
      @receiver = receiver
      raise_undefined unless @receiver.respond_to?(@name, @owner_name.nil?)
    end

    def call(event, context)
      @receiver.__send__(@name, event: event, context: context)
    end

    private

    def parts_of(handler)
      folder, slash, name = handler.rpartition('/')
      file, *owner, method = name.split('.')
      if method.nil? || owner.size > 1 || handler.split('/').include?('..')
        raise ArgumentError, "Invalid handler #{handler}, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD"
      end

      [folder + slash + file, owner.first, method]
    end

    # Methods outside of a class are private methods of the main object.
    def receiver
      @owner_name.nil? ? TOPLEVEL_BINDING.receiver : Object.const_get(@owner_name)
    end

    def raise_missing(path)
      error = LoadError.new("cannot load such file -- #{@file}")
      folder = File.dirname(path)
      there = File.directory?(folder) ? Dir.children(folder).sort.first(20).join(', ') : 'no such folder'
      error.set_backtrace(["looked for: #{File.basename(path)}", "in its folder: #{there}"])
      raise error
    end

    def raise_undefined
      own = @owner_name.nil? ? Object.private_instance_methods(false) : @receiver.singleton_methods(false)
      names = own.select { |name| source_of(name)&.end_with?("/#{@file}.rb") }
      error = NoMethodError.new("undefined method '#{@name}' for #{@owner_name || @file}")
      error.set_backtrace(["#{@file}.rb defines #{names.empty? ? 'no such method' : names.first(20).join(', ')}"])
      raise error
    end

    def source_of(name)
      method = @owner_name.nil? ? Object.instance_method(name) : @receiver.method(name)
      method.source_location&.first
    end
  end

  # The argument `context` of a handler.
  class LambdaContext
    attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name, :function_name,
                :memory_limit_in_mb, :function_version, :identity, :client_context, :deadline_ms, :tenant_id,
                :xray_trace_id

    def initialize(init, invocation)
      @aws_request_id = invocation['requestId']
      @invoked_function_arn = invocation['functionArn']
      @xray_trace_id = invocation['traceId']
      @function_name = init['functionName']
      @function_version = init['version'].to_s
      @memory_limit_in_mb = init['memoryMiB'].to_s
      @log_group_name = init['logGroup']
      @log_stream_name = init['logStream']
      client_context = invocation['clientContext']
      @client_context = client_context && JSON.parse(client_context)
      # Counted from the start of the handler, because the invocation may have been sent ahead.
      @deadline_ms = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + init['timeoutMs']
    end

    def get_remaining_time_in_millis
      left = @deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)
      left.positive? ? left : 0
    end
  end
end
