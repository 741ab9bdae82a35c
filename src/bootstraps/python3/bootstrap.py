"""Init, invocations and answers of one function."""

import json
import os
import sys
import time
from types import AsyncGeneratorType, CoroutineType, GeneratorType

from .channel import CACHE, CANCEL, CREDIT, ERROR, HELLO, INIT, INIT_ERROR, INVOKE, NEW_CACHE, READY, RECALL, RESULT, SHUTDOWN
from .channel import Channel, Inbox, leave
from .handler import LambdaContext, load_handler, to_json
from .output import STDERR, Output, Run

#: Most bytes of a result; LIMITS.payloadBytes of the daemon.
PAYLOAD_LIMIT = 6291556
#: Most bytes of a start-up cache in one frame.
CACHE_PART = 1024 * 1024
#: The start-up cache is collected this long after the first answer, or after init if no invocation comes (s).
QUIET_S, IDLE_S = 0.1, 1.0
#: After this many invocations it is collected without waiting for a quiet moment.
MOST_BUSY = 50
#: Types of results that are no answer yet.
UNFINISHED = frozenset((CoroutineType, GeneratorType, AsyncGeneratorType))
#: Most characters of an error type in a frame's meta.
TYPE_LIMIT = 256


def search_path(text):
    """Returns the folders of a PYTHONPATH; one with packages for this version of Python, as layers have, is two."""
    packages = "lib/python%d.%d/site-packages" % sys.version_info[:2]
    folders = []
    for part in text.split(":"):
        within = os.path.join(part, packages)
        folders += [within] if part and os.path.isdir(within) else []
        folders += [part] if part else []
    return folders


class Bootstrap:
    """Runs one function, one invocation at a time; ``Many`` takes over where several may run at once."""

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
                # With one at a time, invocations before this frame have run; the watch returns those that have not.
                if self._many is not None:
                    self._many.give_back(request)
            elif kind in (CREDIT, CANCEL):
                # With one at a time, those of the running stream are taken while it waits.
                if self._many is not None:
                    self._many.steer(kind, request, meta)
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
        sys.path[:0] = [task_root] + search_path(os.environ.get("PYTHONPATH", ""))
        if init["concurrency"] > 1:
            self._output.spread()
        if self._archive or init["wantStartupCache"]:
            from .startup_cache import StartupCache

            self._cache = StartupCache(task_root, self._archive, init["wantStartupCache"])
            self._archive = b""
            self._cache.install()
        try:
            os.chdir(task_root)
            self._handler = load_handler(init["handler"])
        except Exception as error:
            from .faults import describe, error_document

            document = error_document(error, "")
            self.release()
            self._output.record(self._output.outside, STDERR, describe(document))
            meta = to_json({"errorType": document["errorType"][:TYPE_LIMIT]})
            self._channel.send(INIT_ERROR, 0, meta, to_json(document))
            sys.exit(1)
        if init["concurrency"] > 1:
            from .many import Many

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
            if type(result) in UNFINISHED:
                result = self._finish(request, result)
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
            from .faults import Fault

            raise Fault("UnmarshalError", "Unable to unmarshal input: %s" % error) from None

    def context_of(self, invocation):
        return LambdaContext(self._init, invocation)

    def answer_of(self, result):
        if isinstance(result, bytes):
            return result
        try:
            return to_json(result)
        except Exception as error:
            from .faults import Fault

            raise Fault("MarshalError", "Unable to marshal response: %s" % error) from error

    def ending_of(self, run, answer, ran_ms):
        """Ends an invocation; returns the frame for its result (bytes) or for the exception it raised."""
        output = self._output
        document = None
        if not isinstance(answer, bytes):
            from .faults import describe, error_document

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
        """Schedules the collection of the start-up cache: in a quiet moment after an answer, or now after many."""
        self._answers += 1
        if self._answers == 1:
            self._channel.wait_at_most(QUIET_S)
        elif self._answers == MOST_BUSY and self._many is None:
            self._finish_cache()

    def _finish(self, request, result):
        """Awaits a coroutine and streams what a generator yields; returns the result, b"" for a streamed one."""
        if type(result) is CoroutineType:
            result = self._await(result)
        if type(result) is GeneratorType or type(result) is AsyncGeneratorType:
            from .streaming import Stream

            stream = Stream(self._channel, request)
            if type(result) is GeneratorType:
                return stream.send_all(result, self._inbox.steer)

            async def wait(waiting):
                self._inbox.steer(waiting)

            return self._await(stream.send_all_async(result, wait))
        return result

    def _await(self, coroutine):
        if self._loop is None:
            import asyncio

            # One loop for the life of the sandbox, so that clients bound to a loop can be reused.
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop.run_until_complete(coroutine)

    def _on_quiet(self):
        if self._many is None or not self._many.is_busy:
            self._finish_cache()

    def _finish_cache(self):
        """Sends the byte code compiled so far, if the daemon asked for it."""
        self._channel.wait_at_most(0)
        cache, self._cache = self._cache, None
        archive = cache.remove() if cache is not None else b""
        for at in range(0, len(archive), CACHE_PART):
            self._channel.send(NEW_CACHE, 0, b"%d" % len(archive), archive[at : at + CACHE_PART])


def main():
    address, token = os.environ.get("LAM_SOCKET"), os.environ.get("LAM_TOKEN")
    calls = os.environ.get("LAM_CALLS_SOCKET")
    for name in [name for name in os.environ if name.startswith("LAM_")]:
        del os.environ[name]
    if address is None or token is None:
        sys.stderr.write("lam bootstrap: LAM_SOCKET and LAM_TOKEN are not set; the daemon starts this program\n")
        sys.exit(1)
    # Python without `site` lacks these, and functions call them.
    import builtins

    builtins.exit = builtins.quit = sys.exit
    bootstrap = Bootstrap(Channel(address))
    if calls is not None:
        from .calls import carry

        carry(calls)
    try:
        bootstrap.run(token)
    finally:
        bootstrap.release()
