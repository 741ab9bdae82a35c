"""Streamed answers: what a handler that is a generator yields, sent as it comes."""

from types import GeneratorType

from .channel import CANCEL, CHUNK, CREDIT, STREAM
from .handler import to_json

#: As STREAM_WINDOW_BYTES and STREAM_PIECE_BYTES of the daemon.
WINDOW, PIECE = 256 * 1024, 32 * 1024
#: As HTTP_STREAM and HTTP_STREAM_NULS of the daemon; what a stream is without a head.
HTTP_TYPE, HEAD_END, PLAIN_TYPE = "application/vnd.awslambda.http-integration-response", b"\0" * 8, "application/octet-stream"


class Stream:
    """One streamed answer. Sends as far as the daemon's credit goes, and waits for more."""

    def __init__(self, channel, request):
        self._channel = channel
        #: The daemon's number of the invocation.
        self.request = request
        self._credit = WINDOW
        self._begun = False
        #: Whether nobody reads any more.
        self.is_cancelled = False

    def steer(self, kind, meta):
        """Takes a CREDIT or CANCEL of the daemon."""
        if kind == CREDIT:
            self._credit += int(meta)
        elif kind == CANCEL:
            self.is_cancelled = True

    @property
    def may_send(self):
        return self._credit > 0 or self.is_cancelled

    def bytes_of(self, item):
        """Returns the bytes of a yielded item; the first may be the head of an HTTP response, a dict."""
        if isinstance(item, dict) and not self._begun:
            head = to_json(item) + HEAD_END
            self.begin(HTTP_TYPE)
            return head
        if not isinstance(item, (str, bytes, bytearray, memoryview)):
            from .faults import Fault

            text = "Unable to marshal response: a streaming handler yields bytes or str, not %s" % type(item).__name__
            raise Fault("MarshalError", text)
        data = item.encode() if isinstance(item, str) else bytes(item)
        self.begin(PLAIN_TYPE)
        return data

    def begin(self, content_type):
        """Sends the head, once."""
        if not self._begun:
            self._begun = True
            self._channel.send(STREAM, self.request, to_json({"contentType": content_type}))

    def send(self, data):
        """Sends as much as may be sent now; returns the rest."""
        if self.is_cancelled:
            return b""
        count = min(len(data), PIECE, self._credit)
        if count > 0:
            self._credit -= count
            self._channel.send(CHUNK, self.request, b"", data[:count])
        return data[count:]

    def send_all(self, items, wait):
        """Sends what a generator yields; ``wait`` takes what the daemon says, and waits until ``may_send``."""
        try:
            for item in items:
                data = self.bytes_of(item)
                wait(self)
                while data := self.send(data):
                    wait(self)
                if self.is_cancelled:
                    break
        finally:
            # Its own ``finally`` and ``except GeneratorExit`` run now, as long as its output counts.
            items.close()
        self.begin(PLAIN_TYPE)
        return b""

    async def send_all_async(self, items, wait):
        """The same for a generator of either kind, on an event loop."""
        is_plain = type(items) is GeneratorType
        try:
            async for item in each_of(items) if is_plain else items:
                data = self.bytes_of(item)
                await wait(self)
                while data := self.send(data):
                    await wait(self)
                if self.is_cancelled:
                    break
        finally:
            if is_plain:
                items.close()
            else:
                await items.aclose()
        self.begin(PLAIN_TYPE)
        return b""


class SharedStream(Stream):
    """A stream about which the daemon's frames come on another thread."""

    def __init__(self, channel, request):
        from threading import Condition

        Stream.__init__(self, channel, request)
        self._changed = Condition()
        #: An event loop and its future that waits for a change.
        self._waiter = None

    def steer(self, kind, meta):
        with self._changed:
            Stream.steer(self, kind, meta)
            waiter, self._waiter = self._waiter, None
            self._changed.notify()
        if waiter is not None:
            loop, future = waiter
            loop.call_soon_threadsafe(resolve, future)

    def send(self, data):
        with self._changed:
            return Stream.send(self, data)

    def wait(self):
        with self._changed:
            while not self.may_send:
                self._changed.wait()

    async def wait_async(self):
        from asyncio import get_running_loop

        while True:
            with self._changed:
                if self.may_send:
                    return
                loop = get_running_loop()
                future = loop.create_future()
                self._waiter = loop, future
            await future


def resolve(future):
    if not future.done():
        future.set_result(None)


async def each_of(items):
    for item in items:
        yield item
