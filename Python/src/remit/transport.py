"""HTTP to one of several servers: retries, Retry-After, deadlines, rotation. Knows nothing of scoring.

On urllib3, whose connection pools may be used from any number of threads. They may not be used on both sides of a fork, nor be
pickled: a process that finds another's pools makes its own.
"""

from __future__ import annotations

import email.utils
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from remit.errors import (
    CannotConnect,
    DeadlineExceeded,
    FingerprintMismatch,
    ProblemError,
    RemitError,
    UnknownModel,
    WrongAnswer,
    problem,
)
from remit.rotation import Backoff, Rotation
from remit.stopping import Stop

_CHUNK = 1 << 20
#: Statuses of a server that cannot now, and of one that failed over this request.
_LATER, _FAILED = (408, 429, 503), (500, 502, 504)


@dataclass(frozen=True)
class Wait:
    """Why a call is waiting now."""

    #: The server that will be asked next.
    url: str
    #: What the last failure said.
    reason: str
    #: How long from now.
    seconds: float


@dataclass(frozen=True)
class Reply:
    """A 2xx answer."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Settings:
    """What all calls of a transport have in common. Times in seconds."""

    #: Addresses, such as http://127.0.0.1:8080; a path before the routes may follow.
    urls: tuple[str, ...]
    api_key: str | None = None
    #: Certificates of the authorities that servers are trusted by, PEM; None: the system's.
    ca_file: str | None = None
    #: For a whole call, retries included.
    timeout: float = 600.0
    #: For one attempt, so that a server that hangs is given up in time to ask another.
    attempt_timeout: float = 120.0
    connect_timeout: float = 10.0
    #: Answers 500, 502, 504 that one call bears, over all servers.
    max_server_errors: int = 3
    max_response_bytes: int = 1 << 30
    #: Connections to one server that are kept open.
    connections: int = 8
    #: Index of the server that is asked first.
    first: int = 0
    backoff: Backoff = Backoff()
    #: Told before each wait, on the thread of the call.
    on_wait: Callable[[Wait], None] | None = None

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("expected at least one URL, got none")
        for url in self.urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
                raise ValueError(f"expected a server's address such as http://127.0.0.1:8080, got {url!r}")
            if parts.username or parts.password:
                raise ValueError("an address holds no key: give it as api_key")
        if self.api_key is not None and not (self.api_key and all("!" <= character <= "~" for character in self.api_key)):
            raise ValueError("api_key: expected one line of visible ASCII characters")
        for name in ("timeout", "attempt_timeout", "connect_timeout"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: expected seconds above 0, got {getattr(self, name)}")


class _State:
    """What belongs to one process."""

    def __init__(self, settings: Settings) -> None:
        self.pid = os.getpid()
        self.lock = threading.Lock()
        self.rotation = Rotation(len(settings.urls), settings.backoff, settings.first)
        tls = {"ca_certs": settings.ca_file} if settings.ca_file else {}
        self.pools = urllib3.PoolManager(
            num_pools=len(settings.urls), maxsize=settings.connections, retries=False, **tls  # type: ignore[arg-type]
        )
        self.pools.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class Transport:
    """Sends calls until one is answered. Any number of threads may; it may be pickled and forked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._state = _State(settings)

    def __getstate__(self) -> Settings:
        return self.settings

    def __setstate__(self, settings: Settings) -> None:
        self.__init__(settings)  # type: ignore[misc]

    def close(self) -> None:
        """Closes the connections that are open and not in use."""
        if self._state.pid == os.getpid():
            self._state.pools.clear()

    def _own_state(self) -> _State:
        if self._state.pid != os.getpid():
            self._state = _State(self.settings)
        return self._state

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        timeout: float | None = None, stop: Stop | None = None,
    ) -> Reply:  # fmt: skip
        """The first 2xx answer.

        408, 429, 503 and servers that are away are waited for until the deadline, others meanwhile asked. Raises `ProblemError`
        where a server refuses, `DeadlineExceeded`, `CannotConnect`, `Cancelled`.
        """
        state, settings = self._own_state(), self.settings
        deadline = time.monotonic() + (settings.timeout if timeout is None else timeout)
        attempts, errors = 0, 0
        refused: set[int] = set()
        last: Exception | None = None
        stop = stop or Stop()
        while True:
            stop.check()
            now = time.monotonic()
            with state.lock:
                index, rested = state.rotation.next(now, refused)
            url = settings.urls[index]
            if max(rested, now) >= deadline:
                raise DeadlineExceeded(
                    f"{url} gave no answer in {attempts} attempts before the deadline: {last or 'it is being left alone'}", attempts
                ) from last
            if rested > now:
                if settings.on_wait:
                    settings.on_wait(Wait(url, str(last or "it failed a moment ago"), rested - now))
                stop.wait(rested - now)
                continue
            attempts += 1
            room = min(settings.attempt_timeout, deadline - now)
            try:
                reply = self._attempt(state, url, method, path, body, headers or {}, room, stop)
            except (FingerprintMismatch, UnknownModel) as error:
                last = error
                refused.add(index)
                if len(refused) == len(settings.urls):
                    raise
            except (ProblemError, _Away) as error:
                last = error
                if isinstance(error, ProblemError):
                    errors += error.status in _FAILED
                    if error.status not in (*_LATER, *_FAILED) or errors > settings.max_server_errors:
                        raise
                with state.lock:
                    state.rotation.failed(
                        index, began=now, now=time.monotonic(), retry_after=error.retry_after, random=random.random()
                    )
            else:
                with state.lock:
                    state.rotation.succeeded(index)
                return reply

    def _attempt(
        self, state: _State, url: str, method: str, path: str, body: bytes | None, headers: Mapping[str, str],
        timeout: float, stop: Stop,
    ) -> Reply:  # fmt: skip
        settings = self.settings
        sent = {**headers, "X-Request-Timeout": f"{max(timeout, 0.001):.3f}"}
        if settings.api_key is not None:
            sent["Authorization"] = f"Bearer {settings.api_key}"
        end = time.monotonic() + timeout
        _calling.stop = stop
        try:
            response = state.pools.request(
                method, url.rstrip("/") + path, body=body, headers=sent, redirect=False, retries=False, preload_content=False,
                timeout=urllib3.Timeout(connect=min(settings.connect_timeout, timeout), read=timeout),
            )  # fmt: skip
            try:
                received = _read(response, url, end, settings.max_response_bytes)
            finally:
                _unwatch(stop)
                response.release_conn()
        except urllib3.exceptions.SSLError as error:
            raise CannotConnect(f"{url}: {error}") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            stop.check()
            raise _Away(f"{url}: {error}") from error
        finally:
            _unwatch(stop)
            _calling.stop = None
        if 200 <= response.status < 300:
            return Reply(url, response.headers, received)
        failure = problem(url, response.status, response.headers.get("Content-Type", ""), received)
        failure.retry_after = _seconds(response.headers.get("Retry-After"))
        raise failure


