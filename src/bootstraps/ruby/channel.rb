# frozen_string_literal: true

require 'socket.so'

module LamBootstrap
  INIT, INVOKE, SHUTDOWN, RECALL, CACHE, CREDIT, CANCEL = 1, 2, 3, 4, 5, 6, 7
  HELLO, READY, INIT_ERROR, RESULT, ERROR, LOG, UNSTARTED = 16, 17, 18, 19, 20, 21, 22
  STREAM, CHUNK = 24, 25

  # The connection to the daemon: the frame protocol of docs/ARCHITECTURE.md. Thread-safe: sends whole frames, in the
  # order of the calls.
  class Channel
    HEADER = 'NCNn'
    LOG_HEADER = 'NCNnCG'
    HEADER_BYTES = 11
    # Bytes of a header that its length counts.
    FIXED_BYTES = 7
    READ_BYTES = 65_536
    # An exception that `Timeout` raises in the thread must not cut a frame.
    UNINTERRUPTED = { Object => :never }.freeze
    private_constant :HEADER, :LOG_HEADER, :HEADER_BYTES, :FIXED_BYTES, :READ_BYTES, :UNINTERRUPTED

    def initialize(address)
      @socket = address.start_with?('/') ? UNIXSocket.new(address) : TCPSocket.new(*address.split(':'))
      @received = String.new(capacity: READ_BYTES, encoding: Encoding::BINARY)
      @chunk = String.new(capacity: READ_BYTES, encoding: Encoding::BINARY)
      @at = 0
      @lock = Mutex.new
      @owner = Process.pid
    end

    # Whether this process is the one that dialled, not a fork of it.
    def own?
      Process.pid == @owner
    end

    def send(kind, request, meta = '', body = '')
      header = [FIXED_BYTES + meta.bytesize + body.bytesize, kind, request, meta.bytesize].pack(HEADER)
      write(header << meta.b << body.b)
    end

    def log(request, stream, text)
      bytes = FIXED_BYTES + 9 + text.bytesize
      time = Process.clock_gettime(Process::CLOCK_REALTIME, :float_millisecond)
      write([bytes, LOG, request, 0, stream, time].pack(LOG_HEADER) << text.b)
    end

    # Returns the next complete frame read, as [type, request, meta, body], or nil.
    def take
      available = @received.bytesize - @at
      return if available < HEADER_BYTES

      length, kind, request, meta_length = @received.unpack(HEADER, offset: @at)
      return if available < 4 + length

      meta_at = @at + HEADER_BYTES
      meta = @received.byteslice(meta_at, meta_length)
      body = @received.byteslice(meta_at + meta_length, length - FIXED_BYTES - meta_length)
      @at += 4 + length
      [kind, request, meta, body]
    end

    # Whether bytes beyond the frame last taken were read.
    def more?
      @received.bytesize > @at
    end

    # Waits for bytes and reads once. Ends the process when the daemon has closed the connection.
    def read
      append(@socket.readpartial(READ_BYTES, @chunk))
    rescue SystemCallError, IOError
      LamBootstrap.leave
    end

    # Reads what has arrived, without waiting.
    def read_arrived
      loop do
        read = @socket.read_nonblock(READ_BYTES, @chunk, exception: false)
        return if read == :wait_readable

        LamBootstrap.leave if read.nil?
        append(read)
      end
    rescue SystemCallError, IOError
      LamBootstrap.leave
    end

    private

    def append(bytes)
      if @at == @received.bytesize
        @received.clear
        @at = 0
      elsif @at > READ_BYTES
        @received = @received.byteslice(@at..)
        @at = 0
      end
      @received << bytes
    end

    def write(data)
      Thread.handle_interrupt(UNINTERRUPTED) do
        @lock.synchronize { @socket.write(data) }
      end
    rescue SystemCallError, IOError
      LamBootstrap.leave
    end
  end

  # Kills this process without running any of the function's code: the daemon is gone.
  def self.leave
    Process.kill(:KILL, Process.pid)
  end
end
