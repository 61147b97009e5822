"""A weighting of one's own for remit-trainer: a program for its `--weighting program='python3 w.py'`.

    import numpy as np
    import remit.weigh

    def rule(sequence):
        return np.where(sequence.teacher_logprobs > sequence.student_logprobs, 1.2, 0.8)

    remit.weigh.serve(rule)

It is asked in lines of JSON on its standard input and answers in lines on its standard output; what it prints itself goes to its
standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sequence:
    """The tokens of a training window, T of them, at one step."""

    #: Natural log-probs under the student at this step, NaN at each document's first token. float32 [T]
    student_logprobs: Floats
    #: Under the teacher, likewise; None in a run without one. float32 [T]
    teacher_logprobs: Floats | None
    #: Entropy of the teacher's distribution that predicts each token, in nats, likewise; None unless `serve` was told to ask. float32 [T]
    teacher_entropy: Floats | None
    #: Tokens whose loss counts; the weights of the others are not read. bool [T]
    scored: npt.NDArray[np.bool_]
    #: Where each document begins. int64 [documents]
    document_starts: npt.NDArray[np.int64]


Rule = Callable[[Sequence], npt.ArrayLike]


def serve(rule: Rule, asked: Iterable[str] | None = None, out: TextIO | None = None, *, entropy: bool = False) -> None:
    """Answers with the weights of a rule until there are no more requests.

    Args:
        rule: from a sequence to a weight for each of its tokens: finite, 0 or more.
        asked, out: the lines of requests, and where the answers go; by default the standard streams.
        entropy: whether the rule reads `teacher_entropy`. The run then needs a teacher behind remit-server, no files of log-probs.

    Raises:
        ValueError: a request is none, or the rule gives not a weight for each token.
    """
    if out is None:
        out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin if asked is None else asked:
        answer: dict[str, Any] = {"weights": [_weights(rule, fields) for fields in json.loads(line)["sequences"]]}
        if entropy:
            answer["needs"] = ["teacher_entropy"]
        out.write(json.dumps(answer) + "\n")
        out.flush()


def _weights(rule: Rule, fields: dict[str, Any]) -> list[float]:
    def floats(name: str) -> Floats | None:
        return None if fields.get(name) is None else np.array(fields[name], np.float32)

    sequence = Sequence(
        student_logprobs=np.array(fields["student_logprobs"], np.float32), teacher_logprobs=floats("teacher_logprobs"),
        teacher_entropy=floats("teacher_entropy"),
        scored=np.array(fields["scored"], np.bool_), document_starts=np.array(fields["document_starts"], np.int64),
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        given = np.asarray(rule(sequence), np.float64)
    if given.shape != sequence.scored.shape:
        raise ValueError(f"the rule gave weights of shape {given.shape}, expected {sequence.scored.shape}, one a token")
    weights = np.where(sequence.scored, given, 0)
    sound = np.isfinite(weights) & (weights >= 0)
    if not sound.all():
        at = int(np.argmin(sound))
        raise ValueError(f"the rule gave token {at} the weight {weights[at]}, expected a finite number of 0 or more")
    return [float(weight) for weight in weights]
