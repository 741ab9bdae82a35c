# frozen_string_literal: true

require 'json'
require_relative 'channel'
require_relative 'inbox'
require_relative 'output'
require_relative 'handler'
require_relative 'late_gems'

# lam's client for functions in Ruby.
module LamBootstrap
  # Most bytes of a result; LIMITS.payloadBytes of the daemon.
  PAYLOAD_LIMIT = 6_291_556
  # Most characters of an error type in a frame's meta.
  TYPE_LIMIT = 256
  # Deepest nesting of events and results.
  NESTING = { max_nesting: 1000 }.freeze
  # Exit status after an exception that is no error of the code: AWS's -1.
  CRITICAL_STATUS = 255

  # Runs one function, one invocation at a time; Many takes over where several may run at once.
  class Bootstrap
    # Exceptions after which the function goes on; others end the process, as on AWS.
    SURVIVED = [StandardError, ScriptError, SystemStackError].freeze
    private_constant :SURVIVED

    def initialize(channel)
      @channel = channel
      @inbox = Inbox.new(channel)
      @output = Output.new(channel)
      @init = @handler = @many = nil
    end

    def run(token)
      @output.install
      LateGems.install
      at_exit { release if @channel.own? }
      hello = { token: token, pid: Process.pid, runtime: "ruby #{RUBY_VERSION}" }
      @channel.send(HELLO, 0, JSON.generate(hello))
      nil while serve(*@inbox.next)
    end

    # Runs one invocation; returns the frame of its answer, and whether the process must end after it.
    def run_one(request, meta, body)
      invocation = JSON.parse(meta)
      run = Run.new(request, invocation['requestId'])
      if @many
        @output.enter(run)
      else
        @output.only = run
        ENV['_X_AMZN_TRACE_ID'] = invocation['traceId']
        @inbox.started
      end
      began = now_ms
      begin
        result = @handler.call(event_of(body), LambdaContext.new(@init, invocation))
        answer = result.is_a?(Enumerator) ? stream(request, result) : answer_of(result)
      rescue SystemExit, SignalException
        raise
      rescue Exception => error
        answer = error
      end
      [ending_of(run, answer, now_ms - began), answer.is_a?(Exception) && critical?(answer)]
    end

    private

    # Handles a frame; false ends the process.
    def serve(kind, request, meta, body)
      case kind
      when INVOKE then @many ? @many.accept(request, meta, body) : invoke(request, meta, body)
      when INIT then initialize_function(JSON.parse(meta))
      # With one at a time, invocations before this frame have run; the watch returns those that have not.
      when RECALL then @many&.give_back(request)
      when SHUTDOWN then return false
      when CREDIT, CANCEL then @many&.steer(kind, request, meta)
      when CACHE then nil
      else LamBootstrap.leave
      end
      true
    end

    def initialize_function(init)
      began = now_ms
      @init = init
      load_function(init['taskRoot'], init['environment'], init['concurrency'])
      release
      @channel.send(READY, 0, JSON.generate(durationMs: now_ms - began))
    end

    def load_function(task_root, environment, concurrency)
      ENV.update(environment)
      ENV['LAMBDA_TASK_ROOT'] = ENV['PWD'] = task_root
      @output.spread if concurrency > 1
      Dir.chdir(task_root)
      $LOAD_PATH.unshift(task_root, *environment.fetch('RUBYLIB', '').split(':').reject(&:empty?))
      LateGems.add_bundle(task_root)
      @handler = Handler.new(task_root, @init['handler'])
      add_log_format
      return unless concurrency > 1

      require_relative 'many'
      @many = Many.new(self, @channel, concurrency)
    rescue SystemExit, SignalException
      raise
    rescue Exception => error
      fail_init(error)
    end

    def fail_init(error)
      document = describe(@output.outside, error, 'Init')
      @channel.send(INIT_ERROR, 0, JSON.generate(errorType: document['errorType'][0, TYPE_LIMIT]), JSON.generate(document))
      exit!(1)
    end

    def invoke(request, meta, body)
      frame, exits = run_one(request, meta, body)
      @inbox.ended
      @channel.send(*frame)
      exit(CRITICAL_STATUS) if exits
    end

    def event_of(body)
      body.empty? ? {} : JSON.parse(body.force_encoding(Encoding::UTF_8), NESTING)
    end

    # Returns the bytes of a result: JSON, or the content of an IO as it is.
    def answer_of(result)
      return result.read.to_s.b if result.is_a?(IO) || (defined?(StringIO) && result.is_a?(StringIO))

      JSON.generate(result, NESTING)
    end

    # Sends what an enumerator yields; returns the body of its result.
    def stream(request, items)
      require_relative 'streaming'
      if @many
        @many.streaming(request) { |stream| stream.send_all(items) }
      else
        Stream.new(@channel, request, ->(stream) { @inbox.steer(stream, request) }).send_all(items)
      end
      ''
    end

    # Ends an invocation; returns the frame for its result (a String) or for the exception it raised.
    def ending_of(run, answer, ran_ms)
      document = answer.is_a?(Exception) ? describe(run, answer, 'Function') : nil
      @output.release(run)
      run.ended = true
      @output.only = @output.outside unless @many
      return error_frame(run, document, ran_ms, critical?(answer)) if document
      return [RESULT, run.request, format('%.3f', ran_ms), answer] if answer.bytesize <= PAYLOAD_LIMIT

      [RESULT, run.request, JSON.generate(ranMs: ran_ms, tooLarge: answer.bytesize)]
    end

    def error_frame(run, document, ran_ms, critical)
      meta = { errorType: document['errorType'][0, TYPE_LIMIT], ranMs: ran_ms }
      meta[:leaving] = true if critical
      [ERROR, run.request, JSON.generate(meta), JSON.generate(document)]
    end

    # Writes an error to the log, behind the unfinished lines; returns its document.
    def describe(run, error, phase)
      require_relative 'faults'
      @output.release(run)
      document = Faults.document(error, phase)
      @output.record(run, STDERR_STREAM, Faults.describe(document, error))
      document
    end

    def critical?(answer)
      SURVIVED.none? { |survived| answer.is_a?(survived) }
    end

    # Gives loggers AWS's format, which has the request id, where the function uses Ruby's.
    def add_log_format
      return unless defined?(::Logger::Formatter)

      require_relative 'log_format'
      LogFormat.install(@output)
    end

    def release
      @output.release(@output.current)
    end

    def now_ms
      Process.clock_gettime(Process::CLOCK_MONOTONIC, :float_millisecond)
    end
  end

  def self.main
    address = ENV['LAM_SOCKET']
    token = ENV['LAM_TOKEN']
    calls = ENV['LAM_CALLS_SOCKET']
    ENV.delete_if { |name, _| name.start_with?('LAM_') }
    abort 'lam bootstrap: LAM_SOCKET and LAM_TOKEN are not set; the daemon starts this program' unless address && token
    bootstrap = Bootstrap.new(Channel.new(address))
    if calls
      require_relative 'calls'
      Calls.carry(calls)
    end
    bootstrap.run(token)
  end
end
