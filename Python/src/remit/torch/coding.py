"""Teacher log-probs through plumbing that was made for float loss masks, such as Megatron's.

    c = 1 - log-prob   where there is one, so that c >= 1,   and 0 elsewhere

A mask of c is truthy where it should be, survives slicing, padding with 0 and packing, and is decoded in the loss function.
"""

from __future__ import annotations

import torch


def encode_mask(teacher_logprobs: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """c of log-probs (NaN: none), 0 where `mask` is 0. In f32 it is off by at most 6e-8 times its own size. Any shape."""
    there = ~teacher_logprobs.isnan()
    if mask is not None:
        there &= mask != 0
    return torch.where(there, 1 - teacher_logprobs, torch.zeros_like(teacher_logprobs))


def decode_mask(code: torch.Tensor) -> torch.Tensor:
    """The log-probs that were coded; NaN where the code is 0. Raises ValueError for a code in between, which is a mask's."""
    code = code.float()
    if bool(((code != 0) & ~(code >= 1)).any()):
        raise ValueError("expected codes of 0, or of at least 1 (1 - log-prob), got others: was the mask scaled on its way?")
    return torch.where(code == 0, torch.full_like(code, torch.nan), 1 - code)
