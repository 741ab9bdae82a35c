"""Several invocations at once."""

import json
import sys
import time
from _thread import allocate_lock
from types import AsyncGeneratorType, CoroutineType, GeneratorType

from .channel import UNSTARTED
from .output import Run

#: Flags of functions that return a coroutine or an async generator, as in ``inspect``.
CO_COROUTINE, CO_ASYNC_GENERATOR = 0x80, 0x200

GENERATORS = frozenset((GeneratorType, AsyncGeneratorType))


def wait_for(stream):
    stream.wait()


async def wait_for_async(stream):
    await stream.wait_async()


class Many:
    """Runs several invocations at once: async handlers on one event loop, others on a thread each."""

    def __init__(self, bootstrap, places):
        from collections import deque
        from _queue import SimpleQueue

        self._bootstrap = bootstrap
        self._output = bootstrap._output
        self._channel = bootstrap._channel
        self._handler = bootstrap._handler
        self._places = places
        self._lock = allocate_lock()
        self._running = 0
        self._waiting = deque()
        self._queue = SimpleQueue()
        self._threads = 0
        self._loop = None
        flags = getattr(getattr(self._handler, "__code__", None), "co_flags", 0)
        self._is_async = flags & (CO_COROUTINE | CO_ASYNC_GENERATOR)
        #: The streamed answers under way, by the daemon's numbers.
        self._streams = {}

    @property
    def is_busy(self):
        return self._running > 0

    def accept(self, request, meta, body):
        with self._lock:
            if self._running >= self._places or self._waiting:
                self._waiting.append((request, meta, body))
                return
            self._running += 1
        self._start(request, meta, body)

    def give_back(self, request):
        """Returns an invocation that has not started to the daemon; no reply means that it has started."""
        with self._lock:
            found = next((item for item in self._waiting if item[0] == request), None)
            if found is not None:
                self._waiting.remove(found)
                self._channel.send(UNSTARTED, request)

    def _start(self, request, meta, body):
        if self._is_async:
            self._ensure_loop()
            self._loop.call_soon_threadsafe(self._spawn, request, meta, body)
            return
        if self._running > self._threads:
            self._threads += 1
            self._begin_thread(self._work)
        self._queue.put((request, meta, body))

    def _answer(self, run, answer, began):
        self._streams.pop(run.request, None)
        frame = self._bootstrap.ending_of(run, answer, (time.perf_counter() - began) * 1000)
        # The answer tells the daemon that the longest-waiting invocation has started, so both happen under the lock.
        with self._lock:
            self._channel.send(*frame)
            following = self._waiting.popleft() if self._waiting else None
            if following is None:
                self._running -= 1
        if following is not None:
            self._start(*following)
        self._bootstrap.count_answer()

    def _begin_thread(self, work):
        from threading import Thread

        Thread(target=work, daemon=True).start()

    def _work(self):
        from contextvars import copy_context

        while True:
            copy_context().run(self._perform, *self._queue.get())

    def _perform(self, request, meta, body):
        began = time.perf_counter()
        invocation = json.loads(meta)
        run = Run(request, invocation["requestId"])
        self._output.enter(run)
        bootstrap = self._bootstrap
        try:
            result = self._handler(bootstrap.event_of(body), bootstrap.context_of(invocation))
            if type(result) is CoroutineType:
                result = self._await(result)
            if type(result) is GeneratorType:
                result = self._stream(request).send_all(result, wait_for)
            elif type(result) is AsyncGeneratorType:
                result = self._await(self._stream_async(request, result))
            answer = bootstrap.answer_of(result)
        except Exception as error:
            answer = error
        except BaseException as error:
            self._leave(error)
        self._answer(run, answer, began)

    def _await(self, coroutine):
        from asyncio import run_coroutine_threadsafe

        self._ensure_loop()
        return run_coroutine_threadsafe(coroutine, self._loop).result()

    def _stream(self, request):
        from .streaming import SharedStream

        stream = self._streams[request] = SharedStream(self._channel, request)
        return stream

    async def _stream_async(self, request, result):
        return await self._stream(request).send_all_async(result, wait_for_async)

    def steer(self, kind, request, meta):
        """Passes on what the daemon says about a streamed answer."""
        stream = self._streams.get(request)
        if stream is not None:
            stream.steer(kind, meta)

    def _ensure_loop(self):
        with self._lock:
            if self._loop is not None:
                return
            import asyncio

            self._loop = asyncio.new_event_loop()
            self._tasks = set()
        self._begin_thread(self._run_loop)

    def _run_loop(self):
        import asyncio

        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        except BaseException as error:
            self._leave(error)

    def _spawn(self, request, meta, body):
        task = self._loop.create_task(self._perform_async(request, meta, body))
        # The loop itself keeps only weak references to its tasks.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _perform_async(self, request, meta, body):
        began = time.perf_counter()
        invocation = json.loads(meta)
        run = Run(request, invocation["requestId"])
        self._output.enter(run)
        bootstrap = self._bootstrap
        try:
            result = self._handler(bootstrap.event_of(body), bootstrap.context_of(invocation))
            if type(result) is CoroutineType:
                result = await result
            if type(result) in GENERATORS:
                result = await self._stream_async(request, result)
            answer = bootstrap.answer_of(result)
        except (SystemExit, KeyboardInterrupt) as error:
            self._leave(error)
        except BaseException as error:
            answer = error
        self._answer(run, answer, began)

    def _leave(self, error):
        """Ends the process from the main thread, which alone can; same errors as with one invocation at a time."""
        self._bootstrap.release()
        status = error.code if isinstance(error, SystemExit) else 1
        if not isinstance(error, SystemExit):
            from .faults import describe, error_document

            sys.stderr.write("%s\n" % describe(error_document(error, "")))
        self._channel.end_with(0 if status is None else status)
        while True:
            time.sleep(60)
