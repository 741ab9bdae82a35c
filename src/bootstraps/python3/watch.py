"""Gives back invocations that wait behind a long one."""

import time
from _thread import start_new_thread

#: Interval of the checks (s).
WATCH_S = 0.01
#: Checks without a long invocation after which the watch ends.
MOST_IDLE = 100


class Watch:
    """A thread that reads while an invocation runs for long, and returns those behind it that the daemon recalls.

    Runs only while invocations are sent ahead: reading every frame on another thread would cost more than it saves.
    """

    def __init__(self, inbox):
        self._inbox = inbox
        self.has_ended = False
        start_new_thread(self._run, ())

    def _run(self):
        seen, idle = 0, 0
        while idle < MOST_IDLE:
            time.sleep(WATCH_S)
            turn, idle = self._inbox.turn, idle + 1
            # Even: none runs. Changed: the one that runs has just started.
            if turn % 2 == 1 and turn == seen:
                idle = 0
                self._look(turn)
            seen = turn
        self.has_ended = True

    def _look(self, turn):
        inbox = self._inbox
        with inbox.lock:
            if inbox.turn != turn:
                return
            inbox.look()
