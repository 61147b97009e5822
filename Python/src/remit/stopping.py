"""A flag that ends a call from another thread, also in the middle of a transfer."""

from __future__ import annotations

import socket
import threading
from typing import Protocol

from remit.errors import Cancelled


class HasSocket(Protocol):
    """A connection, whose socket is None before it connects."""

    sock: socket.socket | None


class Stop:
    """Set once, from any thread. Whoever waits on it wakes, and a transfer that watches it ends."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._watching: set[HasSocket] = set()

    def set(self) -> None:
        """Asks all that follow this flag to end."""
        with self._lock:
            self._event.set()
            for connection in self._watching:
                _shut(connection)

    def check(self) -> None:
        """Raises `Cancelled` where the flag is set."""
        if self._event.is_set():
            raise Cancelled("the call was given up")

    def wait(self, seconds: float) -> None:
        """Sleeps. Raises `Cancelled` as soon as the flag is set."""
        self._event.wait(seconds)
        self.check()

    def watch(self, connection: HasSocket) -> None:
        """Shuts the connection down as soon as the flag is set, until `unwatch`. Raises `Cancelled` where it is set already."""
        with self._lock:
            self.check()
            self._watching.add(connection)

    def unwatch(self, connection: HasSocket) -> None:
        """Leaves the connection alone from here on."""
        with self._lock:
            self._watching.discard(connection)


def _shut(connection: HasSocket) -> None:
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
