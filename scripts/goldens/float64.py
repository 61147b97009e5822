"""transformers in float64 throughout: what the goldens and the oracles hold remit against.

A model loaded with dtype=torch.float64 still computes its norms, its softmax, and the cosines and sines of its rotary embedding in
float32, which is 1.6e-5 of noise in the log-probs of a small model at 2,048 tokens. `exact` makes them float64.

The angles themselves stay what transformers makes of them, frequencies and their products with positions rounded to float32: at
position 32,768 an angle is off by up to 1e-3, which moves log-probs by 1e-2. A checkpoint was trained with those angles; they are part
of the model, not an error in computing it.
"""
import contextlib
import types
import torch


@contextlib.contextmanager
def widened():
    """Nothing that is float64 becomes float32."""
    to_float, to, softmax = torch.Tensor.float, torch.Tensor.to, torch.nn.functional.softmax

    def wide_to(tensor, *arguments, **options):
        if tensor.dtype == torch.float64 and torch.float32 in (*arguments, options.get("dtype")):
            return tensor
        return to(tensor, *arguments, **options)

    def wide_softmax(tensor, *arguments, dtype=None, **options):
        return softmax(tensor, *arguments, dtype=None if tensor.dtype == torch.float64 else dtype, **options)

    torch.Tensor.float = lambda tensor: tensor if tensor.dtype == torch.float64 else to_float(tensor)
    torch.Tensor.to, torch.nn.functional.softmax = wide_to, wide_softmax
    try:
        yield
    finally:
        torch.Tensor.float, torch.Tensor.to, torch.nn.functional.softmax = to_float, to, softmax


def rotary(module, x, position_ids, layer_type=None):
    """The forward pass of every family's rotary embedding, with cosines and sines in float64."""
    prefix = f"{layer_type}_" if layer_type else ""
    frequencies = getattr(module, prefix + "inv_freq").type(torch.float32)
    angles = (position_ids[..., None].type(torch.float32) * frequencies).double()
    both = torch.cat((angles, angles), dim=-1)
    scaling = getattr(module, prefix + "attention_scaling")
    return both.cos() * scaling, both.sin() * scaling


def exact(model):
    """The model, which is in float64, with a forward pass that is so throughout."""
    for module in model.modules():
        if type(module).__name__.endswith("RotaryEmbedding"):
            module.forward = types.MethodType(rotary, module)
    forward = model.forward

    def wide_forward(*arguments, **options):
        with widened():
            return forward(*arguments, **options)

    model.forward = wide_forward
    return model
