"""What the ranks of a job have in common."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.distributed as dist


@dataclass(frozen=True)
class Parallel:
    """The process groups of a loss. The default is one process."""

    #: All ranks that hold different tokens of the optimizer step, those of `context` among them: N is summed over them. Ranks that
    #: see the same tokens (tensor parallelism) belong into different groups. None: this process alone.
    tokens: dist.ProcessGroup | None = None
    #: Ranks that hold parts of the same sequences (context parallelism, and sequence parallelism where the head sees its share
    #: only): mu is over all parts. Rows, and `documents`, are numbered alike on all of them. None: sequences are whole.
    context: dist.ProcessGroup | None = None
    #: Whether gradients are averaged over `tokens` (DDP, FSDP) rather than summed. The loss is multiplied by the number of ranks
    #: then, so that the average is the step's gradient and the mean of the ranks' losses is the step's loss.
    averages_gradients: bool = True

    @property
    def ranks(self) -> int:
        """Number of ranks that N is summed over."""
        return 1 if self.tokens is None else dist.get_world_size(self.tokens)


def summed(values: torch.Tensor, group: dist.ProcessGroup | None) -> torch.Tensor:
    """The sum over a group; the values themselves where there is none."""
    if group is not None:
        values = values.clone()
        dist.all_reduce(values, dist.ReduceOp.SUM, group=group)
    return values


def largest(value: torch.Tensor, group: dist.ProcessGroup | None) -> torch.Tensor:
    """The largest over a group."""
    if group is not None:
        value = value.clone()
        dist.all_reduce(value, dist.ReduceOp.MAX, group=group)
    return value


def gathered(values: torch.Tensor, group: dist.ProcessGroup | None) -> tuple[torch.Tensor, int]:
    """Rows [n, ...] of all ranks one behind the other, in the order of ranks, and where this rank's begin. n may differ."""
    if group is None:
        return values, 0
    count = torch.tensor([len(values)], device=values.device)
    counts = [torch.zeros_like(count) for _ in range(dist.get_world_size(group))]
    dist.all_gather(counts, count, group=group)
    sizes = [int(one) for one in counts]
    padded = values.new_zeros((max(sizes), *values.shape[1:]))
    padded[: len(values)] = values
    parts = [torch.empty_like(padded) for _ in sizes]
    dist.all_gather(parts, padded, group=group)
    return torch.cat([part[:size] for part, size in zip(parts, sizes)]), sum(sizes[: dist.get_rank(group)])
