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
from _thread import RLock
from struct import Struct

INIT, INVOKE, SHUTDOWN, RECALL = 1, 2, 3, 4
HELLO, READY, INIT_ERROR, RESULT, ERROR, LOG = 16, 17, 18, 19, 20, 21
STDOUT, STDERR = 1, 2

#: Most bytes of a result, as LIMITS.payloadBytes of the daemon.
PAYLOAD_LIMIT = 6291556
#: Most bytes of one log record, as LIMITS.logRecordBytes of the daemon.
LOG_TEXT_LIMIT = 256 * 1024
#: Most characters of an error's message, which would else be refused for its size.
MESSAGE_LIMIT = 256 * 1024
#: Most characters of an error's type beside its document.
TYPE_LIMIT = 256

HEADER = Struct(">IBIH")
LOG_HEADER = Struct(">IBIHBd")
FIXED_BYTES = 7


class Channel:
    """The way to the daemon: whole frames, in the order of the calls, from whichever thread."""

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

    def receive(self):
        """The next frame as (type, request, meta, body); ends the process when the daemon is gone."""
        length = int.from_bytes(self._read(4), "big")
        frame = self._read(length)
        meta_end = FIXED_BYTES + int.from_bytes(frame[5:7], "big")
        return frame[0], int.from_bytes(frame[1:5], "big"), bytes(frame[FIXED_BYTES:meta_end]), bytes(frame[meta_end:])

    def _write(self, data):
        try:
            with self._lock:
                self._socket.sendall(data)
        except OSError:
            leave()

    def _read(self, count):
        while len(self._received) < count:
            try:
                data = self._socket.recv(max(65536, count - len(self._received)))
            except OSError:
                leave()
            if not data:
                leave()
            self._received += data
        taken = self._received[:count]
        del self._received[:count]
        return taken


def leave():
    """Ends this process at once, running nothing of the function: nobody is there to hear from it."""
    os.kill(os.getpid(), 9)


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr as log records: what is printed up to a line break is one, the rest waits for its end."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, output, number):
        self._output = output
        self._number = number
        self._partial = ""
        self._lock = RLock()
        self.buffer = Bytes(self)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        with self._lock:
            whole = self._partial + text
            end = whole.rfind("\n")
            self._partial = whole[end + 1 :]
            if end != -1:
                self._output.record(self._number, whole[:end])
            if len(self._partial) > LOG_TEXT_LIMIT // 4:
                self.release()
        return len(text)

    def release(self):
        """Hands on a line that has not got its end."""
        with self._lock:
            text, self._partial = self._partial, ""
            if text:
                self._output.record(self._number, text)

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
    """What the function prints, with the number of the invocation that runs."""

    def __init__(self, channel):
        self._channel = channel
        self.request = 0
        self.request_id = ""
        self._stdout = Stream(self, STDOUT)
        self._stderr = Stream(self, STDERR)

    def install(self):
        sys.stdout = sys.__stdout__ = self._stdout
        sys.stderr = sys.__stderr__ = self._stderr
        sys.meta_path.insert(0, LoggingFinder(self))

    def record(self, stream, text):
        """One record, at once. Lines beyond the limit of a record become further records; one longer line is cut."""
        data = text.encode("utf-8", "backslashreplace")
        while len(data) > LOG_TEXT_LIMIT:
            end = data.rfind(b"\n", 0, LOG_TEXT_LIMIT)
            self._channel.log(self.request, stream, data[: end if end > 0 else LOG_TEXT_LIMIT])
            following = end if end > 0 else data.find(b"\n", LOG_TEXT_LIMIT)
            if following == -1:
                return
            data = data[following + 1 :]
        self._channel.log(self.request, stream, data)

    def release(self):
        self._stdout.release()
        self._stderr.release()


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
                self._configure(module)

        spec.loader.exec_module = exec_module
        return spec

    def _configure(self, logging):
        output = self._output

        class Handler(logging.Handler):
            def emit(self, record):
                try:
                    record.aws_request_id = output.request_id
                    output.record(STDOUT, self.format(record))
                except Exception:
                    self.handleError(record)

        logging.Formatter.converter = time.gmtime
        handler = Handler()
        handler.setFormatter(
            logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")
        )
        logging.getLogger().addHandler(handler)


class Fault(Exception):
    """An error of AWS's ``Runtime.*`` kinds, which the bootstrap itself reports."""

    def __init__(self, kind, message, trace=()):
        Exception.__init__(self, message)
        self.kind = "Runtime." + kind
        self.trace = list(trace)


