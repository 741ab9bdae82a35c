# frozen_string_literal: true

module LamBootstrap
  STDOUT_STREAM, STDERR_STREAM = 1, 2

  # A running invocation, or the code that runs outside of all invocations.
  class Run
    # The daemon's number of the invocation; 0 outside of all.
    attr_reader :request, :request_id
    # By stream: an unfinished line; nil until one is begun.
    attr_accessor :partial, :ended

    def initialize(request, request_id)
      @request = request
      @request_id = request_id
      @partial = nil
      @ended = false
    end
  end

  # STDOUT or STDERR: text up to a line break becomes a log record, the rest waits for its line break.
  class Stream < IO
    # Longer unfinished lines do not wait (bytes).
    UNFINISHED_LIMIT = 65_536
    private_constant :UNFINISHED_LIMIT

    def self.of(output, number)
      stream = for_fd(number, 'w', autoclose: false)
      stream.sync = true
      stream.attach(output, number)
      stream
    end

    def attach(output, number)
      @output = output
      @number = number
      @lines = Mutex.new
    end

    # All of `puts`, `print`, `p`, `printf`, `<<` and `warn` come here.
    def write(*texts)
      return super unless @output.own?

      whole = texts.size == 1 ? texts[0].to_s : texts.join
      text = Output.utf8(whole)
      run = @output.current
      begin
        @lines.synchronize { add(run, text) }
      rescue ThreadError
        # A signal handler cannot lock; the pipe of this stream leads to the log as well.
        return super
      end
      whole.bytesize
    end

    # Sends the unfinished line of `run` as a record.
    def release(run)
      @lines.synchronize { send_unfinished(run) }
    end

    private

    def add(run, text)
      partial = run.partial
      text = partial[@number] + text if partial && !partial[@number].empty?
      stop = text.rindex("\n")
      @output.record(run, @number, text[0, stop]) if stop
      return if stop == text.size - 1 && (partial.nil? || partial[@number].empty?)

      (run.partial ||= ['', '', ''])[@number] = stop ? text[(stop + 1)..] : text
      send_unfinished(run) if run.partial[@number].bytesize > UNFINISHED_LIMIT
    end

    def send_unfinished(run)
      return if run.partial.nil? || run.partial[@number].empty?

      text = run.partial[@number]
      run.partial[@number] = ''
      @output.record(run, @number, text)
    end
  end

  # The standard streams of the function; attributes each record to the invocation that printed it.
  class Output
    # Most bytes of one log record, as LIMITS.logRecordBytes of the daemon.
    TEXT_LIMIT = 256 * 1024
    RUN_OF_THREAD = :lam_run
    private_constant :TEXT_LIMIT, :RUN_OF_THREAD

    # The running invocation, while they run one at a time.
    attr_accessor :only
    # Stands for code outside of all invocations.
    attr_reader :outside

    # Returns the text as valid UTF-8; replaces what is not.
    def self.utf8(text)
      return text if text.encoding == Encoding::UTF_8 && text.valid_encoding?

      known = [Encoding::BINARY, Encoding::UTF_8, Encoding::US_ASCII].include?(text.encoding)
      known ? text.dup.force_encoding(Encoding::UTF_8).scrub : text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)
    end

    def initialize(channel)
      @channel = channel
      @outside = Run.new(0, '')
      @only = @outside
      @spread = false
      @stdout = Stream.of(self, STDOUT_STREAM)
      @stderr = Stream.of(self, STDERR_STREAM)
    end

    def own?
      @channel.own?
    end

    def install
      $stdout = @stdout
      $stderr = @stderr
      { STDOUT: @stdout, STDERR: @stderr }.each do |name, stream|
        Object.__send__(:remove_const, name)
        Object.const_set(name, stream)
      end
    end

    # From now on several run at once, each on a thread.
    def spread
      @spread = true
    end

    # Attributes what the current thread prints to `run`.
    def enter(run)
      Thread.current.thread_variable_set(RUN_OF_THREAD, run)
    end

    def current
      return @only unless @spread

      run = Thread.current.thread_variable_get(RUN_OF_THREAD)
      run.nil? || run.ended ? @outside : run
    end

    # Sends one record at once; splits text over the limit at line breaks and cuts a line that is longer.
    def record(run, stream, text)
      while text.bytesize > TEXT_LIMIT
        stop = text.byteslice(0, TEXT_LIMIT).b.rindex("\n")
        @channel.log(run.request, stream, text.byteslice(0, stop || TEXT_LIMIT))
        following = stop || text.b.index("\n", TEXT_LIMIT)
        return if following.nil?

        text = text.byteslice((following + 1)..)
      end
      @channel.log(run.request, stream, text)
    end

    # Sends the unfinished lines of `run`, and of code outside of all invocations.
    def release(run)
      [run, @outside].each do |one|
        next if one.partial.nil?

        @stdout.release(one)
        @stderr.release(one)
      end
    end
  end
end
