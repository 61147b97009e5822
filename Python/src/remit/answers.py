"""What calls return. Letters as in `remit.batch`: N tokens, B sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from remit.batch import Floats, Ints
from remit.pins import Pins


@dataclass(frozen=True)
class Timing:
    """Where an answer's numbers came from, and how long that took; sums over the requests that a call was split into."""

    #: Tokens scored for this call.
    scored_tokens: int = 0
    #: Tokens whose log-probs were in the server's memory.
    cached_tokens: int = 0
    #: Tokens whose log-probs came from the server's store.
    stored_tokens: int = 0
    #: Milliseconds spent waiting for the engine.
    queue_ms: float = 0.0
    #: Milliseconds from the first batch to the last.
    inference_ms: float = 0.0
    #: Milliseconds from the request's last byte to the answer.
    total_ms: float = 0.0

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Timing:
        """The timing that an answer's headers state, 0 where one does not."""
        names = ["X-Scored-Tokens", "X-Cached-Tokens", "X-Stored-Tokens", "X-Queue-Time", "X-Inference-Time", "X-Total-Time"]
        values = [_number(headers.get(name)) for name in names]
        return cls(*(int(value) for value in values[:3]), *values[3:])

    def __add__(self, other: Timing) -> Timing:
        return Timing(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True)
class LogProbs:
    """The teacher's log-probs of a batch."""

    #: Name of the teacher.
    model: str
    #: Its three fingerprints.
    pins: Pins
    #: As in the request. [B + 1]
    sequence_starts: Ints
    #: Natural log-probs at temperature 1; NaN at each document's first token. [N]
    teacher_logprobs: Floats
    #: Ids of the texts that were posted; None where ids were. [N]
    token_ids: npt.NDArray[np.int32] | None
    #: With `top_k`: the likeliest ids at each position, -1 at documents' first tokens. [N, k]
    topk_token_ids: npt.NDArray[np.int32] | None
    #: Their log-probs, NaN there. [N, k]
    topk_logprobs: Floats | None
    #: With `entropy`: that of the teacher's whole distribution at each position, in nats; NaN there. [N]
    teacher_entropy: Floats | None
    #: With `temperatures`: the log-sum-exp of all of the teacher's log-probs divided by each, NaN there. [temperatures, N]
    logsumexp: Floats | None
    #: With `temperatures`: the entropy at each, in nats; NaN there. [temperatures, N]
    tempered_entropy: Floats | None
    timing: Timing

    def split(self, values: npt.NDArray[Any] | None = None) -> list[npt.NDArray[Any]]:
        """`values` [N] (the teacher's log-probs by default), sequence by sequence."""
        values = self.teacher_logprobs if values is None else values
        return np.split(values, self.sequence_starts[1:-1])


@dataclass(frozen=True)
class Weights(LogProbs):
    """Token weights of a batch, with the log-probs they come from."""

    #: Factors of the tokens' losses; 0 at unscored positions. [N]
    weights: Floats
    #: The base's log-probs where the server made them; None where the request had the student's, or none was needed. [N]
    student_logprobs: Floats | None
    #: Scored positions. [B]
    scored_tokens: Ints
    #: Scored positions whose weight was below 1 - epsilon before the clip. [B]
    clipped_low: Ints
    #: Scored positions whose weight was above 1 + epsilon before the clip. [B]
    clipped_high: Ints
    #: Mean weight over the scored positions; NaN where nothing is scored. [B]
    mean_weight: Floats
    weighting: str
    epsilon: float
    centering: str
    #: Of rho1 only.
    keep_fraction: float | None
    #: Scores fingerprint of the base, where it made the student's log-probs.
    base_scores_fingerprint: str | None


@dataclass(frozen=True)
class Tokens:
    """A text's tokens under the teacher's tokenizer."""

    tokenizer_fingerprint: str
    #: [T]
    token_ids: npt.NDArray[np.int32]
    #: The ids' surfaces.
    tokens: list[str]
    #: Spans in UTF-8 bytes of the text; special tokens [0, 0]. [T, 2]
    offsets: Ints


@dataclass(frozen=True)
class Limits:
    """What one request may have."""

    max_body_bytes: int
    max_inputs: int
    max_request_tokens: int
    max_sequence_tokens: int
    max_batch_tokens: int
    max_queued_tokens: int
    max_top_k: int


@dataclass(frozen=True)
class Info:
    """What one server says of itself."""

    #: Address of the server.
    url: str
    version: str
    #: Name of the default teacher.
    model: str
    #: The default teacher's fingerprints.
    pins: Pins
    precision: str
    limits: Limits
    #: Of the default teacher, as measured; None before the first measurement.
    tokens_per_second: float | None
    #: All that was answered, as `InfoResponse` of the contract has it.
    members: dict[str, Any]

    @classmethod
    def of(cls, url: str, members: dict[str, Any]) -> Info:
        """Reads an answer. Raises KeyError, TypeError or ValueError where it is none."""
        limits = members["limits"]
        rate = members["tokens_per_second"]
        return cls(
            url, str(members["version"]), str(members["model"]), Pins.of(members), str(members["precision"]),
            Limits(*(int(limits[field.name]) for field in fields(Limits))), None if rate is None else float(rate), members,
        )  # fmt: skip


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
