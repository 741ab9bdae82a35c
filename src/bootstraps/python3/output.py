"""Turns what a function prints into log records of the invocation that printed it."""

import io
import sys
from _thread import RLock

STDOUT, STDERR = 1, 2

#: Most bytes of one log record, as LIMITS.logRecordBytes of the daemon.
LOG_TEXT_LIMIT = 256 * 1024


class Run:
    """A running invocation, or the code that runs outside of all invocations."""

    __slots__ = ("request", "request_id", "partial", "has_ended")

    def __init__(self, request, request_id):
        #: The daemon's number of the invocation; 0 outside of all.
        self.request = request
        self.request_id = request_id
        #: By stream: an unfinished line; None until something is printed.
        self.partial = None
        self.has_ended = False


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr: text up to a line break becomes a log record, the rest waits for its line break."""

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
        """Sends the unfinished line of ``run`` as a record."""
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
    """The standard streams of the function; attributes each record to the invocation that printed it."""

    def __init__(self, channel):
        self._channel = channel
        #: Stands for code outside of all invocations.
        self.outside = Run(0, "")
        #: The running invocation, while they run one at a time.
        self.only = self.outside
        self._variable = None
        self._stdout = Stream(self, STDOUT)
        self._stderr = Stream(self, STDERR)

    def install(self):
        sys.stdout = sys.__stdout__ = self._stdout
        sys.stderr = sys.__stderr__ = self._stderr
        sys.meta_path.insert(0, LoggingFinder(self))

    def spread(self):
        """From now on several run at once, and a context variable tells which one prints."""
        from contextvars import ContextVar

        self._variable = ContextVar("lam_run", default=self.outside)

    def enter(self, run):
        """Attributes the current context to ``run``."""
        self._variable.set(run)

    def current(self):
        if self._variable is None:
            return self.only
        run = self._variable.get()
        return self.outside if run.has_ended else run

    def record(self, run, stream, text):
        """Sends one record at once; splits text over the limit at line breaks and cuts a line that is longer."""
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
    """Installs AWS's root handler when the function first imports ``logging``."""

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
