"""The weighted loss in TRL's `SFTTrainer` (1.16 and later 1.x): padded, packed and padding-free.

    trainer = RemitSFTTrainer(model=model, args=SFTConfig(packing=True, ...), train_dataset=dataset,
                              source=FromClient(client), weighting=Weighting(centering="document"))

The trainer's fused head gives a log-prob a token; it is multiplied by the token's weight before the trainer sums it. Whatever else the
trainer does with a batch (its metrics, N, the scale over ranks, a mixture of experts' own loss) it does.
"""

from __future__ import annotations

from typing import Any

import torch
from trl import SFTTrainer

from remit.integrations.collators import BASE, TEACHER, FromClient, FromScores, Source, TeacherCollator
from remit.integrations.weighing import Weighing
from remit.torch.weighting import moved, token_weights

__all__ = ["FromClient", "FromScores", "RemitSFTTrainer", "TeacherCollator"]


class RemitSFTTrainer(Weighing, SFTTrainer):  # type: ignore[misc]
    """`SFTTrainer` with weighted tokens. Takes its arguments, and these:

    Args:
        weighting: a `remit.torch.Weighting`, or its name. Packed and padding-free batches are one row: `centering="document"`.
        source: who is asked for log-probs (see `TeacherCollator`). Packing keeps no column but ids and labels, so that a column of
            log-probs serves unpacked data only.

    Raises:
        ValueError: the trainer was given another loss or label smoothing, which would not be weighed; a weighting with another divisor
            than its N; or ranks that share sequences.
    """

    def __init__(self, *arguments: Any, source: Source | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.args.loss_type != "nll":
            raise ValueError(f'loss_type: expected "nll", which is weighted, got {self.args.loss_type!r}')
        self.data_collator: Any = TeacherCollator(self.data_collator, source)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:  # fmt: skip
        """The trainer's own loss, of log-probs that are multiplied by their weights while training; untouched where these are all 1."""
        teacher, base = inputs.pop(TEACHER, None), inputs.pop(BASE, None)
        if not model.training or self._is_stock:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        if num_items_in_batch is None:
            raise ValueError("the trainer did not count the step's tokens (num_items_in_batch)")
        sequences, documents = self.sequences_of(inputs), self.documents_of(inputs)

        def weighted(**given: Any) -> Any:
            outputs = model(**given)
            if not given.get("fused_lm_head"):
                return outputs

            def placed(values: torch.Tensor | None, last: float) -> torch.Tensor | None:
                """At the position that predicts, as wide as the fused head's answer, which lacks the last one unless labels were moved."""
                return None if values is None else moved(values, last, True)[..., : outputs.log_probs.shape[-1]]

            weights = token_weights(
                placed(base, torch.nan) if self.weighting.name == "remit-static" else outputs.log_probs.detach(),
                placed(teacher, torch.nan), outputs.label_mask.bool(), weighting=self.weighting,
                documents=placed(documents, 0), sequences=placed(sequences, 0),
            )  # fmt: skip
            self.note(weights, -outputs.log_probs.detach().sum() / num_items_in_batch)
            outputs.log_probs = outputs.log_probs * weights.weights
            return outputs

        return super().compute_loss(weighted, inputs, return_outputs, num_items_in_batch)