def load_handler(handler):
    """The callable that ``pkg.mod.fn`` or ``dir/mod.fn`` names; raises Fault, or what the module itself raised."""
    module_name, dot, function_name = handler.rpartition(".")
    if not dot:
        raise Fault("MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    dotted = module_name.replace("/", ".")
    try:
        __import__(dotted)
        module = sys.modules[dotted]
    except ImportError as error:
        raise Fault("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error), frames_of(error)) from error
    except SyntaxError as error:
        trace = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
        raise Fault("UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), [trace]) from error
    except (TypeError, ValueError) as error:
        # Names such as '.fn' and 'a..fn' are no modules; what the module's own code raised has frames outside of here.
        if frames_of(error):
            raise
        raise Fault("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)) from error
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name)) from None


def frames_of(error):
    """The stack of an exception as AWS has it, beginning where the function's own code does."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    while frames and (frames[0].filename == __file__ or frames[0].filename.startswith("<frozen importlib")):
        del frames[0]
    return traceback.format_list(frames)


def error_document(error, request_id):
    """AWS's error document, in its order of keys."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        kind, trace = type(error).__name__, frames_of(error)
    try:
        message = str(error)
    except Exception:
        message = "the exception raised could not be shown: its __str__ raised in turn"
    return {"errorMessage": message[:MESSAGE_LIMIT], "errorType": kind, "requestId": request_id, "stackTrace": trace[-200:]}


def describe(document):
    """An error document as a log record, as AWS prints it."""
    lines = "".join(document["stackTrace"]).rstrip("\n")
    head = "[ERROR] %s: %s" % (document["errorType"], document["errorMessage"])
    return head + "\nTraceback (most recent call last):\n" + lines if lines else head


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


class Client:
    """Member ``client`` of the client context."""

    def __init__(self, values):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, values.get(name))


class ClientContext:
    """What the caller sent as its client context."""

    def __init__(self, values):
        self.custom = values.get("custom")
        self.env = values.get("env")
        client = values.get("client")
        self.client = None if client is None else Client(client)


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
        self.identity = CognitoIdentity()
        client_context = invocation.get("clientContext")
        self.client_context = None if client_context is None else ClientContext(json.loads(client_context))
        # Of the moment it starts: it may have been sent ahead while another one ran.
        self._deadline_ms = time.time() * 1000 + init["timeoutMs"]

    def get_remaining_time_in_millis(self):
        return max(0, int(self._deadline_ms - time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class Bootstrap:
    """One process, one function, one invocation at a time."""

    def __init__(self, channel):
        self._channel = channel
        self._output = Output(channel)
        self._init = None
        self._handler = None
        self._loop = None

    def run(self, token):
        self._output.install()
        runtime = "python %d.%d.%d" % sys.version_info[:3]
        self._channel.send(HELLO, 0, to_json({"token": token, "pid": os.getpid(), "runtime": runtime}))
        while True:
            kind, request, meta, body = self._channel.receive()
            if kind == INVOKE:
                self._invoke(request, json.loads(meta), body)
            elif kind == INIT:
                self._initialize(json.loads(meta))
            elif kind == RECALL:
                pass  # Frames are read between invocations, so what it asks back has run already.
            elif kind == SHUTDOWN:
                return
            else:
                leave()

    def release(self):
        self._output.release()

    def _initialize(self, init):
        began = time.perf_counter()
        self._init = init
        task_root = init["taskRoot"]
        os.environ.update(init["environment"])
        os.environ["LAMBDA_TASK_ROOT"] = os.environ["PWD"] = task_root
        if "TZ" in init["environment"]:
            time.tzset()
        sys.path[:0] = [task_root] + [part for part in init["environment"].get("PYTHONPATH", "").split(":") if part]
        try:
            os.chdir(task_root)
            self._handler = load_handler(init["handler"])
        except Exception as error:
            document = error_document(error, "")
            self._output.release()
            self._output.record(STDERR, describe(document))
            self._channel.send(INIT_ERROR, 0, self._error_meta(document), to_json(document))
            sys.exit(1)
        self._output.release()
        self._channel.send(READY, 0, to_json({"durationMs": (time.perf_counter() - began) * 1000}))

    def _invoke(self, request, invocation, body):
        output = self._output
        output.request = request
        output.request_id = invocation["requestId"]
        os.environ["_X_AMZN_TRACE_ID"] = invocation["traceId"]
        kind, error_type = RESULT, None
        began = time.perf_counter()
        try:
            answer = self._call(invocation, body)
        except Exception as error:
            document = error_document(error, invocation["requestId"])
            output.release()
            output.record(STDERR, describe(document))
            kind, error_type, answer = ERROR, document["errorType"][:TYPE_LIMIT], to_json(document)
        ran_ms = (time.perf_counter() - began) * 1000
        if kind == ERROR:
            meta = to_json({"errorType": error_type, "ranMs": ran_ms})
        elif len(answer) > PAYLOAD_LIMIT:
            meta, answer = to_json({"ranMs": ran_ms, "tooLarge": len(answer)}), b""
        else:
            meta = b"%.3f" % ran_ms
        output.release()
        output.request = 0
        output.request_id = ""
        self._channel.send(kind, request, meta, answer)

    def _call(self, invocation, body):
        try:
            event = json.loads(body) if body else {}
        except ValueError as error:
            raise Fault("UnmarshalError", "Unable to unmarshal input: %s" % error) from None
        result = self._handler(event, LambdaContext(self._init, invocation))
        if type(result) is COROUTINE:
            result = self._await(result)
        if isinstance(result, bytes):
            return result
        try:
            return to_json(result)
        except Exception as error:
            raise Fault("MarshalError", "Unable to marshal response: %s" % error) from error

    def _await(self, coroutine):
        if self._loop is None:
            import asyncio

            # One loop for the life of the sandbox, so that clients that belong to a loop can be kept.
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop.run_until_complete(coroutine)

    def _error_meta(self, document):
        return to_json({"errorType": document["errorType"][:TYPE_LIMIT]})


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
