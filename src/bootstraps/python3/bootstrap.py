"""What runs a Python function inside a sandbox of lam.

It dials LAM_SOCKET and speaks the frames of docs/ARCHITECTURE.md. Python 3.8 and newer, standard library only, and of
that only what every function needs: each import here is part of every cold start. To be started with
``python3 -I -S -B -X utf8``: nothing of the host's packages is seen, nothing is written beside the code.
"""

import io
import json
import os
import sys
import time
from _socket import AF_INET, AF_UNIX, SOCK_STREAM, socket
from _socket import SHUT_RD, SO_RCVTIMEO, SOL_SOCKET
from _thread import RLock, allocate_lock
from struct import Struct

INIT, INVOKE, SHUTDOWN, RECALL, CACHE = 1, 2, 3, 4, 5
HELLO, READY, INIT_ERROR, RESULT, ERROR, LOG, UNSTARTED, NEW_CACHE = 16, 17, 18, 19, 20, 21, 22, 23
STDOUT, STDERR = 1, 2

#: Most bytes of a result, as LIMITS.payloadBytes of the daemon.
PAYLOAD_LIMIT = 6291556
#: Most bytes of one log record, as LIMITS.logRecordBytes of the daemon.
LOG_TEXT_LIMIT = 256 * 1024
#: Most bytes of a start-up cache in one frame.
CACHE_PART = 1024 * 1024
#: When the start-up cache is collected: this long after the first answer, or after init when nothing is asked, seconds.
QUIET_S, IDLE_S = 0.1, 1.0
#: So many invocations end the wait for a quiet moment.
MOST_BUSY = 50
#: Most characters of an error's type beside its document.
TYPE_LIMIT = 256

HEADER = Struct(">IBIH")
LOG_HEADER = Struct(">IBIHBd")
TIME_VALUE = Struct("@ll")
FIXED_BYTES = 7


#: Source of the parts that few functions need, by name; the build fills it in from the files beside this one.
PARTS = {}


def need(name):
    """Has a part of the bootstrap defined, which costs nothing before."""
    source = PARTS.pop(name, None)
    if source is not None:
        exec(compile(source, __file__, "exec"), globals())


class Channel:
    """The way to the daemon: whole frames, in the order of the calls, from whichever thread."""

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
        """The next frame that was read, as (type, request, meta, body), or None."""
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
        """Something was read beyond the frame that was taken."""
        return len(self._received) > 0

    def read(self, flags=0):
        """Reads what comes next. False: nothing is there yet. Ends the process when the daemon is gone."""
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
        """How long ``read`` waits; 0 for ever."""
        self._socket.setsockopt(SOL_SOCKET, SO_RCVTIMEO, TIME_VALUE.pack(int(seconds), int(seconds % 1 * 1e6)))

    def end_with(self, status):
        """Has whoever reads end the process, from another thread."""
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
    """Ends this process at once, running nothing of the function: nobody is there to hear from it."""
    os.kill(os.getpid(), 9)


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
                need("log_handler")
                add_log_handler(module, self._output)

        spec.loader.exec_module = exec_module
        return spec


def trace_of(error):
    """The stack of an exception where the function's own code is on it."""
    need("faults")
    return frames_of(error)


def fault(kind, message, trace=()):
    """An error of AWS's ``Runtime.*`` kinds, which the bootstrap itself reports."""
    need("faults")
    return Fault(kind, message, trace)


