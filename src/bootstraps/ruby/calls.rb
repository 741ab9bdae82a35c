# frozen_string_literal: true

module LamBootstrap
  # Carries calls of other functions out of a container, whose own network reaches nothing of lam.
  module Calls
    # Where SDKs find lam in a container; CALLS of the daemon.
    HOST = '127.0.0.1'
    PORT = 9011
    # Connections at a time; MOST_CALL_CONNECTIONS of the daemon.
    MOST = 64
    BYTES = 65_536
    private_constant :HOST, :PORT, :MOST, :BYTES

    # Accepts connections and passes them on to the daemon's socket at `path`, on threads of their own.
    def self.carry(path)
      server = TCPServer.new(HOST, PORT)
      Thread.new { accept(server, path) }
    rescue SystemCallError
      # A program has the port already.
      nil
    end

    def self.accept(server, path)
      pairs = []
      loop do
        client = nil
        client = server.accept
        pairs.select!(&:alive?)
        next client.close if pairs.size >= MOST

        pairs << Thread.new(client) { |from| join(from, path) }
      rescue SystemCallError, ThreadError
        # Descriptors or threads may be short for a while.
        client&.close
        sleep 0.05
      end
    end
    private_class_method :accept

    def self.join(client, path)
      daemon = UNIXSocket.new(path)
      back = Thread.new { copy(daemon, client) }
      copy(client, daemon)
      back.join
    rescue SystemCallError, ThreadError
      nil
    ensure
      daemon&.close
      client.close
    end
    private_class_method :join

    def self.copy(from, to)
      loop { to.write(from.readpartial(BYTES)) }
    rescue EOFError
      to.close_write
    rescue IOError, SystemCallError
      # Either side has gone: the other ends with it.
      [from, to].each { |socket| socket.shutdown unless socket.closed? }
    end
    private_class_method :copy
  end
end
