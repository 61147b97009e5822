"""Side-cars: log-probs found by the SHA-256 of a segment's ids, as `remit-server score` writes and remit-trainer reads them.

A directory with `manifest.json` and shards in safetensors: `logprobs` F32 [tokens], NaN at each segment's first; `segment_starts` I64
[segments + 1]; `segment_sha256` U8 [segments, 32].
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from remit import tensors
from remit.batch import Floats, digest_of_ids
from remit.pins import NAMES, Pins
from remit.scores import manifests
from remit.scores.errors import DamagedScores, MissingScores, ScoresError
from remit.scores.units import Unit

MANIFEST = "manifest.json"


@dataclass
class _Shard:
    """One file, compared with the manifest when a segment of it is first read."""

    path: str
    entry: dict[str, Any]
    layout: dict[str, tuple[int, tuple[int, ...]]]
    starts: npt.NDArray[np.int64] | None = None

    @classmethod
    def of(cls, directory: str, entry: dict[str, Any]) -> _Shard:
        path = os.path.join(directory, entry["file"])
        shapes = {"logprobs": ("<f4", (entry["tokens"],)), "segment_starts": ("<i8", (entry["segments"] + 1,)),
                  "segment_sha256": ("u1", (entry["segments"], 32))}  # fmt: skip
        try:
            size = os.path.getsize(path)
            if size != entry["bytes"]:
                raise DamagedScores(f"{path} has {size} bytes, the manifest says {entry['bytes']}")
            with open(path, "rb") as file:
                header, data = tensors.read_header(file.read(8), file.read, size)
            layout = {}
            for name, (dtype, shape) in shapes.items():
                found, got, (begin, _) = tensors.layout(name, header.get(name), size - data)
                if found != np.dtype(dtype) or got != shape:
                    raise ValueError(f"expected {name} of shape {shape}, got {got}")
                layout[name] = (data + begin, shape)
        except (OSError, ValueError) as error:
            raise DamagedScores(f"{path}: {error}") from None
        return cls(path, entry, layout)

    def mapped(self, name: str, dtype: str) -> npt.NDArray[Any]:
        offset, shape = self.layout[name]
        return np.memmap(self.path, dtype, "r", offset, shape) if shape[0] else np.empty(shape, dtype)

    def check(self) -> npt.NDArray[np.int64]:
        """Starts of the segments, once the file is the one that the manifest names."""
        if self.starts is None:
            with open(self.path, "rb") as file:
                got = hashlib.file_digest(file, "sha256").hexdigest()
            if got != self.entry["sha256"]:
                raise DamagedScores(f"{self.path}: its SHA-256 is {got}, the manifest says {self.entry['sha256']}")
            starts = np.array(self.mapped("segment_starts", "<i8"))
            if starts[0] != 0 or starts[-1] != self.entry["tokens"] or np.any(np.diff(starts) <= 0):
                raise DamagedScores(f"{self.path}: segment_starts do not increase from 0 to {self.entry['tokens']}")
            self.starts = starts
        return self.starts


class Segments:
    """A finished side-car. Opening reads the hashes; the index takes 16 bytes a segment."""

    form = "segments"
    quantity = "logprobs"

    def __init__(self, directory: str) -> None:
        #: Path of the directory.
        self.path = directory
        manifest = os.path.join(directory, MANIFEST)
        members = manifests.read(manifest)
        if members.get("format") not in (1, 2):
            raise ScoresError(f"{manifest}: format {members.get('format')}, this program reads 1 and 2")
        if members["format"] == 2:
            manifests.check(manifest, members, manifests.swift)
        try:
            description = members["description"]
            self.unit = Unit("document", int(description["sequence_length"]))
            self.pins, self.model = Pins.of(description), str(description["model"])
            self.precision = str(description["precision"])
            self.corpus_fingerprint = str(description["corpus_fingerprint"])
            entries: list[dict[str, Any]] = [
                {"file": _shard_name(one["file"]), "sha256": str(one["sha256"]),
                 **{name: _count(one[name]) for name in ("bytes", "segments", "tokens")}}
                for one in members["shards"]
            ]  # fmt: skip
            expected = [_count(description[name]) for name in ("segments", "tokens")]
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedScores(f"{manifest}: {error!r}") from None
        done = [sum(entry[name] for entry in entries) for name in ("segments", "tokens")]
        if done != expected:
            raise ScoresError(f"{directory}: {done[0]} of {expected[0]} segments are scored: finish it with remit-server score")
        self._shards = [_Shard.of(directory, entry) for entry in entries]
        #: Segments and tokens that have log-probs.
        self.segments, self.items = expected
        self._index()

    def _index(self) -> None:
        firsts = [np.ascontiguousarray(shard.mapped("segment_sha256", "u1")[:, :8]).view(">u8")[:, 0] for shard in self._shards]
        prefixes = np.concatenate([*firsts, np.empty(0, ">u8")]).astype(np.uint64)
        shards = np.repeat(np.arange(len(firsts), dtype=np.uint32), [len(one) for one in firsts])
        numbers = np.concatenate([*(np.arange(len(one), dtype=np.uint32) for one in firsts), np.empty(0, np.uint32)])
        order = np.argsort(prefixes, kind="stable")
        self._prefixes, self._places = prefixes[order], np.stack([shards[order], numbers[order]], axis=1)

    def find(self, digest: bytes) -> Floats | None:
        """Log-probs of the segment with this digest; None where it was not scored."""
        prefix = np.uint64(int.from_bytes(digest[:8], "big"))
        at = int(np.searchsorted(self._prefixes, prefix))
        while at < len(self._prefixes) and self._prefixes[at] == prefix:
            shard, number = self._shards[self._places[at, 0]], int(self._places[at, 1])
            starts = shard.check()
            if shard.mapped("segment_sha256", "u1")[number].tobytes() == digest:
                return np.array(shard.mapped("logprobs", "<f4")[starts[number] : starts[number + 1]])
            at += 1
        return None

    def verify(self) -> None:
        """Reads all of it: digests, and values that can be."""
        for shard in self._shards:
            shard.starts = None
            starts, values = shard.check(), np.array(shard.mapped("logprobs", "<f4"))
            first = np.zeros(len(values), np.bool_)
            first[starts[:-1]] = True
            with np.errstate(invalid="ignore"):
                wrong = np.where(first, ~np.isnan(values), ~((values <= 0) & np.isfinite(values)))
            if wrong.any():
                at = int(np.argmax(wrong))
                expected = "NaN, nothing predicts it" if first[at] else "a number of at most 0"
                raise DamagedScores(f"{shard.path}, token {at}: expected {expected}, got {values[at]}")
            if np.diff(starts).max(initial=0) > self.unit.tokens:
                raise DamagedScores(f"{shard.path}: a segment is longer than {self.unit.tokens} tokens")

    def all(self) -> Iterator[tuple[bytes, Floats]]:
        """Digest and log-probs of every segment, in the order of the corpus."""
        for shard in self._shards:
            starts, values = shard.check(), shard.mapped("logprobs", "<f4")
            digests = shard.mapped("segment_sha256", "u1")
            for number, (start, stop) in enumerate(zip(starts, starts[1:])):
                yield digests[number].tobytes(), np.array(values[start:stop])

    def missing(self, ids: npt.ArrayLike) -> MissingScores:
        """The error for a segment that was not found."""
        return MissingScores(
            f"{self.path} has no log-probs of the segment with SHA-256 {digest_of_ids(ids).hex()} ({len(np.atleast_1d(ids))} tokens): "
            f"it is of another corpus, tokenizer or cut"
        )


class SegmentsWriter:
    """Writes a side-car: shards, and at the end the manifest. Memory: one shard, and the manifest's lines.

    Args:
        directory: must not hold a manifest.
        sequence_length: most tokens of a segment; documents were cut at multiples of it.
        corpus_fingerprint: of the corpus where remit-trainer's is known; another is no fault, each segment is looked up then.
    """

    def __init__(
        self, directory: str | os.PathLike[str], *, sequence_length: int, pins: Pins, model: str, precision: str,
        corpus_fingerprint: str | None = None, shard_tokens: int = 1 << 20,
    ) -> None:  # fmt: skip
        self.path = os.fspath(directory)
        missing = [name for name in NAMES if getattr(pins, name) is None]
        if missing:
            raise ValueError(f"pins: {missing[0]} is missing")
        if os.path.exists(os.path.join(self.path, MANIFEST)):
            raise ScoresError(f"{self.path}: there is a side-car already")
        os.makedirs(self.path, exist_ok=True)
        self._unit = Unit("document", sequence_length)
        self._description: dict[str, Any] = {"model": model, "precision": precision, "sequence_length": sequence_length, **pins.members()}
        self._corpus = corpus_fingerprint
        self._shard_tokens = shard_tokens
        self._values: list[Floats] = []
        self._digests: list[bytes] = []
        self._tokens = 0
        self._shards: list[dict[str, Any]] = []
        self._hasher = hashlib.sha256()

    def append(self, token_ids: npt.ArrayLike, logprobs: npt.ArrayLike) -> None:
        """A segment. Raises ValueError for log-probs that cannot be its."""
        ids, values = np.asarray(token_ids), np.asarray(logprobs, np.float32)
        with np.errstate(invalid="ignore"):
            sound = ids.shape == values.shape and ids.ndim == 1 and 0 < len(ids) <= self._unit.tokens
            sound = sound and bool(np.isnan(values[0]) and ((values[1:] <= 0) & np.isfinite(values[1:])).all())
        if not sound:
            raise ValueError(
                f"expected 1 to {self._unit.tokens} ids with as many log-probs, NaN at the first and at most 0 behind it, got "
                f"{ids.shape} and {values.shape}"
            )
        self._values.append(values)
        self._digests.append(digest_of_ids(ids))
        self._tokens += len(ids)
        if self._tokens >= self._shard_tokens:
            self._flush()

    def finish(self) -> str:
        """Writes the manifest; the directory's path."""
        self._flush()
        members = {
            "format": 2, "shards": self._shards,
            "description": {
                **self._description, "corpus_fingerprint": self._corpus or self._hasher.hexdigest(),
                "segments": sum(one["segments"] for one in self._shards), "tokens": sum(one["tokens"] for one in self._shards),
            },
        }  # fmt: skip
        manifests.write(os.path.join(self.path, MANIFEST), manifests.swift(manifests.signed(members, manifests.swift)) + b"\n")
        return self.path

    def _flush(self) -> None:
        if not self._values:
            return
        starts = np.cumsum([0, *(len(one) for one in self._values)])
        digests = b"".join(self._digests)
        self._hasher.update(digests)
        metadata = {"sequence_length": str(self._unit.tokens),
                    **{name: self._description[name] for name in ("scores_fingerprint", "tokenizer_fingerprint")}}  # fmt: skip
        content = tensors.encode(
            {"logprobs": np.concatenate(self._values), "segment_starts": starts.astype(np.int64),
             "segment_sha256": np.frombuffer(digests, np.uint8).reshape(-1, 32)}, metadata)  # fmt: skip
        name = f"logprobs-{len(self._shards) + 1:06}.safetensors"
        manifests.write(os.path.join(self.path, name), content)
        self._shards.append({
            "file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "segments": len(self._digests),
            "tokens": int(starts[-1]),
        })  # fmt: skip
        self._values, self._digests, self._tokens = [], [], 0


def _shard_name(name: Any) -> str:
    if not isinstance(name, str) or "/" in name or not name.endswith(".safetensors"):
        raise ValueError(f"the shard {str(name)[:80]!r} is not a .safetensors file beside it")
    return name


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1 << 52:
        raise ValueError(f"expected a number of segments, tokens or bytes, got {str(value)[:80]!r}")
    return value
