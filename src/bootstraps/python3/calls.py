"""Carries calls of other functions out of a container, whose own network reaches nothing of lam."""

from _socket import AF_INET, AF_UNIX, SHUT_RDWR, SHUT_WR, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from _thread import allocate_lock, start_new_thread
from time import sleep

#: Where SDKs find lam in a container; CALLS of the daemon.
ADDRESS = ("127.0.0.1", 9011)
#: Connections at a time; MOST_CALL_CONNECTIONS of the daemon.
MOST = 64


def carry(path):
    """Accepts connections and passes them on to the daemon's socket at ``path``, on threads of their own."""
    listener = socket(AF_INET, SOCK_STREAM)
    listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    try:
        listener.bind(ADDRESS)
        listener.listen(MOST)
    except OSError:
        # A program has the port already.
        return
    start_new_thread(_accept, (listener, path))


def _accept(listener, path):
    open_pairs = []
    lock = allocate_lock()
    while True:
        try:
            client = socket(AF_INET, SOCK_STREAM, 0, listener._accept()[0])
        except OSError:
            # Descriptors may be short for a while.
            sleep(0.05)
            continue
        with lock:
            is_over = len(open_pairs) >= MOST
        if is_over:
            client.close()
            continue
        try:
            pair = Pair(client, open_pairs, lock)
        except OSError:
            client.close()
            continue
        try:
            pair.begin(path)
        except (OSError, RuntimeError):
            # The daemon is gone, or no thread can be started.
            pair.end()


class Pair:
    """A connection and the one that carries it on."""

    def __init__(self, client, open_pairs, lock):
        self._client = client
        self._daemon = socket(AF_UNIX, SOCK_STREAM)
        self._open_pairs = open_pairs
        self._lock = lock
        self._running = 2
        with lock:
            open_pairs.append(self)

    def begin(self, path):
        self._daemon.connect(path)
        start_new_thread(self._copy, (self._client, self._daemon))
        start_new_thread(self._copy, (self._daemon, self._client))

    def end(self):
        with self._lock:
            if self not in self._open_pairs:
                return
            self._open_pairs.remove(self)
        for end in (self._client, self._daemon):
            try:
                # A fork of this process may have it, too.
                end.shutdown(SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def _copy(self, source, target):
        try:
            data = source.recv(65536)
            while data:
                target.sendall(data)
                data = source.recv(65536)
            target.shutdown(SHUT_WR)
        except OSError:
            self.end()
        with self._lock:
            self._running -= 1
            has_ended = self._running == 0
        if has_ended:
            self.end()
