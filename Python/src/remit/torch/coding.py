"""Teacher log-probs through plumbing that was made for float loss masks, such as Megatron's.

    c = 2 - log-prob   where there is one, so that c >= 2;   1/2 where a label has none;   0 where there is no label

A mask of c is truthy where the loss counts, survives slicing, padding with 0 and packing, and is decoded in the loss function. A plain
mask, which has 1 where the loss counts, is no mask of codes.
"""

from __future__ import annotations

import torch

_UNSCORED, _CERTAIN = 0.5, 2.0


def encode_mask(teacher_logprobs: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """c of log-probs (NaN: none), 0 where `mask` is 0. In f32 it is off by at most 6e-8 times its own size. Any shape."""
    code = torch.where(teacher_logprobs.isnan(), torch.full_like(teacher_logprobs, _UNSCORED), _CERTAIN - teacher_logprobs)
    return code if mask is None else torch.where(mask != 0, code, torch.zeros_like(code))


def decode_mask(code: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probs, NaN where there is none, and which positions have a label. Raises ValueError for another code, which is a mask's."""
    code = code.float()
    labelled = code != 0
    scored = labelled & (code != _UNSCORED)
    if bool((scored & ~(code >= _CERTAIN)).any()):
        raise ValueError(
            "expected codes of 0, 1/2, or at least 2 (2 - log-prob), got others: a mask that holds no log-probs, or one that was scaled on "
            "its way"
        )
    return torch.where(scored, _CERTAIN - code, torch.full_like(code, torch.nan)), labelled
