"""The weighted next-token loss: from logits, from hidden states and the head, or from losses that a trainer has already.

Shapes: B rows, T positions, V vocabulary, D width. Labels, log-probs and document numbers have one shape, [T] or [B, T].
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy

from remit.torch.head import head_losses
from remit.torch.parallel import Parallel, summed
from remit.torch.weighting import TokenWeights, Weighting, moved, token_weights


@dataclass(frozen=True)
class WeightedLoss:
    """A loss, and what it was made of. Only `loss` has a gradient."""

    #: To call backward on: this rank's part (see `Parallel`), the z-loss included. Scalar.
    loss: torch.Tensor
    #: The loss with every weight 1, over the same N. Scalar.
    plain_loss: torch.Tensor
    #: What the squared log Z contributes to `loss`. Scalar.
    z_loss: torch.Tensor
    #: Weights with what they count; where labels were shifted, at the position that predicts. Shape of the labels.
    weights: TokenWeights
    #: Log-probs of the labels under the student; None where every weight is 1 and the stock loss was taken.
    logprobs: torch.Tensor | None
    #: What the loss was divided by. Scalar.
    divisor: torch.Tensor


def weighted_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    *,
    teacher_logprobs: torch.Tensor | None = None,
    teacher_entropy: torch.Tensor | None = None,
    base_logprobs: torch.Tensor | None = None,
    weighting: Weighting | str = Weighting(),
    documents: torch.Tensor | None = None,
    sequences: torch.Tensor | None = None,
    shift: bool = False,
    ignore_index: int = -100,
    num_items: int | torch.Tensor | None = None,
    z_loss_weight: float = 0.0,
    parallel: Parallel = Parallel(),
) -> WeightedLoss:
    """The weighted loss of logits.

    Where every weight is 1 (ntp, or epsilon 0) it is the stock trainer's `cross_entropy(logits.float(), labels, reduction="sum") / N`
    (`"mean"` where N is not given), with that one's bits and gradient.

    Args:
        logits: at the position that predicts the label. [..., T, V]
        labels: token ids, or `ignore_index`. [..., T]
        teacher_logprobs: of the labels, NaN where there is none. [..., T]
        teacher_entropy: for a rule of one's own, see `token_weights`. [..., T]
        base_logprobs: of the frozen base, for remit-static. [..., T]
        weighting: a `Weighting`, or the name of one with the usual options.
        documents, sequences: see `token_weights`. [..., T]
        shift: labels, log-probs and numbers are those of the tokens in place (`labels = input_ids`, as transformers has them), and
            are moved here to the position that predicts them.
        num_items: N, where the step has more than this batch: positions that count (`count_tokens`) of all micro-batches and
            ranks. By default those of this batch, summed over `parallel.tokens`.
        z_loss_weight: factor of the mean squared log Z beside the loss, over the positions of weight above 0.

    Raises:
        ValueError: log-probs are missing, impossible, or of another shape.
    """
    weighting = Weighting.of(weighting)
    labels, (teacher_logprobs, teacher_entropy, base_logprobs), (documents, sequences) = _moved(
        labels, (teacher_logprobs, teacher_entropy, base_logprobs), (documents, sequences), shift, ignore_index
    )
    wide = logits.float() if logits.dtype != torch.float64 else logits
    rows = wide.reshape(-1, wide.shape[-1])
    if weighting.is_plain and z_loss_weight == 0:
        base = base_logprobs if weighting.name == "remit-static" else None
        tokens = token_weights(base, teacher_logprobs, labels != ignore_index, weighting=weighting)
        targets = _targets(labels, tokens.counted, ignore_index).reshape(-1)
        return _stock(rows, targets, tokens, ignore_index, num_items, parallel)
    labelled = labels != ignore_index
    if weighting.unscored == "drop" and teacher_logprobs is not None:
        labelled = labelled & ~teacher_logprobs.isnan()
    targets = _targets(labels, labelled, ignore_index)
    losses = cross_entropy(rows, targets.reshape(-1), reduction="none", ignore_index=ignore_index).view(labels.shape)
    log_z = torch.logsumexp(rows, -1).view(labels.shape) if z_loss_weight else None
    return _weighted(
        losses, log_z, labelled, teacher_logprobs, base_logprobs, weighting=weighting,
        teacher_entropy=teacher_entropy, documents=documents, sequences=sequences, num_items=num_items,
        z_loss_weight=z_loss_weight, parallel=parallel,
    )  # fmt: skip


def weighted_head_loss(
    hidden: torch.Tensor,
    head: torch.Tensor,
    labels: torch.Tensor,
    *,
    teacher_logprobs: torch.Tensor | None = None,
    teacher_entropy: torch.Tensor | None = None,
    base_logprobs: torch.Tensor | None = None,
    weighting: Weighting | str = Weighting(),
    documents: torch.Tensor | None = None,
    sequences: torch.Tensor | None = None,
    shift: bool = False,
    ignore_index: int = -100,
    num_items: int | torch.Tensor | None = None,
    z_loss_weight: float = 0.0,
    parallel: Parallel = Parallel(),
    bias: torch.Tensor | None = None,
    softcap: float | None = None,
    block: int | None = None,
) -> WeightedLoss:
    """The weighted loss of hidden states and the head, chunked over the vocabulary (see `head_losses`): no [T, V] is built.

    Where every weight is 1 the loss is the plain one of the same arithmetic; the stock trainer's logits are summed in another order.

    Args:
        hidden: [..., T, D].
        head: [V, D].
        bias, softcap, block: see `head_losses`.

    The other arguments are those of `weighted_loss`.
    """
    weighting = Weighting.of(weighting)
    labels, (teacher_logprobs, teacher_entropy, base_logprobs), (documents, sequences) = _moved(
        labels, (teacher_logprobs, teacher_entropy, base_logprobs), (documents, sequences), shift, ignore_index
    )
    labelled = labels != ignore_index
    if weighting.unscored == "drop" and teacher_logprobs is not None:
        labelled = labelled & ~teacher_logprobs.isnan()
    targets = _targets(labels, labelled, ignore_index)
    losses, log_z = head_losses(
        hidden, head, targets, bias=bias, softcap=softcap, ignore_index=ignore_index, block=block
    )
    return _weighted(
        losses, log_z if z_loss_weight else None, labelled, teacher_logprobs, base_logprobs, weighting=weighting,
        teacher_entropy=teacher_entropy, documents=documents, sequences=sequences, num_items=num_items,
        z_loss_weight=z_loss_weight, parallel=parallel,
    )  # fmt: skip


def weighted_mean(
    losses: torch.Tensor,
    labelled: torch.Tensor,
    *,
    teacher_logprobs: torch.Tensor | None = None,
    teacher_entropy: torch.Tensor | None = None,
    base_logprobs: torch.Tensor | None = None,
    weighting: Weighting | str = Weighting(),
    documents: torch.Tensor | None = None,
    sequences: torch.Tensor | None = None,
    num_items: int | torch.Tensor | None = None,
    log_z: torch.Tensor | None = None,
    z_loss_weight: float = 0.0,
    parallel: Parallel = Parallel(),
) -> WeightedLoss:
    """The weighted mean of losses that a trainer has already, such as those of a vocabulary-parallel or fused head.

    Args:
        losses: -log p of each label under the student, with its gradient. [..., T]
        labelled: positions that have a label; what stands elsewhere in `losses` is not read.
        log_z: log Z of each position, for the z-loss.

    The other arguments are those of `weighted_loss`.
    """
    weighting = Weighting.of(weighting)
    return _weighted(
        losses, log_z, labelled != 0, teacher_logprobs, base_logprobs, weighting=weighting,
        teacher_entropy=teacher_entropy, documents=documents, sequences=sequences, num_items=num_items,
        z_loss_weight=z_loss_weight, parallel=parallel,
    )  # fmt: skip


# MARK: -


def _moved(
    labels: torch.Tensor, logprobs: tuple[torch.Tensor | None, ...], numbers: tuple[torch.Tensor | None, ...], shift: bool,
    ignore_index: int,
) -> tuple[torch.Tensor, list[torch.Tensor | None], list[torch.Tensor | None]]:  # fmt: skip
    """Labels, what there is of teacher and base, and document and sequence numbers, at the positions that predict."""
    return (
        moved(labels, ignore_index, shift),
        [None if one is None else moved(one, torch.nan, shift) for one in logprobs],
        [None if one is None else moved(one, 0, shift) for one in numbers],
    )


def _targets(labels: torch.Tensor, counted: torch.Tensor, ignore_index: int) -> torch.Tensor:
    return torch.where(counted, labels, torch.full_like(labels, ignore_index))


def _stock(
    rows: torch.Tensor, targets: torch.Tensor, tokens: TokenWeights, ignore_index: int, num_items: int | torch.Tensor | None,
    parallel: Parallel,
) -> WeightedLoss:  # fmt: skip
    """The loss as trainers have it, by the same calls, so that it has the same bits."""
    if num_items is None and parallel.tokens is None:
        divisor = _above_zero(tokens.tokens)
        loss = cross_entropy(rows, targets, reduction="mean", ignore_index=ignore_index)
    else:
        divisor = _divisor(tokens.tokens, num_items, parallel)
        loss = _scaled(cross_entropy(rows, targets, reduction="sum", ignore_index=ignore_index) / divisor, parallel)
    zero = torch.zeros((), device=rows.device)
    return WeightedLoss(loss, loss.detach(), zero, tokens, None, divisor)


def _weighted(
    losses: torch.Tensor, log_z: torch.Tensor | None, labelled: torch.Tensor, teacher: torch.Tensor | None,
    base: torch.Tensor | None, *, weighting: Weighting, teacher_entropy: torch.Tensor | None, documents: torch.Tensor | None,
    sequences: torch.Tensor | None, num_items: int | torch.Tensor | None, z_loss_weight: float, parallel: Parallel,
) -> WeightedLoss:  # fmt: skip
    """Sums in f64; the gradient of a loss is w / N, rounded once."""
    logprobs = -losses.detach()
    compared = base if weighting.name == "remit-static" else logprobs
    tokens = token_weights(
        compared, teacher, labelled, weighting=weighting, teacher_entropy=teacher_entropy, documents=documents,
        sequences=sequences, parallel=parallel,
    )  # fmt: skip
    zero = torch.zeros((), dtype=losses.dtype, device=losses.device)
    wide = torch.float32 if losses.device.type == "mps" else torch.float64
    counted = torch.where(tokens.counted, losses, zero).to(wide)
    weights = tokens.weights.to(wide)
    if weighting.normalizer == "weights":
        if num_items is not None:
            raise ValueError(
                "normalizer weights: the sum of a step's weights is known behind its last forward only. Sum gradients with normalizer "
                "tokens, and scale them by num_items / the sum of all weights.weights.sum()"
            )
        divisor = _above_zero(summed(weights.sum(), parallel.tokens))
    else:
        divisor = _divisor(tokens.tokens, num_items, parallel)
    loss = (weights * counted).sum() / divisor
    z_loss = torch.zeros_like(loss)
    if z_loss_weight and log_z is not None:
        z_loss = z_loss_weight * torch.where(tokens.weights > 0, log_z, zero).to(wide).square().sum() / divisor
    plain = counted.detach().sum() / divisor
    loss, z_loss, plain = (
        _scaled(value, parallel).to(losses.dtype) for value in (loss + z_loss, z_loss.detach(), plain)
    )
    return WeightedLoss(loss, plain, z_loss, tokens, logprobs, divisor)


def _divisor(tokens: torch.Tensor, num_items: int | torch.Tensor | None, parallel: Parallel) -> torch.Tensor:
    divisor = summed(tokens, parallel.tokens) if num_items is None else torch.as_tensor(num_items, device=tokens.device)
    return _above_zero(divisor)


def _above_zero(divisor: torch.Tensor) -> torch.Tensor:
    if not bool(divisor > 0):
        raise ValueError("no position of the step counts, on any rank: there is nothing to divide the loss by")
    return divisor


def _scaled(value: torch.Tensor, parallel: Parallel) -> torch.Tensor:
    return value * parallel.ranks if parallel.averages_gradients else value
