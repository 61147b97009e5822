"""Batches of a data loader with the teacher's log-probs in them, whoever collates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from remit.batch import Batch, Bools, Floats, scatter
from remit.client import Client
from remit.scores import Scores

#: Names of the log-probs in a batch, and of columns of a data set with them.
TEACHER, BASE = "teacher_logprobs", "base_logprobs"

#: Log-probs of the tokens of a batch [N], under the names above.
Source = Callable[[Batch], Mapping[str, Floats]]


class FromClient:
    """Asks a remit-server, on the thread or in the worker that collates: with workers the asking is done ahead of the step.

    Args:
        base: also the log-probs of the base that the server holds, for remit-static.
    """

    def __init__(self, client: Client, *, base: bool = False) -> None:
        self.client = client
        self.base = base

    def __call__(self, batch: Batch) -> Mapping[str, Floats]:
        if not self.base:
            return {TEACHER: self.client.logprobs(batch).teacher_logprobs}
        answer = self.client.weights(batch, weighting="remit-static")
        if answer.student_logprobs is None:
            raise ValueError("the server holds no base: start it with --base")
        return {TEACHER: answer.teacher_logprobs, BASE: answer.student_logprobs}


class FromScores:
    """Looks documents up in side-cars by what their ids are.

    Args:
        base: a side-car of the frozen base, for remit-static.
    """

    def __init__(self, teacher: Scores, base: Scores | None = None) -> None:
        self.sources = {TEACHER: teacher, **({} if base is None else {BASE: base})}

    def __call__(self, batch: Batch) -> Mapping[str, Floats]:
        return {name: scores.row(batch.token_ids, batch.document_starts) for name, scores in self.sources.items()}


class TeacherCollator:
    """A collator that adds `teacher_logprobs` (and `base_logprobs`) in the layout of `input_ids`, NaN where there is none.

    They come from columns of the data set where it has them, else from `source`, which is asked for the ids of the batch. Documents
    begin at each row's first token, and where the collator's `position_ids` are 0: packed rows and padding-free batches are
    understood.

    Args:
        collator: any that gives `input_ids`, and `attention_mask` where it pads. A data set's columns of log-probs are kept from it.
        source: `FromClient`, `FromScores`, or a function of a `Batch`.
    """

    def __init__(self, collator: Callable[[list[Any]], Any], source: Source | None = None) -> None:
        self.collator = collator
        self.source = source

    def __call__(self, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        columns = {name: [one[name] for one in examples] for name in (TEACHER, BASE) if name in examples[0]}
        rest = [{key: value for key, value in one.items() if key not in columns} for one in examples]
        out: dict[str, Any] = dict(self.collator(rest))
        mask, positions = out.get("attention_mask"), out.get("position_ids")
        if positions is None and ("cu_seq_lens_q" in out or "seq_idx" in out):
            raise ValueError("the batch says where documents begin by cu_seq_lens_q or seq_idx alone: expected position_ids with them")
        batch, places = Batch.padded(
            _array(out["input_ids"]), None if mask is None else _array(mask),
            position_ids=None if positions is None else _array(positions),
        )  # fmt: skip
        if columns:
            values = {name: _joined(name, column, places) for name, column in columns.items()}
        elif self.source is not None:
            values = dict(self.source(batch))
        else:
            raise ValueError(f"expected a column {TEACHER} in the data set, or a source to ask; got neither")
        for name, one in values.items():
            out[name] = torch.from_numpy(scatter(one, places))
        return out


def _array(value: Any) -> np.ndarray[Any, Any]:
    return np.asarray(value.cpu() if hasattr(value, "cpu") else value)


def _joined(name: str, column: list[Any], places: Bools) -> Floats:
    values = np.concatenate([np.asarray(one, np.float32) for one in column])
    if len(values) != places.sum():
        raise ValueError(
            f"column {name} has {len(values)} log-probs for {places.sum()} tokens of the batch: were rows truncated, or padded without "
            f"an attention_mask?"
        )
    return values
