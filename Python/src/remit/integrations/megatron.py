"""The weighted loss in Megatron-LM (megatron-core 0.16): a `GPTDataset` whose loss mask carries log-probs, and a loss function.

    class Provider: ...  BlendedMegatronDatasetBuilder(ScoredGPTDataset, ...)   in place of GPTDataset
    loss_func = functools.partial(loss_func, weighting=Weighting())             in place of pretrain_gpt's

Scores lie beside the .bin, by the unit `document`. Megatron cuts samples at any place of a document: where the student's context
is not the teacher's, there is no score, and the position is trained as without remit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from megatron.core.datasets.gpt_dataset import GPTDataset
from megatron.core.datasets.indexed_dataset import IndexedDataset

from remit.pins import Pins
from remit.scores import OtherUnit, Scores, ScoresError
from remit.scores.parallel import SUFFIX
from remit.torch.coding import decode_mask, encode_mask
from remit.torch.parallel import Parallel
from remit.torch.weighting import Weighting, token_weights


class _ScoredParts:
    """An indexed data set that remembers what was read of it, with the numbers of the same items."""

    def __init__(self, dataset: IndexedDataset, path: str, pins: Pins) -> None:
        self.dataset = dataset
        scores = Scores(path + ".bin" + SUFFIX, pins=pins)
        if scores.unit.kind != "document":
            raise OtherUnit(f"{scores.path}: scored by {scores.unit}; Megatron's samples are of documents")
        self.scores = Scores(path + ".bin" + SUFFIX, unit="document", tokens=scores.unit.tokens)
        if np.any(np.diff(np.asarray(dataset.index.document_indices)) > 1):
            raise OtherUnit(
                f"{path}.idx has documents of several sequences: the teacher saw a document whole, Megatron takes its samples of sequences"
            )
        #: Items of each sequence's start in the .bin.
        self.starts = np.asarray(dataset.index.sequence_pointers) // dataset.index.dtype_size
        items = int(np.asarray(dataset.index.sequence_lengths, dtype=np.int64).sum())
        if self.scores.items != items:
            raise ScoresError(f"{self.scores.path} has numbers for {self.scores.items} items, the .bin has {items}")
        self.parts: list[npt.NDArray[np.float32]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["dataset"], name)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __len__(self) -> int:
        return len(self.dataset)

    def get(self, idx: int, offset: int = 0, length: int | None = None) -> Any:
        """Ids of a part of a sequence."""
        ids = self.dataset.get(idx, offset=offset, length=length)
        start = int(self.starts[idx]) + offset
        values = self.scores.at(start, start + len(ids))
        # The teacher began anew at multiples of the unit's length, the student where the part begins.
        seen = self.scores.unit.tokens if offset % self.scores.unit.tokens == 0 else 0
        values[seen:] = np.nan
        values[:1] = np.nan
        self.parts.append(values)
        return ids


class ScoredGPTDataset(GPTDataset):  # type: ignore[misc]
    """A `GPTDataset` whose `loss_mask` is `remit.torch.encode_mask` of the labels' log-probs.

    Needs `reset_attention_mask` and `reset_position_ids`: without them a student sees across documents, and no teacher by document
    did. Whatever else reads the mask, such as a multi-token prediction, must decode it.
    """

    #: Fingerprints that the scores must have.
    pins: Pins = Pins()

    def __init__(self, indexed_dataset: Any, dataset_path: str, *arguments: Any, **options: Any) -> None:
        super().__init__(indexed_dataset, dataset_path, *arguments, **options)
        if not (self.config.reset_attention_mask and self.config.reset_position_ids):
            raise OtherUnit("reset_attention_mask and reset_position_ids: without them the student sees across documents, the teacher did not")
        self.dataset: Any = _ScoredParts(self.dataset, dataset_path, self.pins)

    def __getitem__(self, idx: int | None) -> dict[str, torch.Tensor]:
        self.dataset.parts = []
        out: dict[str, torch.Tensor] = super().__getitem__(idx)
        values = np.concatenate(self.dataset.parts)
        count = len(out["labels"])
        # Labels are the text from its second token on; padding behind it has none.
        teacher = np.full(count, np.nan, np.float32)
        there = values[1 : count + 1]
        teacher[: len(there)] = there
        out["loss_mask"] = encode_mask(torch.from_numpy(teacher), out["loss_mask"])
        return out


def loss_func(
    loss_mask: torch.Tensor, output_tensor: torch.Tensor, model: Any = None, *, weighting: Weighting | str = "remit",
    context: dist.ProcessGroup | None = None,
) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:  # fmt: skip
    """pretrain_gpt's loss function, weighted: the sum of the losses, the number of tokens that count, and what is reported.

    The schedule divides by the tokens of all micro-batches and ranks, which are counted positions and not the sum of the mask.

    Args:
        loss_mask: the codes that `ScoredGPTDataset` made. [b, s]
        output_tensor: losses of the labels. [b, s]
        context: the context-parallel group, over whose parts of a sequence mu is taken; None where there is one rank.

    Raises:
        ValueError: a weighting for which Megatron carries too little: the frozen base's log-probs, documents, a sum of the weights.
    """
    del model
    chosen = _defined(Weighting.of(weighting))
    losses = output_tensor.float().view(loss_mask.shape)
    teacher, labelled = decode_mask(loss_mask)
    weights = token_weights(-losses.detach(), teacher, labelled, weighting=chosen, parallel=Parallel(context=context))
    total = torch.sum(losses.reshape(-1) * weights.weights.reshape(-1))
    plain = torch.sum(losses.detach().reshape(-1) * weights.counted.reshape(-1))
    tokens = weights.tokens.to(torch.int)
    return total, tokens, {"lm loss": torch.stack([total.detach(), tokens.float()]), "plain lm loss": torch.stack([plain, tokens.float()])}


def _defined(weighting: Weighting) -> Weighting:
    """The weighting, where the mask's codes and Megatron's N are all that it needs."""
    if weighting.name == "remit-static" or weighting.normalizer != "tokens" or weighting.centering == "document":
        raise ValueError(
            f"expected a weighting against the student, centred by sequence and divided by tokens (Megatron's N), got {weighting}"
        )
    return weighting
