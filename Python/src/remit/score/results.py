"""Where ranges' numbers are put and claims lie: a folder, or what fsspec opens (s3://, gs://).

A range is there once its manifest is, which is put last. A claim says that somebody is at it; it is a hint and no lock: two may score
one range and put it at the same time, with other last bits where their devices differ. Each reads what lies there then, and puts its own
again where numbers and manifest are not of one of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import socket
import threading
import time
from typing import Any, Protocol

from remit.scores import manifests
from remit.scores.errors import DamagedScores, ScoresError

CLAIMS = "claims"
# Seconds after which a claim that says nothing is of a process that ended between making the file and writing it.
TIME_TO_WRITE = 10.0
# How often a range is put where another worker puts it at the same time, and the longest pause before the second time, in seconds.
PUTS, PAUSE = 8, 0.05


class Place(Protocol):
    """A folder somewhere."""

    def put(self, name: str, content: bytes) -> None:
        """Puts a whole file, or none."""

    def create(self, name: str, content: bytes) -> bool:
        """Puts a file that is not there yet; False where it is."""

    def get(self, name: str) -> bytes | None:
        """A file's content; None where it is not there."""

    def names(self) -> list[str]:
        """Names of the files, those of the claims left out."""

    def age(self, name: str) -> float | None:
        """Seconds since a file was put; None where it is not there."""

    def remove(self, name: str) -> None:
        """Removes a file, if it is there."""


