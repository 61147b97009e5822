"""The weighted loss in OLMo-core 3.0: scores beside the token files of a `NumpyFSLDataset`, and a train module that weighs.

    dataset = scored(dataset_config.build())                 # reads part-000.npy.scores where it reads part-000.npy
    loader = NumpyDataLoaderConfig(...).build(dataset, collator=ScoredCollator(pad_token_id=...))
    module = weighing(module_config.build(model), Weighting())

The unit is the chunk: windows of the file at multiples of the sequence length, attention across the documents in them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from olmo_core.data.collator import DataCollator, PaddingDirection
from olmo_core.data.numpy_dataset import NumpyFSLDataset
from olmo_core.data.utils import get_labels
from olmo_core.train.train_module.transformer.train_module import TransformerTrainModule

from remit.integrations.collators import TEACHER
from remit.pins import Pins
from remit.scores import Scores, ScoresError
from remit.scores.parallel import SUFFIX
from remit.torch.weighting import Weighting, moved, token_weights


class ScoredFSLDataset(NumpyFSLDataset):
    """A `NumpyFSLDataset` whose instances have `teacher_logprobs`. Make one with `scored`."""

    scores: list[Scores]

    def __getitem__(self, index: int) -> dict[str, Any]:
        out: dict[str, Any] = super().__getitem__(index)
        at = int(index) if index >= 0 else len(self) + int(index)
        for scores, (first, end) in zip(self.scores, self.offsets):
            if first <= at < end:
                start = (at - first) * self.sequence_length
                out[TEACHER] = torch.from_numpy(scores.at(start, start + self.sequence_length))
        return out


def scored(
    dataset: NumpyFSLDataset, *, pins: Pins = Pins(), path: Callable[[str], str] = lambda tokens: tokens + SUFFIX
) -> ScoredFSLDataset:
    """The data set with the numbers beside its token files.

    Args:
        pins: fingerprints that the scores must have.
        path: the scores of a token file; by default beside it.

    Raises:
        OtherUnit: the scores are of another unit than chunks of the data set's sequence length.
        ScoresError: they are not as long as the token file, or the data set makes documents of its chunks: its student's context
            then begins anew inside a chunk, and no unit of remit's is cut like that.
    """
    if type(dataset) is not NumpyFSLDataset:
        raise ScoresError(f"expected a NumpyFSLDataset, which feeds fixed chunks of its files, got {type(dataset).__name__}")
    if getattr(dataset, "_generate_doc_lengths", False):
        raise ScoresError(
            "generate_doc_lengths: documents are cut at the borders of chunks, and the student's attention with them; no unit that a "
            "teacher scored by is cut there"
        )
    out: ScoredFSLDataset = object.__new__(ScoredFSLDataset)
    out.__dict__.update(dataset.__dict__)
    out.scores = []
    item_size = dataset.dtype(0).itemsize
    for name, size in zip(dataset.paths, dataset.file_sizes):
        scores = Scores(path(os.fspath(name)), unit="chunk", tokens=dataset.sequence_length, pins=pins)
        if scores.items != size // item_size:
            raise ScoresError(f"{scores.path} has numbers for {scores.items} items, {name} has {size // item_size}")
        out.scores.append(scores)
    return out


class ScoredCollator(DataCollator):
    """The default collator, which keeps the log-probs (it keeps no key that it does not know, and casts masks to bool)."""

    def __call__(self, items: Sequence[Any]) -> dict[str, Any]:
        out: dict[str, Any] = super().__call__(items)
        if isinstance(items[0], dict) and TEACHER in items[0]:
            width, rows = out["input_ids"].shape[1], []
            for one in items:
                values = torch.as_tensor(one[TEACHER], dtype=torch.float32)
                missing = width - len(values)
                sides = (missing, 0) if self.pad_direction == PaddingDirection.left else (0, missing)
                rows.append(torch.nn.functional.pad(values, sides, value=torch.nan))
            out[TEACHER] = torch.stack(rows)
        return out


class RemitTrainModule(TransformerTrainModule):
    """A `TransformerTrainModule` that weighs tokens. Make one with `weighing`.

    N is the module's own: the labels of this rank's batch, instances that are masked counted as full, as it counts them. Labels that
    masks and filters take away are neither in N (but for that) nor in mu. A z-loss is weighted with its token, since the head gives
    one sum a token.
    """

    weighting: Weighting

    def train_batch(self, batch: dict[str, Any], dry_run: bool = False) -> None:
        """As the module does it. Positions without a score lose their label where the weighting drops them."""
        if "labels" not in batch:
            batch["labels"] = get_labels(batch, label_ignore_index=self.label_ignore_index)
        if TEACHER in batch:
            # The module's labels are shifted already; so are the log-probs from here on.
            batch[TEACHER] = moved(batch[TEACHER], torch.nan, True)
            if self.weighting.unscored == "drop":
                batch["labels"] = batch["labels"].masked_fill(batch[TEACHER].isnan(), self.label_ignore_index)
        super().train_batch(batch, dry_run)

    def model_forward(self, input_ids: torch.Tensor, labels: torch.Tensor | None = None, **options: Any) -> Any:
        """The forward of a micro-batch; while training, the loss is the weighted one."""
        teacher = options.pop(TEACHER, None)
        if options.get("loss_reduction") != "sum" or labels is None or self.weighting.is_plain:
            return super().model_forward(input_ids, labels, **options)
        if teacher is None:
            raise ScoresError(f"the batch has no {TEACHER}: make data set and collator with scored and ScoredCollator")
        count = options["loss_div_factor"]
        out: Any = super().model_forward(input_ids, labels, **{**options, "loss_reduction": "none"})
        labels = labels.to(out.loss.device)
        weights = token_weights(
            -out.ce_loss.detach() * count, teacher.to(out.loss.device), labels != self.label_ignore_index, weighting=self.weighting
        ).weights.double()
        total, plain = ((weights * values.double()).sum().to(values.dtype) for values in (out.loss, out.ce_loss))
        z_loss = None if out.z_loss is None else (weights * out.z_loss.double()).sum().to(out.z_loss.dtype)
        return type(out)(out.logits, total, plain, z_loss)


def weighing(module: TransformerTrainModule, weighting: Weighting | str = "remit") -> RemitTrainModule:
    """The module itself, which weighs tokens from here on.

    Raises:
        ValueError: a weighting whose N or groups the module does not have (rho1, remit-static, normalizer weights, centring by
            document), a kind of module that computes its loss elsewhere, tensor or context parallelism.
    """
    chosen = Weighting.of(weighting)
    if type(module) is not TransformerTrainModule:
        raise ValueError(f"expected a TransformerTrainModule, got {type(module).__name__}")
    if chosen.name not in ("remit", "ntp") or chosen.normalizer != "tokens" or chosen.centering != "sequence":
        raise ValueError(f"expected remit or ntp, centred by sequence (the chunk) and divided by tokens, got {chosen}")
    if module.tp_enabled or module.cp_enabled:
        raise ValueError("tensor and context parallelism: the head's losses are parts of sequences, over which mu is not summed here")
    weighed: Any = module
    weighed.__class__ = RemitTrainModule
    weighed.weighting = chosen
    return cast(RemitTrainModule, weighed)
