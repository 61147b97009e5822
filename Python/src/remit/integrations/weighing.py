"""What the trainers built on `transformers.Trainer` have in common."""

from __future__ import annotations

from typing import Any

import torch
from transformers import DataCollatorWithFlattening

from remit.integrations.collators import BASE, TEACHER
from remit.torch.documents import documents_of_positions
from remit.torch.weighting import TokenWeights, Weighting, count_tokens, moved


class Weighing:
    """A mixin before a `Trainer`: takes the weighting, keeps log-probs in the batches, counts N by it, and logs what it did.

    Args:
        weighting: a `remit.torch.Weighting`, or the name of one.

    The other arguments are the trainer's.

    Raises:
        ValueError: the trainer was asked for what would not be weighed, or not by this weighting.
    """

    def __init__(self, *arguments: Any, weighting: Weighting | str = "remit", **options: Any) -> None:
        self.weighting = Weighting.of(weighting)
        self._sums: dict[str, torch.Tensor] = {}
        super().__init__(*arguments, **options)
        if not self._is_stock:
            self._require_weighed()

    @property
    def _is_stock(self) -> bool:
        """Whether every weight is 1 whatever the teacher says."""
        return self.weighting.is_plain and self.weighting.unscored == "neutral"

    def _require_weighed(self) -> None:
        trainer: Any = self
        if trainer.label_smoother is not None or trainer.compute_loss_func is not None:
            other = "compute_loss_func" if trainer.label_smoother is None else "label_smoothing_factor"
            raise ValueError(f'{other}: tokens are weighted in the next-token loss alone: leave it out, or take weighting="ntp"')
        if self.weighting.normalizer != "tokens":
            raise ValueError(f"normalizer: expected tokens, the trainer's N, got {self.weighting.normalizer}")
        parallel = getattr(trainer.accelerator, "parallelism_config", None)
        if getattr(parallel, "sp_enabled", False) or getattr(parallel, "cp_enabled", False):
            raise ValueError(
                "sequence and context parallelism: a rank has parts of sequences, over which mu cannot be taken: leave it out, or take "
                'weighting="ntp"'
            )

    def _set_signature_columns_if_needed(self) -> None:
        """Keeps the log-probs where the trainer removes columns that the model does not take."""
        super()._set_signature_columns_if_needed()  # type: ignore[misc]
        kept: list[str] = self._signature_columns  # type: ignore[has-type]
        self._signature_columns = [*kept, *(name for name in (TEACHER, BASE) if name not in kept)]

    def _prepare_inputs(self, inputs: Any) -> Any:
        """As the trainer does it, but for log-probs, which stay f32: with DeepSpeed all floats of a batch become bf16, which has 8 bits."""
        kept = {name: inputs[name] for name in (TEACHER, BASE) if name in inputs}
        prepared = super()._prepare_inputs({name: value for name, value in inputs.items() if name not in kept})  # type: ignore[misc]
        return {**prepared, **{name: value.to(self.args.device) for name, value in kept.items()}}  # type: ignore[attr-defined]

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> Any:
        """N of the step: the trainer counts labels, which is right unless positions are dropped or not kept."""
        if self.weighting.name == "rho1" or self.weighting.unscored == "drop":
            batch_samples = [
                {**inputs, "shift_labels": torch.zeros(int(self._count(inputs)))} if "labels" in inputs else inputs
                for inputs in batch_samples
            ]
        return super()._get_num_items_in_batch(batch_samples, device)  # type: ignore[misc]

    def _count(self, inputs: Any) -> torch.Tensor:
        placed = self.placed(inputs)
        del placed["documents"]
        return count_tokens(placed.pop("labels"), placed.pop("teacher_logprobs"), weighting=self.weighting, **placed)

    def placed(self, inputs: Any) -> dict[str, Any]:
        """Labels, log-probs and numbers of a batch at the position that predicts, by the names that `weighted_loss` has for them.

        A batch with `shift_labels` has its labels there already, and nothing else: log-probs and `position_ids` are of the tokens in place.
        """
        labels = inputs["shift_labels"] if "shift_labels" in inputs else moved(inputs["labels"], -100, True)
        there = {
            "teacher_logprobs": (inputs.get(TEACHER), torch.nan), "base_logprobs": (inputs.get(BASE), torch.nan),
            "documents": (self.documents_of(inputs), 0), "sequences": (self.sequences_of(inputs), 0),
        }  # fmt: skip
        return {"labels": labels, **{name: None if one is None else moved(one, last, True) for name, (one, last) in there.items()}}

    def documents_of(self, inputs: Any) -> torch.Tensor:
        """Number of each position's document: a row is one, unless `position_ids` begin anew."""
        positions = inputs.get("position_ids")
        return torch.zeros_like(inputs["input_ids"]) if positions is None else documents_of_positions(positions)

    @property
    def _flattens(self) -> bool:
        """Whether the collator makes one row of a batch's examples; unless it is asked to, it says no lengths with it."""
        collator: Any = self.data_collator  # type: ignore[attr-defined]
        return isinstance(getattr(collator, "collator", collator), DataCollatorWithFlattening)

    def sequences_of(self, inputs: Any) -> torch.Tensor | None:
        """Number of each position's sequence in a padding-free batch, whose documents are its sequences; else None, rows are."""
        if "position_ids" not in inputs or not ("cu_seq_lens_q" in inputs or self._flattens):
            return None
        depends = self.weighting.name != "rho1" and not self.weighting.is_plain
        if depends and self.weighting.centering == "sequence":
            raise ValueError(
                "a padding-free batch is one row of many documents, in which a sequence is not defined: choose "
                'Weighting(centering="document")'
            )
        return self.documents_of(inputs)

    def note(self, weights: TokenWeights, plain_loss: torch.Tensor) -> None:
        """Adds a micro-batch to what the next line of the log says."""
        values = {
            "tokens": weights.tokens, "weight": weights.weights.sum(), "counted": weights.counted.sum(),
            "clipped_low": weights.clipped_low, "clipped_high": weights.clipped_high, "plain_loss": plain_loss,
        }  # fmt: skip
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, torch.zeros((), device=value.device)) + value.detach()

    def log(self, logs: dict[str, float], *arguments: Any, **options: Any) -> None:
        """Adds the mean weight and the shares that were clipped, of this rank since the last line."""
        if self._sums and "loss" in logs:
            counted = self._sums["counted"].clamp(min=1)
            logs["mean_weight"] = float(self._sums["weight"] / counted)
            logs["clipped_low_share"] = float(self._sums["clipped_low"] / counted)
            logs["clipped_high_share"] = float(self._sums["clipped_high"] / counted)
            self._sums = {}
        super().log(logs, *arguments, **options)  # type: ignore[misc]
