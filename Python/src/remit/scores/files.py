"""Either form of scores behind one door, which a loader passes by saying its unit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from remit.batch import Floats, digest_of_ids
from remit.pins import Pins
from remit.scores.errors import ScoresError
from remit.scores.parallel import JSON_SUFFIX, SUFFIXES, ParallelFile
from remit.scores.segments import MANIFEST, Segments
from remit.scores.units import Unit


class Scores:
    """Scores of a corpus: a parallel float file (its JSON, the file itself, or the token file beside it), or a side-car's directory.

        scores = remit.Scores("part-000.npy", unit="chunk", tokens=8192)
        scores.at(8192, 16384)                     # the numbers of the same items of the token file
        scores = remit.Scores("corpus.scores/", unit="document", tokens=4096)
        scores.of(ids)                             # the numbers of a segment with these ids

    Args:
        unit: how the loader feeds its student, document or chunk; needed for reading numbers. Scores by another unit are refused.
        tokens: the loader's sequence length: what documents are cut at multiples of, or the length of a chunk.
        pins: fingerprints that the scores must have.

    Raises:
        OtherUnit: the teacher had another context than the student will have.
        ScoresError: they cannot be read, are damaged, not finished, or of another teacher.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, unit: str | None = None, tokens: int | None = None, pins: Pins = Pins()
    ) -> None:
        self.path = os.fspath(path)
        #: The form itself; its numbers are read by `at` and `of`, which ask for the unit.
        self.file = _open(self.path)
        if (unit is None) != (tokens is None):
            raise ValueError("expected unit and tokens together: the loader's unit and its sequence length")
        self._is_declared = unit is not None
        if unit is not None and tokens is not None:
            self.file.unit.require(Unit(unit, tokens), self.path)
        difference = pins.difference(self.file.pins)
        if difference:
            raise ScoresError(f"{self.path}: {difference}")

    @property
    def form(self) -> str:
        """`parallel` or `segments`."""
        return self.file.form

    @property
    def unit(self) -> Unit:
        """The context under which the teacher scored."""
        return self.file.unit

    @property
    def pins(self) -> Pins:
        """The teacher's fingerprints."""
        return self.file.pins

    @property
    def model(self) -> str:
        """The teacher's name."""
        return self.file.model

    @property
    def precision(self) -> str:
        """Precision of the teacher's forward pass."""
        return self.file.precision

    @property
    def quantity(self) -> str:
        """What the numbers are: `logprobs`, or `weights` (static ones, of a file TOKENS.weights)."""
        return self.file.quantity

    @property
    def items(self) -> int:
        """Numbers, of `parallel` those that are NaN among them."""
        return self.file.items

    def __repr__(self) -> str:
        return f"Scores({self.path!r}: {self.quantity}, {self.form}, {self.items} items by {self.unit}, {self.model})"

    def verify(self) -> None:
        """Reads all of it and raises `DamagedScores` for the first thing that is not as it was written."""
        self.file.verify()

    def at(self, start: int, stop: int) -> Floats:
        """Numbers of a range of the token file's items; NaN where there is none. Of `parallel`."""
        self._require_declared()
        if not isinstance(self.file, ParallelFile):
            raise self._other_form("of(ids)")
        return self.file.at(start, stop)

    def of(self, token_ids: npt.ArrayLike) -> Floats:
        """Log-probs of a segment: NaN at its first token. Of `segments`. A single token, which nothing predicts, is never missing.

        Raises:
            MissingScores: no segment with these ids was scored.
        """
        self._require_declared()
        if not isinstance(self.file, Segments):
            raise self._other_form("at(start, stop)")
        found = self.file.find(digest_of_ids(token_ids))
        if found is None and len(np.atleast_1d(token_ids)) == 1:
            return np.full(1, np.nan, np.float32)
        if found is None:
            raise self.file.missing(token_ids)
        return found

    def row(self, token_ids: npt.ArrayLike, document_starts: Sequence[int] | npt.NDArray[Any] = (0,)) -> Floats:
        """Log-probs of whole documents in a row, which begin at these positions and are cut as the unit says. Of `segments`. [T]"""
        ids = np.asarray(token_ids)
        bounds = [*(int(start) for start in document_starts), len(ids)]
        if bounds[0] != 0 or any(low >= high for low, high in zip(bounds, bounds[1:])):
            raise ValueError(f"document_starts: expected positions that increase from 0 and stay below {len(ids)}")
        parts = [self.of(ids[a:b]) for low, high in zip(bounds, bounds[1:]) for a, b in self.unit.pieces(low, high)]
        return np.concatenate(parts)

    def _require_declared(self) -> None:
        if not self._is_declared:
            raise ScoresError(f"{self.path}: say how the loader feeds its student: Scores(path, unit=..., tokens=...)")

    def _other_form(self, call: str) -> ScoresError:
        return ScoresError(f"{self.path} is of the form {self.form}: ask {call}, or convert it with python -m remit.scores")


def _open(path: str) -> ParallelFile | Segments:
    if os.path.isdir(path):
        beside = sorted(name for name in os.listdir(path) if name.endswith(JSON_SUFFIX))
        if beside and os.path.exists(os.path.join(path, MANIFEST)):
            raise ScoresError(
                f"{path} holds a side-car and parallel files, such as {beside[0]}, which may be of two teachers: name its "
                f"{MANIFEST} or a file of numbers (TOKENS.scores), or move one of the two elsewhere"
            )
        return Segments(path)
    if path.endswith(tuple(suffix + ".json" for suffix in SUFFIXES.values())):
        return ParallelFile(path)
    manifest = path + ".json" if path.endswith(tuple(SUFFIXES.values())) else path + JSON_SUFFIX
    if os.path.exists(manifest):
        return ParallelFile(manifest)
    if os.path.basename(path) == MANIFEST:
        return Segments(os.path.dirname(path) or ".")
    raise ScoresError(f"{path}: expected a side-car's directory, or a file with {JSON_SUFFIX} beside it")
