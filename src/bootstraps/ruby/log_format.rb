# frozen_string_literal: true

module LamBootstrap
  # How loggers with Ruby's own format print: in AWS's, which adds the request id.
  module LogFormat
    FORMAT = "%s, [%s #%d] %5s %s -- %s: %s\n"
    private_constant :FORMAT

    def self.install(output)
      @output = output
      ::Logger::Formatter.prepend(self)
    end

    def self.request_id
      @output.current.request_id
    end

    def call(severity, time, progname, msg)
      parts = [severity[0, 1], format_datetime(time), Process.pid, severity, LogFormat.request_id, progname, msg2str(msg)]
      format(FORMAT, *parts)
    end
  end
end
