"""Requests to a daemon, over its Unix socket or its URL."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import socket
import weakref
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from .errors import LamConnectionError, LamError

#: Longest path of a Unix socket on Linux.
_SOCKET_PATH_BYTES = 107


def _socket_of(home: str) -> str:
    plain = os.path.join(home, "run", "lam.sock")
    if len(os.fsencode(plain)) <= _SOCKET_PATH_BYTES:
        return plain
    name = hashlib.sha256(os.fsencode(os.path.realpath(home))).hexdigest()[:16]
    return f"/tmp/lam-{os.getuid()}-{name}/lam.sock"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Answer(dict[str, Any]):
    """An answer that can be looked up in a weak dictionary."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return dict.__eq__(self, other)


class Transport:
    """Sends requests, each on a connection of its own."""

    def __init__(self, url: str | None, token: str | None, home: str | None, socket_path: str | None) -> None:
        self._token = token
        self._url = None if url is None else urlsplit(url)
        if self._url is not None and (self._url.scheme not in ("http", "https") or self._url.hostname is None):
            raise ValueError(f"'{url}' is not the URL of a daemon")
        place = home or os.environ.get("LAM_HOME") or os.path.join(os.path.expanduser("~"), ".lam")
        self._socket = socket_path or _socket_of(os.path.abspath(place))
        self._tags: weakref.WeakKeyDictionary[_Answer, str] = weakref.WeakKeyDictionary()

    def tag_of(self, answer: object) -> str | None:
        """The ETag of an answer."""
        return self._tags.get(answer) if isinstance(answer, _Answer) else None

    def request(self, method: str, path: str, **parts: Any) -> Any:
        """The JSON of an answer."""
        text, tag = self._read(method, path, **parts)
        value = json.loads(text, object_hook=_Answer) if text else None
        if tag is not None and isinstance(value, _Answer):
            self._tags[value] = tag
        return value

    def content(self, method: str, path: str, **parts: Any) -> bytes:
        """The bytes of an answer."""
        return self._read(method, path, **parts)[0]

    def _read(self, method: str, path: str, **parts: Any) -> tuple[bytes, str | None]:
        response, connection = self._open(method, path, **parts)
        try:
            return response.read(), response.getheader("etag")
        except (OSError, http.client.HTTPException) as error:
            raise LamConnectionError(str(error)) from error
        finally:
            connection.close()

    def lines(self, method: str, path: str, **parts: Any) -> Iterator[Any]:
        """The JSON of each line of an answer, until it ends or the iterator is closed."""
        response, connection = self._open(method, path, **parts)
        try:
            for line in response:
                if line.strip():
                    yield json.loads(line)
        except (OSError, http.client.HTTPException) as error:
            raise LamConnectionError(str(error)) from error
        finally:
            connection.close()

    def _open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
    ) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
        given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        target = f"{path}?{urlencode(given)}" if given else path
        all_headers = {name: value for name, value in (headers or {}).items() if value is not None}
        connection = self._connection(timeout)
        if self._url is not None:
            target = self._url.path.rstrip("/") + target
            if self._token is not None:
                all_headers["authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, target, body=body, headers=all_headers)
            response = connection.getresponse()
            if response.status < 400:
                return response, connection
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise LamConnectionError(f"no daemon answered at {self._place()}: {error}") from error
        connection.close()
        raise LamError(response.status, _problem(text))

    def _place(self) -> str:
        return self._socket if self._url is None else self._url.geturl()

    def _connection(self, timeout: float | None) -> http.client.HTTPConnection:
        if self._url is None:
            return _UnixConnection(self._socket, timeout)
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        return kind(self._url.hostname or "", self._url.port, timeout=timeout)


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _problem(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"detail": text[:200].decode(errors="replace")}
