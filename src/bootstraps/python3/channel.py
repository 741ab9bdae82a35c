"""The frame protocol of docs/ARCHITECTURE.md, as the bootstrap speaks it."""

import os
import time
from _socket import AF_INET, AF_UNIX, SOCK_STREAM, socket
from _socket import MSG_DONTWAIT, SHUT_RD, SO_RCVTIMEO, SOL_SOCKET
from _struct import Struct
from _thread import RLock, allocate_lock

INIT, INVOKE, SHUTDOWN, RECALL, CACHE, CREDIT, CANCEL = 1, 2, 3, 4, 5, 6, 7
HELLO, READY, INIT_ERROR, RESULT, ERROR, LOG, UNSTARTED, NEW_CACHE = 16, 17, 18, 19, 20, 21, 22, 23
STREAM, CHUNK = 24, 25

HEADER = Struct(">IBIH")
LOG_HEADER = Struct(">IBIHBd")
TIME_VALUE = Struct("@ll")
#: Bytes of a header that its length counts.
FIXED_BYTES = 7


class Channel:
    """The connection to the daemon. Thread-safe: sends whole frames, in the order of the calls."""

    _status = None

    def __init__(self, address):
        if address.startswith("/"):
            self._socket = socket(AF_UNIX, SOCK_STREAM)
            self._socket.connect(address)
        else:
            host, port = address.rsplit(":", 1)
            self._socket = socket(AF_INET, SOCK_STREAM)
            self._socket.connect((host, int(port)))
        self._received = bytearray()
        self._lock = RLock()

    def send(self, kind, request, meta=b"", body=b""):
        header = HEADER.pack(FIXED_BYTES + len(meta) + len(body), kind, request, len(meta))
        self._write(header + meta + body)

    def log(self, request, stream, text):
        self._write(LOG_HEADER.pack(FIXED_BYTES + 9 + len(text), LOG, request, 0, stream, time.time() * 1000) + text)

    def take(self):
        """Returns the next complete frame read, as (type, request, meta, body), or None."""
        received = self._received
        if len(received) < HEADER.size:
            return None
        length, kind, request, meta_length = HEADER.unpack_from(received)
        end = 4 + length
        if len(received) < end:
            return None
        meta_end = HEADER.size + meta_length
        meta, body = bytes(received[HEADER.size : meta_end]), bytes(received[meta_end:end])
        del received[:end]
        return kind, request, meta, body

    def has_more(self):
        """Whether bytes beyond the frame last taken were read."""
        return len(self._received) > 0

    def read(self, flags=0):
        """Reads once; False when nothing has arrived. Ends the process when the daemon has closed the connection."""
        count = 65536
        if len(self._received) >= 4:
            count = max(count, 4 + int.from_bytes(self._received[:4], "big") - len(self._received))
        try:
            data = self._socket.recv(count, flags)
        except BlockingIOError:
            return False
        except OSError:
            leave()
        if not data:
            return self._end()
        self._received += data
        return True

    def wait_at_most(self, seconds):
        """Sets the longest that ``read`` blocks; 0 means for ever."""
        self._socket.setsockopt(SOL_SOCKET, SO_RCVTIMEO, TIME_VALUE.pack(int(seconds), int(seconds % 1 * 1e6)))

    def end_with(self, status):
        """Called from another thread: makes the reading thread end the process with ``status``."""
        self._status = status
        self._socket.shutdown(SHUT_RD)

    def _end(self):
        if self._status is None:
            leave()
        raise SystemExit(self._status)

    def _write(self, data):
        try:
            with self._lock:
                self._socket.sendall(data)
        except OSError:
            leave()


def leave():
    """Kills this process without running any of the function's code: the daemon is gone."""
    os.kill(os.getpid(), 9)


class Inbox:
    """Frames from the daemon that are not handled yet."""

    def __init__(self, channel, on_quiet):
        self.channel = channel
        self.lock = allocate_lock()
        #: Frames that the watch read while an invocation ran.
        self.parked = []
        #: Incremented when an invocation starts and when it ends: odd while one runs.
        self.turn = 0
        self._on_quiet = on_quiet
        self._watch = None

    def next(self):
        """Waits for the next frame and returns it."""
        with self.lock:
            while True:
                frame = self.parked.pop(0) if self.parked else self.channel.take()
                if frame is not None:
                    return frame
                if not self.channel.read():
                    self._on_quiet()

    def look(self):
        """Reads without waiting while an invocation runs, and returns those behind it that the daemon recalls.

        The caller holds the lock.
        """
        while self.channel.read(MSG_DONTWAIT):
            pass
        frame = self.channel.take()
        while frame is not None:
            self.parked.append(frame)
            frame = self.channel.take()
        asked = {request for kind, request, _meta, _body in self.parked if kind == RECALL}
        given = {request for kind, request, _meta, _body in self.parked if kind == INVOKE and request in asked}
        self.parked = [frame for frame in self.parked if frame[0] != RECALL and frame[1] not in given]
        for request in sorted(given):
            self.channel.send(UNSTARTED, request)

    def steer(self, stream):
        """Takes what the daemon has said about the running stream; waits until it may send."""
        with self.lock:
            while True:
                self.look()
                for kind, request, meta, _body in self.parked:
                    if request == stream.request:
                        stream.steer(kind, meta)
                self.parked = [frame for frame in self.parked if frame[0] not in (CREDIT, CANCEL)]
                if stream.may_send:
                    return
                self.channel.read()

    def started(self):
        self.turn += 1
        if self.channel.has_more() and (self._watch is None or self._watch.has_ended):
            from .watch import Watch

            self._watch = Watch(self)

    def ended(self):
        """Called before the answer is sent: after it the daemon takes the next invocation for started.

        From then on the watch must not return that one as unstarted.
        """
        if self._watch is None:
            self.turn += 1
            return
        with self.lock:
            self.turn += 1
