"""Which document each position of a packed batch belongs to."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def documents_of_positions(position_ids: torch.Tensor) -> torch.Tensor:
    """Numbers of documents that begin where `position_ids` is 0. [..., T] to [..., T], from 0 (or 1, where position 0 is not first)."""
    return (position_ids == 0).long().cumsum(-1)


def documents_of_lengths(lengths: torch.Tensor | Sequence[int], count: int) -> torch.Tensor:
    """Numbers of documents of these lengths, one behind the other, in `count` positions; the rest, padding, is one more. [count]"""
    ends = torch.as_tensor(lengths).cumsum(0)
    if len(ends) and int(ends[-1]) > count:
        raise ValueError(f"expected documents of at most {count} tokens in all, got {int(ends[-1])}")
    return torch.searchsorted(ends, torch.arange(count, device=ends.device), right=True)
