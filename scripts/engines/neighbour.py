"""A checkpoint that looks like another: the same shapes and files, one matrix of it off by a hundredth."""

import os
import shutil

from safetensors.torch import load_file, save_file

MATRIX = "model.layers.3.mlp.down_proj.weight"
FACTOR = 1.01


def make(model, out):
    """Copies `model` to `out` with one matrix scaled, as a step of training would leave it. Returns `out`."""
    shutil.copytree(model, out, dirs_exist_ok=True)
    weights = os.path.join(out, "model.safetensors")
    tensors = load_file(weights)
    tensors[MATRIX] = tensors[MATRIX] * FACTOR
    save_file(tensors, weights, metadata={"format": "pt"})
    return out