def load_handler(handler):
    """The callable that ``pkg.mod.fn`` or ``dir/mod.fn`` names; raises Fault, or what the module itself raised."""
    module_name, dot, function_name = handler.rpartition(".")
    if not dot:
        raise fault("MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise fault("BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    dotted = module_name.replace("/", ".")
    try:
        __import__(dotted)
        module = sys.modules[dotted]
    except ImportError as error:
        raise fault("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error), trace_of(error)) from error
    except SyntaxError as error:
        trace = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
        raise fault("UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), [trace]) from error
    except (TypeError, ValueError) as error:
        # Names such as '.fn' and 'a..fn' are no modules; what the module's own code raised has frames outside of here.
        if trace_of(error):
            raise
        raise fault("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)) from error
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise fault("HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name)) from None


def plain(value):
    """JSON for what json does not know, as AWS's runtime has it."""
    decimal = sys.modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        return int(value) if value.is_finite() and value.as_tuple().exponent == 0 else float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


encode_json = json.JSONEncoder(ensure_ascii=False, default=plain).encode
encode_ascii_json = json.JSONEncoder(default=plain).encode


def to_json(value):
    """UTF-8 JSON; characters that UTF-8 has no form for (lone surrogates) are escaped."""
    try:
        return encode_json(value).encode()
    except UnicodeEncodeError:
        return encode_ascii_json(value).encode()


class CognitoIdentity:
    """Always empty here: its members exist because AWS's do."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class LambdaContext:
    """The second argument of a handler."""

    def __init__(self, init, invocation):
        self.aws_request_id = invocation["requestId"]
        self.function_name = init["functionName"]
        self.function_version = str(init["version"])
        self.invoked_function_arn = invocation["functionArn"]
        self.memory_limit_in_mb = str(init["memoryMiB"])
        self.log_group_name = init["logGroup"]
        self.log_stream_name = init["logStream"]
        self.tenant_id = None
        self.xray_trace_id = invocation["traceId"]
        self.identity = CognitoIdentity()
        client_context = invocation.get("clientContext")
        self.client_context = None
        if client_context is not None:
            need("client_context")
            self.client_context = ClientContext(json.loads(client_context))
        # Of the moment it starts: it may have been sent ahead while another one ran.
        self._deadline_ms = time.time() * 1000 + init["timeoutMs"]

    def get_remaining_time_in_millis(self):
        return max(0, int(self._deadline_ms - time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class Inbox:
    """What the daemon sent and nobody has taken yet."""

    def __init__(self, channel, on_quiet):
        self.channel = channel
        self.lock = allocate_lock()
        #: Frames that were read while an invocation ran.
        self.parked = []
        #: Counts up with each start and each end of an invocation: odd while one runs.
        self.turn = 0
        self._on_quiet = on_quiet
        self._watch = None

    def next(self):
        """The next frame, as soon as there is one."""
        with self.lock:
            while True:
                frame = self.parked.pop(0) if self.parked else self.channel.take()
                if frame is not None:
                    return frame
                if not self.channel.read():
                    self._on_quiet()

    def started(self):
        self.turn += 1
        if self.channel.has_more() and (self._watch is None or self._watch.has_ended):
            need("watch")
            self._watch = Watch(self)

    def ended(self):
        """To be called before the answer is sent: nothing that waits is given back once the daemon takes it for started."""
        if self._watch is None:
            self.turn += 1
            return
        with self.lock:
            self.turn += 1


class Bootstrap:
    """One process, one function, one invocation at a time. ``Many`` runs several at once."""

    def __init__(self, channel):
        self._channel = channel
        self._output = Output(channel)
        self._init = None
        self._handler = None
        self._loop = None
        self._many = None
        self._archive = b""
        self._cache = None
        self._answers = 0
        self._inbox = Inbox(channel, self._on_quiet)

    def run(self, token):
        self._output.install()
        runtime = "python %d.%d.%d" % sys.version_info[:3]
        self._channel.send(HELLO, 0, to_json({"token": token, "pid": os.getpid(), "runtime": runtime}))
        while True:
            kind, request, meta, body = self._inbox.next()
            if kind == INVOKE:
                if self._many is not None:
                    self._many.accept(request, meta, body)
                else:
                    self._invoke(request, json.loads(meta), body)
            elif kind == INIT:
                self._initialize(json.loads(meta))
            elif kind == CACHE:
                self._archive += body
            elif kind == RECALL:
                # Where one runs after the other, what it asks back has run by now: the watch answers for what has not.
                if self._many is not None:
                    self._many.give_back(request)
            elif kind == SHUTDOWN:
                return
            else:
                leave()

    def release(self):
        self._output.release(self._output.current())

    def _initialize(self, init):
        began = time.perf_counter()
        self._init = init
        task_root = init["taskRoot"]
        os.environ.update(init["environment"])
        os.environ["LAMBDA_TASK_ROOT"] = os.environ["PWD"] = task_root
        if "TZ" in init["environment"]:
            time.tzset()
        sys.path[:0] = [task_root] + [part for part in init["environment"].get("PYTHONPATH", "").split(":") if part]
        if init["concurrency"] > 1:
            self._output.spread()
        if self._archive or init["wantStartupCache"]:
            need("startup_cache")
            self._cache = StartupCache(task_root, self._archive, init["wantStartupCache"])
            self._archive = b""
            self._cache.install()
        try:
            os.chdir(task_root)
            self._handler = load_handler(init["handler"])
        except Exception as error:
            need("faults")
            document = error_document(error, "")
            self.release()
            self._output.record(self._output.outside, STDERR, describe(document))
            self._channel.send(INIT_ERROR, 0, to_json({"errorType": document["errorType"][:TYPE_LIMIT]}), to_json(document))
            sys.exit(1)
        if init["concurrency"] > 1:
            need("many")
            self._many = Many(self, init["concurrency"])
        self.release()
        self._channel.send(READY, 0, to_json({"durationMs": (time.perf_counter() - began) * 1000}))
        if self._cache is not None:
            self._channel.wait_at_most(IDLE_S)

    def _invoke(self, request, invocation, body):
        run = self._output.only = Run(request, invocation["requestId"])
        os.environ["_X_AMZN_TRACE_ID"] = invocation["traceId"]
        self._inbox.started()
        began = time.perf_counter()
        try:
            result = self._handler(self.event_of(body), self.context_of(invocation))
            if type(result) is COROUTINE:
                result = self._await(result)
            answer = self.answer_of(result)
        except Exception as error:
            answer = error
        frame = self.ending_of(run, answer, (time.perf_counter() - began) * 1000)
        self._inbox.ended()
        self._channel.send(*frame)
        if self._cache is not None:
            self.count_answer()

    def event_of(self, body):
        try:
            return json.loads(body) if body else {}
        except ValueError as error:
            raise fault("UnmarshalError", "Unable to unmarshal input: %s" % error) from None

    def context_of(self, invocation):
        return LambdaContext(self._init, invocation)

    def answer_of(self, result):
        if isinstance(result, bytes):
            return result
        try:
            return to_json(result)
        except Exception as error:
            raise fault("MarshalError", "Unable to marshal response: %s" % error) from error

    def ending_of(self, run, answer, ran_ms):
        """Ends an invocation: the frame for the bytes of its result, or for the exception that it raised."""
        output = self._output
        document = None
        if not isinstance(answer, bytes):
            need("faults")
            document = error_document(answer, run.request_id)
        output.release(run)
        if document is not None:
            output.record(run, STDERR, describe(document))
        run.has_ended = True
        if output.only is run:
            output.only = output.outside
        if document is not None:
            meta = to_json({"errorType": document["errorType"][:TYPE_LIMIT], "ranMs": ran_ms})
            return ERROR, run.request, meta, to_json(document)
        if len(answer) > PAYLOAD_LIMIT:
            return RESULT, run.request, to_json({"ranMs": ran_ms, "tooLarge": len(answer)}), b""
        return RESULT, run.request, b"%.3f" % ran_ms, answer

    def count_answer(self):
        """The start-up cache is collected in the first quiet moment after an answer, or when there seems to be none."""
        self._answers += 1
        if self._answers == 1:
            self._channel.wait_at_most(QUIET_S)
        elif self._answers == MOST_BUSY and self._many is None:
            self._finish_cache()

    def _await(self, coroutine):
        if self._loop is None:
            import asyncio

            # One loop for the life of the sandbox, so that clients that belong to a loop can be kept.
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop.run_until_complete(coroutine)

    def _on_quiet(self):
        if self._many is None or not self._many.is_busy:
            self._finish_cache()

    def _finish_cache(self):
        """Hands on the byte code that was made, if it was asked for."""
        self._channel.wait_at_most(0)
        cache, self._cache = self._cache, None
        archive = cache.remove() if cache is not None else b""
        for at in range(0, len(archive), CACHE_PART):
            self._channel.send(NEW_CACHE, 0, b"%d" % len(archive), archive[at : at + CACHE_PART])


async def _nothing():
    """A coroutine function, for the type of what it returns."""


def coroutine_type():
    coroutine = _nothing()
    coroutine.close()
    return type(coroutine)


COROUTINE = coroutine_type()


def main():
    address, token = os.environ.get("LAM_SOCKET"), os.environ.get("LAM_TOKEN")
    for name in [name for name in os.environ if name.startswith("LAM_")]:
        del os.environ[name]
    if address is None or token is None:
        sys.stderr.write("lam bootstrap: LAM_SOCKET and LAM_TOKEN are not set; it is started by the daemon, not by hand\n")
        sys.exit(1)
    # Python without `site` lacks these, and functions use them.
    import builtins

    builtins.exit = builtins.quit = sys.exit
    bootstrap = Bootstrap(Channel(address))
    try:
        bootstrap.run(token)
    finally:
        bootstrap.release()


main()
