"""The weighted loss in torch.

    out = remit.torch.weighted_loss(logits, labels, teacher_logprobs=batch["teacher_logprobs"], shift=True)
    out.loss.backward()

    loss = (1 / N) sum w_t l_t,   l_t = -log p_S(x_t),   w_t = clip(2 sigmoid(delta_t - mu), 1 - epsilon, 1 + epsilon),
    delta_t = log p_R(x_t) + l_t,   mu = mean of delta over the scored positions of the sequence (or document)

w is a constant for the gradient. N is the number of positions that count, of the whole optimizer step over all ranks: never the sum
of w, never a mean of means.
"""

from remit.torch.coding import decode_mask, encode_mask
from remit.torch.documents import documents_of_lengths, documents_of_positions
from remit.torch.head import head_losses
from remit.torch.loss import WeightedLoss, weighted_head_loss, weighted_loss, weighted_mean
from remit.torch.parallel import Parallel
from remit.torch.weighting import TokenWeights, WeighedTokens, Weighting, count_tokens, token_weights

__all__ = [
    "Parallel",
    "TokenWeights",
    "WeighedTokens",
    "WeightedLoss",
    "Weighting",
    "count_tokens",
    "decode_mask",
    "documents_of_lengths",
    "documents_of_positions",
    "encode_mask",
    "head_losses",
    "token_weights",
    "weighted_head_loss",
    "weighted_loss",
    "weighted_mean",
]
