# frozen_string_literal: true

module LamBootstrap
  # Runs several invocations at once, each on a thread of its own.
  class Many
    def initialize(bootstrap, channel, places)
      @bootstrap = bootstrap
      @channel = channel
      @places = places
      @lock = Mutex.new
      @running = 0
      @waiting = []
      @streams = {}
    end

    def accept(request, meta, body)
      starts = @lock.synchronize do
        if @running >= @places || !@waiting.empty?
          @waiting << [request, meta, body]
          false
        else
          @running += 1
        end
      end
      start(request, meta, body) if starts
    end

    # Returns an invocation that has not started to the daemon; no reply means that it has started.
    def give_back(request)
      @lock.synchronize do
        at = @waiting.index { |waiting| waiting[0] == request }
        next if at.nil?

        @waiting.delete_at(at)
        @channel.send(UNSTARTED, request)
      end
    end

    # Passes on what the daemon says about a streamed answer.
    def steer(kind, request, meta)
      @lock.synchronize { @streams[request] }&.steer(kind, meta)
    end

    # Calls the block with a stream for the answer to `request`.
    def streaming(request)
      stream = Stream.new(@channel, request, :wait_for_credit.to_proc)
      @lock.synchronize { @streams[request] = stream }
      yield stream
    ensure
      @lock.synchronize { @streams.delete(request) }
    end

    private

    # A new thread for each, so that it finds no thread-local values of another request.
    def start(request, meta, body)
      Thread.new { perform(request, meta, body) }.report_on_exception = false
    end

    def perform(request, meta, body)
      frame, exits = @bootstrap.run_one(request, meta, body)
      # The answer tells the daemon that the longest-waiting invocation has started, so both happen under the lock.
      following = @lock.synchronize do
        @channel.send(*frame)
        # Ends the whole process: Ruby raises it again in the main thread.
        raise SystemExit.new(LamBootstrap::CRITICAL_STATUS) if exits

        @waiting.shift || (@running -= 1) && nil
      end
      start(*following) if following
    end
  end
end
