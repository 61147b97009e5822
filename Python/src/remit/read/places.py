"""Where bytes are: files, what fsspec opens (s3://, gs://, hf://), and https:// by requests for ranges."""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import hashlib
import io
import os
import pathlib
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

import urllib3

from remit.read.errors import ReadError, needs

_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_WILDCARDS = "*?["
#: What is asked for at a time where bytes come from far away.
_BLOCK = 4 << 20


@dataclasses.dataclass(frozen=True)
class Place:
    """A file somewhere: its address, and how it is opened."""

    path: str
    #: Path on this machine; None elsewhere.
    local: str | None = None
    #: The fsspec file system, and the path there; None for files of this machine and for http.
    system: Any = None
    inner: str = ""

    @property
    def name(self) -> str:
        """The last part of the address, without what stands behind a question mark in one of http."""
        path = urllib.parse.urlsplit(self.path).path if _scheme(self.path) in ("http", "https") else self.path
        return urllib.parse.unquote(path).rstrip("/").rsplit("/", 1)[-1]

    def open(self) -> BinaryIO:
        """The bytes, from the start."""
        try:
            if self.local is not None:
                return open(self.local, "rb")
            if self.system is not None:
                return cast(BinaryIO, self.system.open(self.inner, "rb", block_size=_BLOCK))
            return cast(BinaryIO, WebFile(self.path).buffered())
        except OSError as error:
            raise ReadError(f"{self.path}: {error.strerror or error}") from error
        except Exception as error:
            if self.system is None or isinstance(error, ReadError):
                raise
            raise self.failure(error) from error

    def failure(self, error: Exception) -> ReadError:
        """What a store's own package raised, as an error of reading."""
        return ReadError(f"{self.path}: {type(error).__name__}: {error}")

    def version(self) -> str:
        """What tells this file's bytes from others without reading them: size and ETag, or what its store has in place of that."""
        if self.local is not None:
            state = os.stat(self.local)
            return f"size={state.st_size} mtime={state.st_mtime_ns} inode={state.st_ino}"
        if self.system is None:
            with contextlib.closing(WebFile(self.path)) as file:
                return file.version
        try:
            info: Mapping[str, Any] = self.system.info(self.inner)
        except Exception as error:
            raise self.failure(error) from error
        size = info.get("size")
        for key in ("ETag", "etag", "generation", "md5Hash", "crc32c", "sha256", "blob_id"):
            if info.get(key):
                return f"size={size} {key.lower()}={str(info[key]).strip(chr(34))}"
        for key in ("LastModified", "last_modified", "updated", "mtime", "created"):
            if info.get(key):
                return f"size={size} {key.lower()}={info[key]}"
        raise ReadError(f"{self.path}: its store tells neither an ETag nor a time, so a change would not be seen; copy it to this machine")


def places(path: str) -> list[Place]:
    """The files that a path stands for: itself, all of a folder or prefix (hidden ones apart), or what a pattern matches; sorted."""
    scheme = _scheme(path)
    if scheme in ("http", "https"):
        return [Place(path)]
    if scheme is None or scheme == "file":
        return _local(path.removeprefix("file://"))
    try:
        import fsspec
    except ImportError as error:
        raise needs("fsspec", f"{scheme}://") from error
    try:
        system, inner = fsspec.core.url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise ReadError(f"{path}: fsspec does not open {scheme}:// here: {error}") from error
    try:
        if any(one in inner for one in _WILDCARDS):
            found = system.glob(inner)
        elif system.isdir(inner):
            found = system.find(inner)
        else:
            found = [inner] if system.exists(inner) else []
    except Exception as error:  # of the store's own package: no credentials, no such bucket
        raise ReadError(f"{path}: {type(error).__name__}: {error}") from error
    root = inner.split("*")[0].rstrip("/").count("/")
    visible = sorted(one for one in found if not any(part.startswith((".", "_")) for part in one.split("/")[root + 1 :]))
    return [Place(f"{scheme}://{one.lstrip('/')}", system=system, inner=one) for one in visible]


