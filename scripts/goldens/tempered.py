"""Golden of `entropy` and `temperatures`: what torch, in float64, makes of the whole distributions of the goldens of model_*.py.

usage: python scripts/goldens/tempered.py Tests/Model/TransformersTests/Goldens
Writes NAME/tempered.safetensors: temperatures F64 [K]; logsumexp and entropy F64 [K, N], NaN at segment starts.
"""
import os
import sys
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
from float64 import exact

NAMES, TEMPERATURES = ["llama-tied", "gemma2-caps"], [1.0, 2.0, 0.3, 7.5]


def make(directory):
    golden = load_file(os.path.join(directory, "golden.safetensors"))
    ids, starts = golden["token_ids"].long(), golden["segment_starts"].tolist()
    model = exact(AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float64, attn_implementation="eager").eval())
    sums = torch.full((len(TEMPERATURES), len(ids)), float("nan"), dtype=torch.float64)
    entropies = sums.clone()
    for start, end in zip(starts, starts[1:]):
        with torch.no_grad():
            logits = model(ids[start:end][None]).logits[0, :-1].double()
        for row, temperature in enumerate(TEMPERATURES):
            sums[row, start + 1:end] = torch.logsumexp(torch.log_softmax(logits, -1) / temperature, -1)
            tempered = torch.log_softmax(logits / temperature, -1)
            entropies[row, start + 1:end] = -(tempered.exp() * tempered).sum(-1)
    save_file(
        {"temperatures": torch.tensor(TEMPERATURES, dtype=torch.float64), "logsumexp": sums, "entropy": entropies},
        os.path.join(directory, "tempered.safetensors"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in NAMES:
        make(os.path.join(sys.argv[1], name))
