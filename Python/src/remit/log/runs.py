"""The directory of a run of remit-trainer, as it is written or after its end."""

from __future__ import annotations

import hashlib
import json
import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from remit.errors import RemitError
from remit.log.values import Point, point


class LogError(RemitError):
    """A directory that is no run's, or a log that cannot be read."""


class Run:
    """A run: what it was started as, its log, and what it ended as."""

    def __init__(self, directory: str) -> None:
        self.directory = pathlib.Path(directory)
        #: Bytes of the log that were read as whole lines, and the last of these lines.
        self._read = 0
        self._last = b""

    @property
    def name(self) -> str:
        """The directory's name."""
        return self.directory.resolve().name

    @property
    def identity(self) -> str:
        """What tells this run from others wherever its log is sent from: a hash of its place and of what it was started as."""
        start = self.directory / "run.json"
        contents = start.read_bytes() if start.exists() else b""
        return hashlib.sha256(str(self.directory.resolve()).encode() + b"\0" + contents).hexdigest()[:16]

    @property
    def started_as(self) -> dict[str, Any]:
        """run.json; empty where there is none yet."""
        return self._json("run.json")

    @property
    def ended_as(self) -> dict[str, Any]:
        """remit.json, which is written last; empty while the run goes on."""
        return self._json("remit.json")

    def new_points(self) -> Iterator[Point]:
        """What the log says beyond what was read before; a line without its end is left for the next time.

        A run that was resumed cuts its log back: where what was read is not there any more, the log is read anew from its start.

        Raises:
            LogError: a whole line that is no step's or evaluation's.
        """
        path = self.directory / "log.jsonl"
        if not path.exists():
            return
        with open(path, "rb") as file:
            file.seek(self._read - len(self._last))
            # Lines that were written again differ in their clock times.
            if file.read(len(self._last)) != self._last:
                self._read = 0
                file.seek(0)
            while (line := file.readline()).endswith(b"\n"):
                self._read += len(line)
                self._last = line
                try:
                    yield point(json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise LogError(f"{path}: a line that is no step: {line[:80]!r}: {error}") from error

    def points(self, *, follow: bool = False, poll: float = 1.0, wait: Callable[[float], None] = time.sleep) -> Iterator[Point]:
        """What the log says, line by line.

        Args:
            follow: goes on until the run has ended, which its remit.json says; without, until the end of what is there.
            poll: seconds between two looks.
        """
        while True:
            # Before the log is read: what is written last is behind all of its lines.
            is_over = bool(self.ended_as)
            yield from self.new_points()
            if is_over or not follow:
                return
            wait(poll)

    def _json(self, name: str) -> dict[str, Any]:
        path = self.directory / name
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise LogError(f"{path}: no JSON: {error}") from error
        if not isinstance(value, dict):
            raise LogError(f"{path}: expected an object")
        return value
