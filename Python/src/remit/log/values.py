"""Lines of a step log as the numbers that a tracker shows. The names are those of remit-trainer's TensorBoard events."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

#: Names of the fields of a step's line; what is not here is shown under its own.
NAMES = {
    "loss": "loss/next_token", "weighted_loss": "loss/weighted", "z_loss": "loss/z", "kd_loss": "loss/kd", "learning_rate": "optimizer/learning_rate",
    "grad_norm": "optimizer/grad_norm", "mean_weight": "weights/mean", "clipped_low_share": "weights/clipped_low_share",
    "clipped_high_share": "weights/clipped_high_share", "up_weighted_share": "weights/above_one_share", "step_seconds": "speed/step_seconds",
    "wait_seconds": "speed/wait_seconds", "tokens_per_second": "speed/tokens_per_second", "tokens": "tokens/step",
    "scored_tokens": "tokens/scored", "held_out_loss": "loss/held_out", "held_out_tokens": "held_out/tokens",
}  # fmt: skip

#: Fields that mean another thing in the log of `reinforce`, which has no held-out text: its loss is the clipped policy loss.
_OF_REINFORCE = {"loss": "loss/policy"}


@dataclasses.dataclass(frozen=True)
class Point:
    """What one line says."""

    step: int
    #: Finite numbers by name.
    values: dict[str, float]
    #: Token weights of the step: the lowest, the highest, and how many lie in each of equal bins between them.
    weights: tuple[float, float, list[int]] | None = None


def point(line: Mapping[str, Any]) -> Point:
    """What a line says; fields that are no number are left out."""
    values: dict[str, float] = {}
    # Every line of reinforce has it, and no other: they have no `kind`.
    names = {**NAMES, **_OF_REINFORCE} if "uniform_share" in line else NAMES
    for name, value in line.items():
        if name in ("step", "kind"):
            continue
        if isinstance(value, (int, float)):
            values[names.get(name, name)] = float(value)
        elif name == "source_tokens" and isinstance(value, dict):
            values.update({f"tokens/{source}": float(count) for source, count in value.items()})
        elif name == "lengths" and isinstance(value, dict):
            values.update({f"lengths/{what}": float(tokens) for what, tokens in value.items()})
        elif name == "held_out_domains" and isinstance(value, list):
            values.update({f"held_out/{one['domain']}": float(one["loss"]) for one in value})
    histogram = line.get("weight_histogram")
    weights = None
    if isinstance(histogram, dict):
        weights = float(histogram["low"]), float(histogram["high"]), [int(count) for count in histogram["counts"]]
    return Point(int(line["step"]), {name: value for name, value in values.items() if math.isfinite(value)}, weights)
