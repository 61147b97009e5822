"""Next-token losses from hidden states and the head, a block of the vocabulary at a time: [T, V] is never built.

Letters: T positions, D width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

#: Largest block of logits that is built, in bytes of f32.
BLOCK_BYTES = 256 << 20


def head_losses(
    hidden: torch.Tensor,
    head: torch.Tensor,
    labels: torch.Tensor,
    *,
    bias: torch.Tensor | None = None,
    softcap: float | None = None,
    ignore_index: int = -100,
    block: int | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """-log p of each label and log Z of each position, both differentiable, 0 where there is no label. Shape of the labels.

    Forward streams the log-sum-exp over blocks of the vocabulary; backward computes each block again, so that one more product of
    the head's size is paid for never holding the logits. Products are in the operands' dtype, all else in f32 (f64 where `hidden` is).
    The labels are looked at first, for which a GPU is waited for once.

    Args:
        hidden: what the head is applied to, at the position that predicts the label. [..., D]
        head: the head's weight. [V, D]
        labels: token ids, or `ignore_index`. [...]
        bias: of the head. [V]
        softcap: logits become softcap tanh(logits / softcap), as Gemma 2 has it.
        block: tokens of the vocabulary at a time; by default what makes a block of 256 MiB.

    Raises:
        ValueError: shapes do not fit, or a label is neither `ignore_index` nor an id that the head has a row for.
    """
    if hidden.shape[:-1] != labels.shape or head.shape[1:] != hidden.shape[-1:]:
        raise ValueError(
            f"expected hidden [..., D], head [V, D] and labels [...], got {tuple(hidden.shape)}, {tuple(head.shape)} and "
            f"{tuple(labels.shape)}"
        )
    flat = labels.reshape(-1)
    _check_labels(flat, len(head), ignore_index)
    if block is None:
        block = max(1, min(len(head), BLOCK_BYTES // (4 * max(1, len(flat)))))
    device = hidden.device.type
    if torch.is_autocast_enabled(device):
        # Cast here, so that backward, which runs outside of autocast, computes the same logits again.
        narrow = torch.get_autocast_dtype(device)
        hidden, head, bias = hidden.to(narrow), head.to(narrow), None if bias is None else bias.to(narrow)
    with torch.autocast(device, enabled=False):
        losses, log_z = _HeadLosses.apply(  # type: ignore[no-untyped-call]
            hidden.reshape(len(flat), hidden.shape[-1]), head, bias, flat, softcap, ignore_index, block
        )
    return losses.view(labels.shape), log_z.view(labels.shape)


class _HeadLosses(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, head: torch.Tensor, bias: torch.Tensor | None, labels: torch.Tensor,
        softcap: float | None, ignore_index: int, block: int,
    ) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
        dtype = torch.promote_types(hidden.dtype, torch.float32)
        highest = torch.full(labels.shape, -torch.inf, dtype=dtype, device=hidden.device)
        total = torch.zeros_like(highest)
        target = torch.zeros_like(highest)
        for first, logits in _blocks(hidden, head, bias, softcap, dtype, block):
            inside = (labels >= first) & (labels < first + logits.shape[1])
            at = (labels - first).clamp(0, logits.shape[1] - 1)
            target = torch.where(inside, logits.gather(1, at[:, None])[:, 0], target)
            higher = torch.maximum(highest, logits.amax(1))
            total = total * (highest - higher).exp() + logits.sub_(higher[:, None]).exp_().sum(1)
            highest = higher
        log_z = highest + total.log()
        labelled = labels != ignore_index
        ctx.save_for_backward(hidden, head, bias, labels, log_z)
        ctx.options = softcap, ignore_index, block
        nothing = torch.zeros((), dtype=dtype, device=hidden.device)
        return torch.where(labelled, log_z - target, nothing), torch.where(labelled, log_z, nothing)

    @staticmethod
    def backward(ctx: Any, d_losses: torch.Tensor, d_log_z: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        hidden, head, bias, labels, log_z = ctx.saved_tensors
        softcap, ignore_index, block = ctx.options
        needs_hidden, needs_head, needs_bias = ctx.needs_input_grad[:3]
        labelled = labels != ignore_index
        zero = torch.zeros((), dtype=log_z.dtype, device=log_z.device)
        of_loss, of_log_z = (torch.where(labelled, one, zero) for one in (d_losses, d_log_z))
        d_hidden = torch.zeros_like(hidden, dtype=log_z.dtype) if needs_hidden else None
        d_head = torch.empty_like(head) if needs_head else None
        d_bias = torch.empty_like(bias) if needs_bias else None
        for first, logits in _blocks(hidden, head, bias, softcap, log_z.dtype, block):
            last = first + logits.shape[1]
            slope = None if softcap is None else 1 - (logits / softcap).square()
            gradient = logits.sub_(log_z[:, None]).exp_().mul_((of_loss + of_log_z)[:, None])
            inside = (labels >= first) & (labels < last)
            at = (labels - first).clamp(0, logits.shape[1] - 1)
            gradient.scatter_add_(1, at[:, None], torch.where(inside, -of_loss, zero)[:, None])
            if slope is not None:
                gradient.mul_(slope)
            if d_bias is not None:
                d_bias[first:last] = gradient.sum(0)
            narrow = gradient.to(hidden.dtype)
            if d_hidden is not None:
                d_hidden += narrow @ head[first:last]
            if d_head is not None:
                d_head[first:last] = narrow.T @ hidden
        return None if d_hidden is None else d_hidden.to(hidden.dtype), d_head, d_bias, None, None, None, None


def _check_labels(labels: torch.Tensor, rows: int, ignore_index: int) -> None:
    """Raises for a label that no block holds: its loss would be log Z, as if its logit were 0. One read of the device, as the weighted
    loss has others behind the blocks. A graph that is compiled or captured cannot be left for that: there it is an assertion of the
    device's, which does not say which label."""
    wrong = (labels != ignore_index) & ((labels < 0) | (labels >= rows))
    expected = f"labels: expected ids from 0 to {rows - 1}, the head's rows, or ignore_index {ignore_index}"
    if torch.compiler.is_compiling() or (labels.is_cuda and torch.cuda.is_current_stream_capturing()):
        torch._assert_async(~wrong.any(), expected)
    elif bool(wrong.any()):
        at = int(wrong.nonzero()[0])
        raise ValueError(f"{expected}, got {int(labels[at])} at position {at} ({int(wrong.sum())} such labels)")


def _blocks(
    hidden: torch.Tensor, head: torch.Tensor, bias: torch.Tensor | None, softcap: float | None, dtype: torch.dtype, block: int
) -> Iterator[tuple[int, torch.Tensor]]:
    """Logits [T, block] in `dtype`, which may be written over, with the first id of each block."""
    for first in range(0, len(head), block):
        logits = hidden @ head[first : first + block].T
        if bias is not None:
            logits += bias[first : first + block]
        wide = logits.to(dtype)
        if softcap is not None:
            wide = wide.div_(softcap).tanh_().mul_(softcap)
        yield first, wide
