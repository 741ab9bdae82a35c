"""What a function prints, as log records of the invocation whose code printed it."""

import io
import sys
from _thread import RLock

STDOUT, STDERR = 1, 2

#: Most bytes of one log record, as LIMITS.logRecordBytes of the daemon.
LOG_TEXT_LIMIT = 256 * 1024


class Run:
    """One invocation that runs, or what is outside of any."""

    __slots__ = ("request", "request_id", "partial", "has_ended")

    def __init__(self, request, request_id):
        #: The daemon's number for it; 0 outside of an invocation.
        self.request = request
        self.request_id = request_id
        #: By stream: what was printed of a line that has not got its end; None before anything was.
        self.partial = None
        self.has_ended = False


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr as log records: what is printed up to a line break is one, the rest waits for its end."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, output, number):
        self._output = output
        self._number = number
        self._lock = RLock()
        self.buffer = Bytes(self)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        run, number = self._output.current(), self._number
        with self._lock:
            if run.partial is None:
                run.partial = ["", "", ""]
            whole = run.partial[number] + text
            end = whole.rfind("\n")
            run.partial[number] = whole[end + 1 :]
            if end != -1:
                self._output.record(run, number, whole[:end])
            if len(run.partial[number]) > LOG_TEXT_LIMIT // 4:
                self.release(run)
        return len(text)

    def release(self, run):
        """Hands on a line of ``run`` that has not got its end."""
        with self._lock:
            text, run.partial[self._number] = run.partial[self._number], ""
            if text:
                self._output.record(run, self._number, text)

    def writable(self):
        return True

    def fileno(self):
        return self._number


class Bytes(io.RawIOBase):
    """The ``buffer`` of a Stream."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, data):
        self._stream.write(bytes(data).decode("utf-8", "replace"))
        return len(data)

    def writable(self):
        return True

    def fileno(self):
        return self._stream.fileno()


class Output:
    """What the function prints, with the number of the invocation whose code printed it."""

    def __init__(self, channel):
        self._channel = channel
        #: What belongs to no invocation.
        self.outside = Run(0, "")
        #: The invocation that runs, as long as they run one after the other.
        self.only = self.outside
        self._variable = None
        self._stdout = Stream(self, STDOUT)
        self._stderr = Stream(self, STDERR)

    def install(self):
        sys.stdout = sys.__stdout__ = self._stdout
        sys.stderr = sys.__stderr__ = self._stderr
        sys.meta_path.insert(0, LoggingFinder(self))

    def spread(self):
        """From now on several run at once: whose code it is that prints, its context tells."""
        from contextvars import ContextVar

        self._variable = ContextVar("lam_run", default=self.outside)

    def enter(self, run):
        """What this context does is a part of ``run``."""
        self._variable.set(run)

    def current(self):
        if self._variable is None:
            return self.only
        run = self._variable.get()
        return self.outside if run.has_ended else run

    def record(self, run, stream, text):
        """One record, at once. Lines beyond the limit of a record become further records; one longer line is cut."""
        data = text.encode("utf-8", "backslashreplace")
        while len(data) > LOG_TEXT_LIMIT:
            end = data.rfind(b"\n", 0, LOG_TEXT_LIMIT)
            self._channel.log(run.request, stream, data[: end if end > 0 else LOG_TEXT_LIMIT])
            following = end if end > 0 else data.find(b"\n", LOG_TEXT_LIMIT)
            if following == -1:
                return
            data = data[following + 1 :]
        self._channel.log(run.request, stream, data)

    def release(self, run):
        for one in (run, self.outside):
            if one.partial is not None:
                self._stdout.release(one)
                self._stderr.release(one)


class LoggingFinder:
    """Gives ``logging`` AWS's root handler at the moment the function imports it, and costs nothing before."""

    def __init__(self, output):
        self._output = output

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            if hasattr(module, "getLogger"):
                from .log_handler import add_log_handler

                add_log_handler(module, self._output)

        spec.loader.exec_module = exec_module
        return spec