class _Away(RemitError):
    """A transfer that broke, as it may when a server is restarted."""

    retry_after = None


def _read(response: urllib3.BaseHTTPResponse, url: str, end: float, limit: int) -> bytes:
    """The body, in pieces, so that neither a slow one nor an endless one is read for ever."""
    parts: list[bytes] = []
    size = 0
    while chunk := response.read(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            response.close()
            raise WrongAnswer(f"{url} answered more than {limit} bytes")
        if time.monotonic() > end:
            response.close()
            raise TimeoutError("the answer did not arrive in time")
    return b"".join(parts)


def _seconds(retry_after: str | None) -> float | None:
    """A Retry-After in seconds; it may also be a date."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


# MARK: - Connections that a Stop can end


class _Calling(threading.local):
    stop: Stop | None = None
    connection: Any = None


_calling = _Calling()


def _watch(connection: Any) -> None:
    if _calling.stop is not None and _calling.connection is None:
        _calling.stop.watch(connection)
        _calling.connection = connection


def _unwatch(stop: Stop) -> None:
    if _calling.connection is not None:
        stop.unwatch(_calling.connection)
        _calling.connection = None


class _Connection(HTTPConnection):
    def request(self, *arguments: Any, **options: Any) -> None:
        _watch(self)
        super().request(*arguments, **options)


class _SecureConnection(HTTPSConnection):
    def request(self, *arguments: Any, **options: Any) -> None:
        _watch(self)
        super().request(*arguments, **options)


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
