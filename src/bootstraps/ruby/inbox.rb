# frozen_string_literal: true

module LamBootstrap
  # Frames from the daemon that are not handled yet.
  class Inbox
    attr_reader :channel, :lock, :turn

    def initialize(channel)
      @channel = channel
      @lock = Mutex.new
      # Frames that were read while an invocation ran.
      @parked = []
      # Incremented when an invocation starts and when it ends: odd while one runs.
      @turn = 0
      @watch = nil
    end

    # Waits for the next frame and returns it.
    def next
      @lock.synchronize do
        until (frame = @parked.shift || @channel.take)
          @channel.read
        end
        frame
      end
    end

    # Passes on what the daemon says about the streamed answer of the running invocation, and waits until it may send.
    def steer(stream, request)
      @lock.synchronize do
        @channel.read_arrived
        park
        until pass_on(stream, request)
          @channel.read
          park
        end
      end
    end

    # Reads what has arrived, and returns the invocations that the daemon recalls. The caller holds the lock.
    def look
      @channel.read_arrived
      park
    end

    def started
      @turn += 1
      return unless @channel.more? && (@watch.nil? || @watch.ended?)

      require_relative 'watch'
      @watch = Watch.new(self)
    end

    # Called before the answer is sent: after it the daemon takes the next invocation for started, and the watch must
    # not return that one as unstarted.
    def ended
      if @watch.nil?
        @turn += 1
      else
        @lock.synchronize { @turn += 1 }
      end
    end

    private

    def park
      while (frame = @channel.take)
        @parked << frame
      end
      give_back if @parked.any? { |kind,| kind == RECALL }
    end

    def give_back
      asked = @parked.filter_map { |kind, request,| request if kind == RECALL }
      given = @parked.filter_map { |kind, request,| request if kind == INVOKE && asked.include?(request) }
      @parked.reject! { |kind, request,| kind == RECALL || (kind == INVOKE && given.include?(request)) }
      given.sort.each { |request| @channel.send(UNSTARTED, request) }
    end

    # Returns whether the stream may send now.
    def pass_on(stream, request)
      @parked.reject! do |kind, about, meta|
        is_ours = about == request && [CREDIT, CANCEL].include?(kind)
        stream.steer(kind, meta) if is_ours
        is_ours
      end
      stream.may_send?
    end
  end
end
