# frozen_string_literal: true

module LamBootstrap
  # A thread that reads while an invocation runs for long, and returns those behind it that the daemon recalls. Runs
  # only while invocations are sent ahead: reading every frame on another thread would cost more than it saves.
  class Watch
    # Interval of the checks (s).
    INTERVAL_S = 0.01
    # Checks without a long invocation after which the watch ends.
    MOST_IDLE = 100

    def initialize(inbox)
      @inbox = inbox
      @thread = Thread.new { run }
    end

    def ended?
      !@thread.alive?
    end

    private

    def run
      seen = idle = 0
      while idle < MOST_IDLE
        sleep(INTERVAL_S)
        turn = @inbox.turn
        idle += 1
        # Even: none runs. Changed: the one that runs has just started.
        if turn.odd? && turn == seen
          idle = 0
          look(turn)
        end
        seen = turn
      end
    end

    def look(turn)
      @inbox.lock.synchronize { @inbox.look if @inbox.turn == turn }
    end
  end
end
