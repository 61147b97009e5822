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
    documents' first tokens must be -100 where rows are packed. What a mixture of experts adds to its loss for its routers
    (`output_router_logits`) is added here as it is there.

    Raises:
        ValueError: the trainer was given a loss of its own, which would not be used; a weighting with another divisor than its N; or
            ranks that share sequences.
    """

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:  # fmt: skip
        """The weighted loss while training. With weights that are all 1, and in evaluation, the trainer's own."""
        if not model.training or self._is_stock:
            plain = {name: value for name, value in inputs.items() if name not in (TEACHER, BASE)}
            return super().compute_loss(model, plain, return_outputs, num_items_in_batch)
        if num_items_in_batch is None:
            raise ValueError(
                "the trainer did not count the step's tokens (num_items_in_batch): its model takes no loss arguments, so that "
                "micro-batches would count alike whatever is in them"
            )
        placed = self.placed(inputs)
        given = {name: value for name, value in inputs.items() if name not in ("labels", "shift_labels", TEACHER, BASE)}
        outputs = model(**given)
        out = weighted_loss(outputs["logits"], **placed, weighting=self.weighting, num_items=num_items_in_batch)
        self.note(out.weights, out.plain_loss)
        loss = out.loss + self._router_loss(model, outputs)
        if self.args.average_tokens_across_devices:
            ranks = self.accelerator.num_processes // self.get_tp_size()
            loss = loss * (ranks if self.args.n_gpu <= 1 else self.args.n_gpu)
        return (loss, outputs) if return_outputs else loss

    def _router_loss(self, model: Any, outputs: Any) -> torch.Tensor | float:
        """What balances a mixture of experts, as its model adds it where it is given labels: once a micro-batch, divided by no N."""
        auxiliary = outputs.get("aux_loss") if isinstance(outputs, dict) else None
        if not isinstance(auxiliary, torch.Tensor):
            return 0.0
        unwrapped = self.accelerator.unwrap_model(model)
        for holder in (unwrapped, unwrapped.config, unwrapped.config.get_text_config()):
            for name in ("router_aux_loss_coef", "aux_loss_coef"):
                if (coefficient := getattr(holder, name, None)) is not None:
                    scaled: torch.Tensor = coefficient * auxiliary.to(outputs["logits"].device)
                    return scaled
        raise ValueError(
            f"{type(unwrapped).__name__} has a loss of its routers and no router_aux_loss_coef that says how much it counts: set it in the "
            "model's config, or output_router_logits to False"
        )
