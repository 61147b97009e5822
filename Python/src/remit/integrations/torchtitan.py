"""The weighted loss in torchtitan (0.3): a loss of its own, and what brings log-probs to it.

    class RemitTrainer(TeacherBatches, Trainer): ...
    config = Trainer.Config(..., loss=RemitLoss.Config(weighting=Weighting()))

The data loader's dictionaries have `teacher_logprobs` [b, s] beside `input`, of the labels, NaN where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch.distributed.tensor import DTensor
from torchtitan.components.loss import IGNORE_INDEX, BaseLoss

from remit.integrations.collators import TEACHER
from remit.torch.loss import weighted_loss
from remit.torch.weighting import Weighting


class RemitLoss(BaseLoss):  # type: ignore[misc]
    """The weighted sum over logits, divided by torchtitan's own N: the labels of the step on all ranks.

    Not for `ChunkedLossWrapper`, which goes backward chunk by chunk before mu is known. With logits that are parts of the vocabulary
    (loss parallel) or sequences that are parts of others (context parallel) it is refused.
    """

    @dataclass(kw_only=True, slots=True)
    class Config(BaseLoss.Config):  # type: ignore[misc]
        """A weighting by sequence (a row) that is divided by all labels."""

        weighting: Weighting = field(default_factory=Weighting)

    def __init__(self, config: Config, *, compile_config: Any = None) -> None:
        weighting = config.weighting
        if weighting.name not in ("remit", "ntp") or weighting.normalizer != "tokens" or weighting.unscored == "drop":
            raise ValueError(f"expected remit or ntp, divided by all labels (torchtitan's N), got {weighting}")
        if weighting.centering == "document":
            raise ValueError("centring by document: torchtitan's loss is told rows only")
        del compile_config  # the weights wait for the device, so that there is nothing to compile
        self.weighting = weighting
        #: Log-probs of the next micro-batch's labels, which the next call takes.
        self.teacher_logprobs: torch.Tensor | None = None

    def __call__(
        self, pred: torch.Tensor, labels: torch.Tensor, global_valid_tokens: torch.Tensor | None = None, **inputs: Any
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The scaled loss and metrics. In validation, which has no gradient, the plain loss."""
        del inputs
        teacher, self.teacher_logprobs = self.teacher_logprobs, None
        if isinstance(pred, DTensor) or isinstance(labels, DTensor):
            raise ValueError("logits or labels are parts of a tensor: turn loss parallel and context parallel off")
        training = pred.requires_grad
        if teacher is None and training and not self.weighting.is_plain:
            raise ValueError(f"the batch had no {TEACHER}: does the trainer have TeacherBatches before Trainer?")
        weighting = self.weighting if training else Weighting("ntp")
        out = weighted_loss(
            pred, labels, teacher_logprobs=None if teacher is None else teacher.to(pred.device), weighting=weighting,
            ignore_index=IGNORE_INDEX, num_items=1 if global_valid_tokens is None else global_valid_tokens,
        )  # fmt: skip
        counted = out.weights.counted.sum().clamp(min=1)
        return out.loss, {"remit/mean_weight": out.weights.weights.sum() / counted} if training else {}


class TeacherBatches:
    """A mixin before torchtitan's `Trainer`: log-probs go to the loss, not to the model. Not for pipeline parallelism."""

    loss_fn: Any

    def post_dataloading_process(self, input_dict: dict[str, torch.Tensor], labels: torch.Tensor) -> Any:
        """Takes the log-probs out of the batch, and gives the rest on."""
        if TEACHER in input_dict:
            if getattr(getattr(self, "parallel_dims", None), "pp_enabled", False):
                raise ValueError("pipeline parallelism: several micro-batches are under way, and log-probs are of one")
            input_dict = dict(input_dict)
            self.loss_fn.teacher_logprobs = input_dict.pop(TEACHER)
        return super().post_dataloading_process(input_dict, labels)  # type: ignore[misc]
