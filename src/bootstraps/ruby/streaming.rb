# frozen_string_literal: true

module LamBootstrap
  # One streamed answer: what a handler's enumerator yields. Sends as far as the daemon's credit goes.
  class Stream
    # As STREAM_WINDOW_BYTES and STREAM_PIECE_BYTES of the daemon.
    WINDOW = 256 * 1024
    PIECE = 32 * 1024
    # As HTTP_STREAM and HTTP_STREAM_NULS of the daemon; what a stream is without a head.
    HTTP_TYPE = 'application/vnd.awslambda.http-integration-response'
    HEAD_END = "\0" * 8
    PLAIN_TYPE = 'application/octet-stream'
    private_constant :WINDOW, :PIECE, :HTTP_TYPE, :HEAD_END, :PLAIN_TYPE

    # `wait` gets the stream, passes on what the daemon says about it, and returns once it may send.
    def initialize(channel, request, wait)
      @channel = channel
      @request = request
      @wait = wait
      @credit = WINDOW
      @begun = @cancelled = false
      @lock = Mutex.new
      @changed = ConditionVariable.new
    end

    # Takes a CREDIT or CANCEL of the daemon.
    def steer(kind, meta)
      @lock.synchronize do
        kind == CANCEL ? @cancelled = true : @credit += meta.to_i
        @changed.signal
      end
    end

    def may_send?
      @cancelled || @credit.positive?
    end

    # Waits for the thread that reads the daemon's frames.
    def wait_for_credit
      @lock.synchronize { @changed.wait(@lock) until may_send? }
    end

    # Sends all that is yielded, until nobody reads any more; the `ensure` of the enumerator then runs.
    def send_all(items)
      items.each do |item|
        data = bytes_of(item)
        @wait.call(self)
        until data.empty? || @cancelled
          data = send_some(data)
          @wait.call(self)
        end
        break if @cancelled
      end
      begin_with(PLAIN_TYPE)
    end

    private

    # Returns the rest.
    def send_some(data)
      count = [data.bytesize, PIECE, @credit].min
      @lock.synchronize { @credit -= count }
      @channel.send(CHUNK, @request, '', data.byteslice(0, count))
      data.byteslice(count..)
    end

    # The bytes of a yielded item; the first may be the head of an HTTP response, a Hash.
    def bytes_of(item)
      if item.is_a?(Hash) && !@begun
        head = JSON.generate(item).b << HEAD_END
        begin_with(HTTP_TYPE)
        return head
      end
      raise TypeError, "a streaming handler yields strings, not #{item.class}" unless item.is_a?(String)

      begin_with(PLAIN_TYPE)
      item.b
    end

    # Sends the head, once.
    def begin_with(content_type)
      return if @begun

      @begun = true
      @channel.send(STREAM, @request, JSON.generate(contentType: content_type))
    end
  end
end
