"""Which server to ask next, and when: a pure state, told the time. The same rules as remit-trainer's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """How long a server that failed is left alone. Seconds."""

    #: Rest after the first failure; doubled with each further one in a row.
    first: float = 0.25
    #: Longest rest that the doubling reaches.
    longest: float = 30.0
    #: Longest Retry-After that is obeyed; a longer one is cut to it.
    longest_retry_after: float = 300.0

    def delay(self, failures: int, random: float) -> float:
        """Rest after so many failures in a row, shortened by up to a half by `random` (0 to 1), so that clients which failed together
        do not come back together."""
        return float(min(self.first * 2.0 ** min(failures - 1, 30), self.longest) * (1 - random / 2))


@dataclass
class _Server:
    failures: int = 0
    last_failure: float | None = None
    rests_until: float = float("-inf")


class Rotation:
    """The server that answered last is asked again; one that failed rests while the others are asked."""

    def __init__(self, count: int, backoff: Backoff, first: int = 0) -> None:
        self._servers = [_Server() for _ in range(count)]
        self._backoff = backoff
        self._preferred = first % count

    def next(self, now: float, without: Collection[int] = ()) -> tuple[int, float]:
        """The server to ask, and until when to wait before (no later than now: not at all). `without` leaves at least one to ask."""
        count = len(self._servers)
        order = [index for step in range(count) if (index := (self._preferred + step) % count) not in without]
        rested = [index for index in order if self._servers[index].rests_until <= now]
        chosen = rested[0] if rested else min(order, key=lambda index: self._servers[index].rests_until)
        return chosen, self._servers[chosen].rests_until

    def succeeded(self, index: int) -> None:
        """Forgets the server's failures and makes it the one to ask next."""
        self._servers[index] = _Server()
        self._preferred = index

    def failed(self, index: int, *, began: float, now: float, retry_after: float | None, random: float) -> None:
        """Lets the server rest. Several threads that find it away at once (`began` before the last failure) are one failure."""
        server = self._servers[index]
        asked = 0.0 if retry_after is None else min(retry_after, self._backoff.longest_retry_after)
        if server.last_failure is not None and began < server.last_failure:
            server.rests_until = max(server.rests_until, now + asked) if asked else server.rests_until
            return
        server.failures += 1
        server.last_failure = now
        server.rests_until = now + max(self._backoff.delay(server.failures, random), asked)
        if index == self._preferred:
            self._preferred = (index + 1) % len(self._servers)
