"""The update of an annealing step, for the goldens of such steps."""
import torch

CLIP, RATE = 0.5, 1e-2


def update(model):
    """Clips the gradients of `model` and makes one update of AdamW; the tensors of a golden, and the norm before clipping."""
    named = dict(model.named_parameters())
    tensors = {"gradient." + name: parameter.grad.float() for name, parameter in named.items()}
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    undecayed = [parameter for name, parameter in named.items() if "norm" in name or "embed" in name]
    decayed = [parameter for name, parameter in named.items() if not ("norm" in name or "embed" in name)]
    torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": undecayed, "weight_decay": 0.0}],
                      lr=RATE, betas=(0.9, 0.95), eps=1e-8).step()
    tensors |= {"updated." + name: parameter.detach().float() for name, parameter in named.items()}
    return tensors, norm
