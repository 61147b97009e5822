"""The weighted loss in `transformers.Trainer` (5.x).

    trainer = RemitTrainer(model=model, args=args, train_dataset=dataset,
                           data_collator=TeacherCollator(collator, FromClient(client)), weighting="remit")

N is the trainer's own `num_items_in_batch`: labels that count, of all micro-batches and ranks of the step. Evaluation is the plain
loss.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import Trainer

from remit.integrations.collators import BASE, TEACHER, FromClient, FromScores, TeacherCollator
from remit.integrations.weighing import Weighing
from remit.torch.loss import weighted_loss

__all__ = ["FromClient", "FromScores", "RemitTrainer", "TeacherCollator"]


class RemitTrainer(Weighing, Trainer):  # type: ignore[misc]
    """`Trainer` with weighted tokens. Takes its arguments, and `weighting`.

    Batches need `input_ids`, `labels` and `teacher_logprobs` (of remit-static `base_logprobs` too): see `TeacherCollator`. Labels at
    documents' first tokens must be -100 where rows are packed.
    """

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:  # fmt: skip
        """The weighted loss while training. With weights that are all 1, and in evaluation, the trainer's own."""
        inputs = dict(inputs)
        teacher, base = inputs.pop(TEACHER, None), inputs.pop(BASE, None)
        is_stock = self.weighting.is_plain and self.weighting.unscored == "neutral"
        if not model.training or is_stock:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        if num_items_in_batch is None:
            raise ValueError(
                "the trainer did not count the step's tokens (num_items_in_batch): its model takes no loss arguments, so that "
                "micro-batches would count alike whatever is in them"
            )
        sequences, documents = self.sequences_of(inputs), self.documents_of(inputs)
        labels, shifted = inputs.pop("labels"), inputs.pop("shift_labels", None)
        outputs = model(**inputs)
        out = weighted_loss(
            outputs["logits"], labels if shifted is None else shifted, teacher_logprobs=teacher, base_logprobs=base,
            weighting=self.weighting, documents=documents, sequences=sequences, shift=shifted is None,
            num_items=num_items_in_batch,
        )  # fmt: skip
        self.note(out.weights, out.plain_loss)
        loss = out.loss
        if self.args.average_tokens_across_devices:
            ranks = self.accelerator.num_processes // self.get_tp_size()
            loss = loss * (ranks if self.args.n_gpu <= 1 else self.args.n_gpu)
        return (loss, outputs) if return_outputs else loss
