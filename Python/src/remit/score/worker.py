"""One of the processes that score a plan."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from remit.pins import Pins
from remit.score.checked import CheckedTokens
from remit.score.engines import Engine, Ids
from remit.score.fingerprints import MODEL_FILES
from remit.score.plans import Plan, Range
from remit.score.results import Results
from remit.scores.errors import ScoresError
from remit.scores.tokens import TokenFile


class Worker:
    """Claims ranges one after another, scores them and puts them into the results.

    Args:
        pins: the teacher's model and tokenizer fingerprints.
        model_files: what `model_files_sha256` says of the model in the engine; each range names it. Needed where the plan names one.
        batch_tokens: tokens that the engine is given at a time.
        dtype: float32, or float16, which keeps 11 bits.
        tell: told a line about each range.
    """

    def __init__(
        self, plan: Plan, results: Results, engine: Engine, *, pins: Pins, model_files: str | None = None, batch_tokens: int = 1 << 16,
        dtype: str = "float32", tell: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        if pins.model_fingerprint is None or pins.tokenizer_fingerprint is None:
            raise ValueError("pins: expected the teacher's model and tokenizer fingerprints")
        difference = Pins(plan.pins.model_fingerprint, plan.pins.tokenizer_fingerprint).difference(pins)
        if difference:
            raise ScoresError(f"{plan.path}: {difference}: it was made for another teacher")
        plan.require_model(model_files)
        self.plan, self.results, self.engine = plan, results, engine
        self.pins = Pins(
            pins.model_fingerprint, pins.tokenizer_fingerprint, engine.identity.scores_fingerprint(pins.model_fingerprint)
        )
        self._model_files = {} if model_files is None else {MODEL_FILES: model_files}
        self._batch_tokens, self._dtype, self._tell = batch_tokens, np.dtype(dtype), tell
        self._tokens = CheckedTokens(plan, tell=tell)

    def run(self, *, poll: float = 5.0, max_ranges: int | None = None) -> int:
        """Works until every range is there, those of others included; the number of ranges that this worker scored.

        Args:
            poll: seconds between looks at what others are at, once there is nothing left to begin with.
            max_ranges: stop after so many.
        """
        scored = 0
        while max_ranges is None or scored < max_ranges:
            one = self._next()
            if one is None:
                if len(self.results.done() & {range.name for range in self.plan.ranges}) == len(self.plan.ranges):
                    break
                time.sleep(poll)
                continue
            with _Renewing(self.results, one.name):
                self._score(one)
            self.results.release(one.name)
            scored += 1
        return scored

    def _next(self) -> Range | None:
        """A range that is not there and that nobody is at, claimed. Workers look from different places, so that few meet."""
        done = self.results.done()
        count = len(self.plan.ranges)
        first = hash((socket.gethostname(), os.getpid())) % count if count else 0
        for step in range(count):
            one = self.plan.ranges[(first + step) % count]
            if one.name not in done and self.results.claim(one.name):
                if one.name not in self.results.done():
                    return one
                self.results.release(one.name)
        return None

    def _score(self, one: Range) -> None:
        file = self._tokens[one.file]
        began = time.monotonic()
        values = np.full(one.count, np.nan, np.float32)
        for batch in self._batches(one, file):
            ids = [file.ids(start, stop) for start, stop in batch]
            for (start, stop), got in zip(batch, self.engine.score(ids)):
                _check(got, start, stop)
                values[start - one.start : stop - one.start] = got
        narrow = values.astype(self._dtype.newbyteorder("<"))
        seconds = time.monotonic() - began
        self.results.put(one.name, narrow.tobytes(), {
            "form": "remit-range", "format": 1, "plan": self.plan.digest, "range": one.members(), "dtype": self._dtype.name,
            "scored_items": int((~np.isnan(values)).sum()), **self.pins.members(), **self._model_files,
            **self.engine.identity.members(),
            "worker": f"{socket.gethostname()}:{os.getpid()}", "seconds": f"{seconds:.3f}",
        })  # fmt: skip
        self._tell(f"{one.name}: {one.count} tokens in {seconds:.1f} s, {one.count / max(seconds, 1e-9):.0f} tokens/s")

    def _batches(self, one: Range, file: TokenFile) -> Iterator[list[tuple[int, int]]]:
        """Pieces of more than one token, as many as fit the budget, those of like lengths together."""
        block: list[tuple[int, int]] = []
        for piece in self.plan.pieces(one, file):
            if piece[1] - piece[0] > 1:
                block.append(piece)
            if len(block) == 4096:
                yield from self._packed(block)
                block = []
        yield from self._packed(block)

    def _packed(self, block: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
        batch: list[tuple[int, int]] = []
        for piece in sorted(block, key=lambda piece: piece[0] - piece[1]):
            longest = batch[0][1] - batch[0][0] if batch else 0
            if batch and longest * (len(batch) + 1) > self._batch_tokens:
                yield batch
                batch = []
            batch.append(piece)
        if batch:
            yield batch


def _check(values: npt.NDArray[np.float32], start: int, stop: int) -> None:
    with np.errstate(invalid="ignore"):
        sound = len(values) == stop - start and np.isnan(values[0]) and ((values[1:] <= 0) & np.isfinite(values[1:])).all()
    if not sound:
        raise ScoresError(f"items {start}..<{stop}: the engine answered what no log-probs are; the range is left to others")


class _Renewing:
    """Renews a claim as long as a range is worked at, on a thread; gives it back where the work fails."""

    def __init__(self, results: Results, stem: str) -> None:
        self._results, self._stem = results, stem
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="remit-claim", daemon=True)

    def _renew(self) -> None:
        while not self._ended.wait(self._results.lease / 4):
            try:
                self._results.renew(self._stem)
            except OSError:
                pass  # the next time; a claim that runs out costs a range scored twice, no more

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if kind is not None:
            self._results.release(self._stem)


__all__ = ["Ids", "Worker"]