class Folder:
    """A folder of this machine, or one that several mount."""

    def __init__(self, path: str) -> None:
        self.path = path
        os.makedirs(os.path.join(path, CLAIMS), exist_ok=True)

    def put(self, name: str, content: bytes) -> None:
        # Threads of a process may put the same file at the same time.
        temporary = os.path.join(self.path, f"{name}.{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}.tmp")
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, os.path.join(self.path, name))

    def create(self, name: str, content: bytes) -> bool:
        try:
            with open(os.path.join(self.path, name), "xb") as file:
                file.write(content)
        except FileExistsError:
            return False
        return True

    def get(self, name: str) -> bytes | None:
        try:
            with open(os.path.join(self.path, name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        return [entry.name for entry in os.scandir(self.path) if entry.is_file()]

    def age(self, name: str) -> float | None:
        try:
            return time.time() - os.stat(os.path.join(self.path, name)).st_mtime
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        try:
            os.remove(os.path.join(self.path, name))
        except FileNotFoundError:
            pass


class Remote:
    """A folder that fsspec opens. An object store puts an object whole or not at all."""

    def __init__(self, url: str) -> None:
        import fsspec

        self._system, self.path = fsspec.core.url_to_fs(url.rstrip("/"))

    def _at(self, name: str) -> str:
        return f"{self.path}/{name}"

    def put(self, name: str, content: bytes) -> None:
        self._system.pipe_file(self._at(name), content)

    def create(self, name: str, content: bytes) -> bool:
        """Not atomic in every store: two may think that they were first, which costs one range scored twice."""
        if self._system.exists(self._at(name)):
            return False
        self.put(name, content)
        self._system.invalidate_cache()
        return self.get(name) == content

    def get(self, name: str) -> bytes | None:
        try:
            return bytes(self._system.cat_file(self._at(name)))
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        self._system.invalidate_cache()
        try:
            return [os.path.basename(one) for one in self._system.ls(self.path, detail=False)]
        except FileNotFoundError:
            return []

    def age(self, name: str) -> float | None:
        content = self.get(name)
        return None if content is None else time.time() - float(json.loads(content).get("time", 0))

    def remove(self, name: str) -> None:
        try:
            self._system.rm_file(self._at(name))
        except FileNotFoundError:
            pass


class Results:
    """The results of a plan at a place.

    Args:
        url: a folder, file://, or another scheme of fsspec's.
        lease: seconds after which a claim that was not renewed is nobody's.
    """

    def __init__(self, url: str | os.PathLike[str], *, lease: float = 600.0) -> None:
        self.url = os.fspath(url)
        self.lease = lease
        path = self.url.removeprefix("file://")
        self.place: Place = Remote(self.url) if "://" in path else Folder(path)

    def done(self) -> set[str]:
        """Stems of the ranges whose manifest is there."""
        return {name.removesuffix(".json") for name in self.place.names() if name.endswith(".json")}

    def put(self, stem: str, numbers: bytes, members: dict[str, Any]) -> None:
        """Puts a range's numbers, and then its manifest. Raises `DamagedScores` where others put theirs between the two each time."""
        members = {**members, "bytes": len(numbers), "sha256": hashlib.sha256(numbers).hexdigest()}
        manifest = manifests.compact(manifests.signed(members, manifests.compact)) + b"\n"
        for attempt in range(PUTS):
            time.sleep(attempt * PAUSE * random.random())
            self.place.put(f"{stem}.scores", numbers)
            self.place.put(f"{stem}.json", manifest)
            if self._is_sound(stem):
                return
        self.place.remove(f"{stem}.json")
        raise DamagedScores(f"{self.url}/{stem}: other workers put it at the same time, {PUTS} times; it is left to others")

    def _is_sound(self, stem: str) -> bool:
        try:
            self.numbers(stem, self.manifest(stem))
        except ScoresError:
            return False
        return True

    def manifest(self, stem: str) -> dict[str, Any]:
        """A range's manifest, checked against its own digest."""
        content = self.place.get(f"{stem}.json")
        if content is None:
            raise ScoresError(f"{self.url}: {stem} is not there")
        try:
            members = json.loads(content)
        except ValueError as error:
            raise DamagedScores(f"{self.url}/{stem}.json: {error}") from None
        if not isinstance(members, dict):
            raise DamagedScores(f"{self.url}/{stem}.json: expected a JSON object")
        manifests.check(f"{self.url}/{stem}.json", members, manifests.compact)
        return members

    def numbers(self, stem: str, manifest: dict[str, Any]) -> bytes:
        """A range's numbers, checked against its manifest."""
        content = self.place.get(f"{stem}.scores")
        if content is None:
            raise DamagedScores(f"{self.url}/{stem}.scores is not there, its manifest is")
        if len(content) != manifest["bytes"]:
            raise DamagedScores(f"{self.url}/{stem}.scores has {len(content)} bytes, its manifest says {manifest['bytes']}")
        got = hashlib.sha256(content).hexdigest()
        if got != manifest["sha256"]:
            raise DamagedScores(f"{self.url}/{stem}.scores has SHA-256 {got}, its manifest says {manifest['sha256']}")
        return content

    # MARK: - Claims

    def claim(self, stem: str) -> bool:
        """Whether this process may begin with a range: nobody is at it, or whoever was is gone."""
        name = f"{CLAIMS}/{stem}"
        while not self.place.create(name, self._claim()):
            content, age = self.place.get(name), self.place.age(name)
            if content is None or age is None:
                continue  # Released meanwhile: of those who see that, one begins.
            if age < self.lease and not _is_gone(content, age):
                return False
            self.place.put(name, self._claim())
            break
        return True

    def renew(self, stem: str) -> None:
        """Says that this process is still at it."""
        self.place.put(f"{CLAIMS}/{stem}", self._claim())

    def release(self, stem: str) -> None:
        """Lets others have the range."""
        self.place.remove(f"{CLAIMS}/{stem}")

    @staticmethod
    def _claim() -> bytes:
        return json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "time": time.time()}).encode()


def _is_gone(claim: bytes, age: float) -> bool:
    """Whether a claim is of a process of this machine that has ended, or of one that ended before it had written it."""
    try:
        members = json.loads(claim)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        return age >= TIME_TO_WRITE
    if members.get("host") != socket.gethostname() or members.get("pid") == os.getpid():
        return False
    try:
        os.kill(members["pid"], 0)
    except ProcessLookupError:
        return True
    except (OSError, KeyError, TypeError, OverflowError):
        return False
    return False
