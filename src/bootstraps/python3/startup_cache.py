"""The start-up cache: byte code of the function's modules."""

import sys
from _struct import Struct

#: Most bytes of a start-up cache, as STARTUP_CACHE_BYTES of the daemon.
CACHE_LIMIT = 16 * 1024 * 1024
#: First bytes of a start-up cache: its kind, and the version of its form.
CACHE_MAGIC = b"LAM\x01"
#: Behind it: a checksum of the rest.
CHECKSUM_BYTES = 8
#: Before each entry: the lengths of its name and of its bytes.
ENTRY_HEADER = Struct(">HI")


class StartupCache:
    """The byte code of the function's modules, so that the next sandbox of the same code need not compile them.

    Nothing of it touches a disk: Python's loader is given the byte code where it would read it beside the source, and what
    it would write there is kept. Between sandboxes it travels through the daemon, which knows it by the code's digest and
    the interpreter; it is only ever given to sandboxes that run the very code that made it, so who forges it changes
    nothing but what their own code does. Python refuses what another source or another version made. It is an
    optimisation: whatever fails here, the code loads without it.
    """

    def __init__(self, task_root, archive, is_wanted):
        self._root = task_root.rstrip("/") + "/"
        self._known = {}
        self._made = {}
        self._is_wanted = is_wanted
        try:
            self._known = self._unpack(archive)
        except Exception:
            pass  # It is of another version of the bootstrap.

    def install(self):
        """Takes the place of Python's loader as far as reading and writing the function's byte code goes."""
        loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
        root, known, made, read = self._root, self._known, self._made, loader.get_data

        def get_data(self, path):
            data = known.get(path[len(root) :]) if path.startswith(root) else None
            return read(self, path) if data is None else data

        def set_data(self, path, data, **_):
            if path.startswith(root):
                made[path[len(root) :]] = bytes(data)

        self._write, self._ours = loader.set_data, get_data
        loader.get_data, loader.set_data = get_data, set_data
        sys.dont_write_bytecode = not self._is_wanted

    def remove(self):
        """Gives Python's loader its place back; returns what was compiled, or nothing."""
        loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
        # Unless the function has put something in its place meanwhile.
        if loader.get_data is self._ours:
            del loader.get_data
            loader.set_data = self._write
        sys.dont_write_bytecode = True
        try:
            return self._pack() if self._made else b""
        except Exception:
            return b""

    def _pack(self):
        from _imp import source_hash

        external = sys.modules["_frozen_importlib_external"]
        parts = []
        for name, data in self._made.items():
            with open(external.source_from_cache(self._root + name), "rb") as source:
                digest = source_hash(external._RAW_MAGIC_NUMBER, source.read())
            # Valid for this source whatever its time is (PEP 552).
            data = data[:4] + b"\x03\x00\x00\x00" + digest + data[16:]
            key = name.encode()
            parts += (ENTRY_HEADER.pack(len(key), len(data)), key, data)
        entries = b"".join(parts)
        archive = CACHE_MAGIC + source_hash(0, entries) + entries
        return archive if len(archive) <= CACHE_LIMIT else b""

    @staticmethod
    def _unpack(archive):
        from _imp import source_hash

        head = len(CACHE_MAGIC) + CHECKSUM_BYTES
        entries, known, at = archive[head:], {}, 0
        # Python takes byte code on trust.
        if archive[:head] != CACHE_MAGIC + source_hash(0, entries):
            return known
        while at < len(entries):
            name_length, length = ENTRY_HEADER.unpack_from(entries, at)
            name_at = at + ENTRY_HEADER.size
            at = name_at + name_length + length
            known[entries[name_at : name_at + name_length].decode()] = entries[at - length : at]
        return known
