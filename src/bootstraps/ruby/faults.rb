# frozen_string_literal: true

module LamBootstrap
  # Errors as AWS's Ruby runtime reports them.
  module Faults
    OWN_FOLDER = "#{__dir__}/"
    # Most characters of an error message; a longer document would exceed the payload limit.
    MESSAGE_LIMIT = 256 * 1024
    MOST_FRAMES = 100
    MOST_CAUSES = 10
    private_constant :OWN_FOLDER, :MESSAGE_LIMIT, :MOST_FRAMES, :MOST_CAUSES

    module_function

    # Returns AWS's error document. `phase`: `Function` or `Init`.
    def document(error, phase)
      {
        'errorMessage' => message_of(error),
        'errorType' => "#{phase}<#{error.class}>",
        'stackTrace' => frames_of(error)
      }
    end

    # Formats an error for the log, with its causes.
    def describe(document, error)
      lines = [head(document['errorType'], document['errorMessage']), *indented(document['stackTrace'])]
      causes_of(error).each do |cause|
        lines.push("caused by #{head(cause.class, message_of(cause))}", *indented(frames_of(cause)))
      end
      lines.join("\n")
    end

    def head(type, message)
      "[ERROR] #{type}: #{message}"
    end

    def indented(frames)
      frames.map { |frame| "  #{frame}" }
    end

    def causes_of(error)
      causes = []
      while (error = error.cause) && causes.size < MOST_CAUSES && !causes.include?(error)
        causes << error
      end
      causes
    end

    def message_of(error)
      relative(Output.utf8(error.message.to_s))[0, MESSAGE_LIMIT]
    rescue StandardError
      'the exception raised could not be shown: its message raised in turn'
    end

    # The stack without frames of lam, of what it calls the function with, and of Ruby's own `require`.
    def frames_of(error)
      frames = (error.backtrace || []).reject { |frame| frame.start_with?(OWN_FOLDER, '<internal:') }
      frames.first(MOST_FRAMES).map { |frame| relative(Output.utf8(frame)) }
    end

    # Returns `text` with paths in the function's folder relative to it.
    def relative(text)
      root = ENV.fetch('LAMBDA_TASK_ROOT', '')
      root.empty? ? text : text.gsub("#{root}/", '')
    end
  end
end