def key(found: list[Place]) -> str:
    """What the bytes of all the places are told by; another one where any of them changed."""
    if len(found) == 1:
        return found[0].version()
    hasher = hashlib.sha256()
    for place in found:
        hasher.update(f"{place.path}\n{place.version()}\n".encode())
    return f"{len(found)} files sha256={hasher.hexdigest()}"


def _scheme(path: str) -> str | None:
    found = _SCHEME.match(path)
    return found[1].lower() if found else None


def _local(path: str) -> list[Place]:
    if os.path.exists(path):
        if not os.path.isdir(path):
            return [Place(path, local=path)]
        root = pathlib.Path(path)
        names = [
            one for one in root.rglob("*") if one.is_file() and not any(part.startswith(".") for part in one.relative_to(root).parts)
        ]
        return [Place(str(one), local=str(one)) for one in sorted(names)]
    return [Place(one, local=one) for one in sorted(glob.glob(path)) if os.path.isfile(one)]


class WebFile(io.RawIOBase):
    """A file of a web server, read by ranges, or from front to back where the server gives none. A file that changes is an error."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(
            retries=urllib3.Retry(total=6, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504], raise_on_status=False),
            timeout=urllib3.Timeout(connect=30, read=120),
        )
        self._stream: Any = None
        head = self._ask("HEAD", {})
        if head.status >= 400:
            raise ReadError(f"{url}: the server answers {head.status} {head.reason}")
        length = head.headers.get("Content-Length")
        self._etag, self._modified = head.headers.get("ETag"), head.headers.get("Last-Modified")
        self._size = int(length) if length and length.isdecimal() else None
        self._has_ranges = "bytes" in head.headers.get("Accept-Ranges", "") and self._size is not None
        self._at = 0

    @property
    def version(self) -> str:
        """Size and ETag; for want of one the time of the last change."""
        told = f"etag={self._etag}" if self._etag else f"modified={self._modified}" if self._modified else None
        if told is None:
            raise ReadError(
                f"{self._url}: the server tells neither an ETag nor a time of change, so a change would not be seen; copy it to this machine"
            )
        return f"size={self._size} {told}"

    def buffered(self) -> io.BufferedReader:
        """The same with a buffer, so that small reads are no requests."""
        return io.BufferedReader(self, _BLOCK)

    def close(self) -> None:
        if not self.closed and self._stream is not None:
            self._stream.close()
        self._pool.clear()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._has_ranges

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if not self._has_ranges or self._size is None:
            raise io.UnsupportedOperation(f"{self._url}: the server gives no ranges of a file; copy it to this machine")
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = len(buffer)
        data = self._range(wanted) if self._has_ranges else self._next(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _range(self, wanted: int) -> bytes:
        if self._size is None or self._at >= self._size:
            return b""
        last = min(self._at + wanted, self._size) - 1
        headers = {"Range": f"bytes={self._at}-{last}"}
        if self._etag and not self._etag.startswith("W/"):
            headers["If-Range"] = self._etag
        answer = self._ask("GET", headers)
        if answer.status != 206 or self._etag != answer.headers.get("ETag"):
            raise OSError(f"the file changed while it was read (expected status 206 and ETag {self._etag}, got {answer.status})")
        if len(answer.data) != last + 1 - self._at:
            raise OSError(f"expected {last + 1 - self._at} bytes, got {len(answer.data)}")
        return answer.data

    def _next(self, wanted: int) -> bytes:
        if self._stream is None:
            self._stream = self._ask("GET", {}, preload=False)
            if self._stream.status != 200 or self._etag != self._stream.headers.get("ETag"):
                raise OSError(f"expected status 200 and ETag {self._etag}, got {self._stream.status}")
        data = bytes(self._stream.read(wanted, decode_content=False))
        if not data and self._size is not None and self._at != self._size:
            raise OSError(f"expected {self._size} bytes, got {self._at}")
        return data

    def _ask(self, method: str, headers: dict[str, str], *, preload: bool = True) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, self._url, headers={**headers, "Accept-Encoding": "identity"}, preload_content=preload)
        except urllib3.exceptions.HTTPError as error:
            raise OSError(f"{self._url}: {error}") from error
