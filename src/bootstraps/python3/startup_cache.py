"""The start-up cache: byte code of the function's modules."""

import sys
from _struct import Struct

#: Most bytes of a start-up cache; STARTUP_CACHE_BYTES of the daemon.
CACHE_LIMIT = 16 * 1024 * 1024
#: First bytes of a start-up cache: magic number and format version.
CACHE_MAGIC = b"LAM\x01"
#: Length of the checksum of the rest, which follows.
CHECKSUM_BYTES = 8
#: Header of an entry: lengths of its name and of its bytes.
ENTRY_HEADER = Struct(">HI")


class StartupCache:
    """Byte code of the function's modules, so that the next sandbox of the same code need not compile them.

    Never written to disk: replaces how Python's loader reads and writes byte code of the function's modules. The daemon
    stores it by digest of the code and interpreter, and gives it only to sandboxes of the same code: a forged cache
    affects no other code. Python itself rejects byte code of another source or version. On any failure the code loads
    without it.
    """

    def __init__(self, task_root, archive, is_wanted):
        self._root = task_root.rstrip("/") + "/"
        self._known = {}
        self._made = {}
        self._is_wanted = is_wanted
        try:
            self._known = self._unpack(archive)
        except Exception:
            pass  # Made by another version of the bootstrap.

    def install(self):
        """Replaces how Python's loader reads and writes byte code of the function."""
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
        """Restores Python's loader; returns the archive of what was compiled, empty for none."""
        loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
        # Leaves a replacement that the function installed in the meantime.
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
            # Checked by hash of the source, not by its modification time (PEP 552).
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
        # Python does not verify byte code.
        if archive[:head] != CACHE_MAGIC + source_hash(0, entries):
            return known
        while at < len(entries):
            name_length, length = ENTRY_HEADER.unpack_from(entries, at)
            name_at = at + ENTRY_HEADER.size
            at = name_at + name_length + length
            known[entries[name_at : name_at + name_length].decode()] = entries[at - length : at]
        return known
