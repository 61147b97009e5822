"""The weighted loss in LLaMA-Factory's v1 trainer (0.9.5).

    trainer = RemitSFTTrainer(args=..., model=..., renderer=..., train_dataset=..., source=FromClient(client), weighting="remit")

Its `loss_weights` carry the log-probs (see `remit.torch.encode_mask`) from the renderer to the loss. Static weights need nothing of
this: they may stand in `loss_weights` as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from llamafactory.v1.trainers.sft_trainer import SFTTrainer

from remit.batch import Batch
from remit.integrations.collators import TEACHER, FromClient, FromScores, Source
from remit.torch.coding import decode_mask, encode_mask
from remit.torch.weighting import Weighting, token_weights

__all__ = ["FromClient", "FromScores", "RemitSFTTrainer", "ScoredRenderer"]


class ScoredRenderer:
    """A renderer whose samples have codes of the teacher's log-probs in `loss_weights`: one question for all samples of a batch.

    Args:
        longest: tokens of a sample that the teacher is asked for; the trainer's `cutoff_len`, behind which it cuts.
    """

    def __init__(self, renderer: Any, source: Source, longest: int) -> None:
        self.renderer, self.source, self.longest = renderer, source, longest

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["renderer"], name)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def process_samples(self, samples: Sequence[Any]) -> list[Any]:
        """Samples as the renderer makes them, with codes where they had weights. What had none has no label, and code 0."""
        rendered: list[Any] = self.renderer.process_samples(samples)
        batch = Batch.of([np.asarray(one["input_ids"][: self.longest]) for one in rendered])
        values = np.split(self.source(batch)[TEACHER], batch.sequence_starts[1:-1])
        for one, teacher in zip(rendered, values):
            weights = np.asarray(one["loss_weights"], np.float32)
            if ((weights > 1e-6) & (weights != 1)).any():
                raise ValueError("loss_weights of a sample are other than 0 and 1 before remit: expected none of the data set's own")
            padded = np.full(len(weights), np.nan, np.float32)
            padded[: len(teacher)] = teacher
            one["loss_weights"] = encode_mask(torch.from_numpy(padded), torch.from_numpy(weights)).tolist()
        return rendered


class RemitSFTTrainer(SFTTrainer):  # type: ignore[misc]
    """`SFTTrainer` with weighted tokens. Takes its arguments, by name, and these:

    Args:
        source: who is asked for log-probs.
        weighting: a `remit.torch.Weighting` by sequence, or the name of one. N is the trainer's own: all labels of the step.
    """

    def __init__(self, *, renderer: Any, args: Any, source: Source, weighting: Weighting | str = "remit", **options: Any) -> None:
        self.weighting = Weighting.of(weighting)
        if self.weighting.name not in ("remit", "ntp") or self.weighting.normalizer != "tokens" or self.weighting.unscored == "drop":
            raise ValueError(f"expected remit or ntp, divided by all labels (the trainer's N), got {self.weighting}")
        if self.weighting.centering == "document":
            raise ValueError("rows are documents here: centre by sequence")
        super().__init__(args=args, renderer=ScoredRenderer(renderer, source, args.cutoff_len), **options)

    def compute_loss(self, batch: Any) -> torch.Tensor:
        """The sum of w l over the labels of the micro-batch, divided by their number, as the trainer's sums expect it."""
        teacher, labelled = decode_mask(batch["loss_weights"].to(self.device)[..., 1:])
        losses = -self.compute_log_probs(self.model, batch)
        weights = token_weights(-losses.detach(), teacher, labelled, weighting=self.weighting)
        counted = torch.where(labelled, losses, torch.zeros_like(losses))
        count = (batch["labels"] != -100).sum().to(self.device)
        total: torch.Tensor = (counted.double() * weights.weights.double()).sum() / count
        return total.to(losses.dtype)
