"""Golden of `top_k`: what transformers, in float64, finds likeliest at each position of the goldens of model_*.py.

usage: python scripts/goldens/top_k.py Tests/Model/TransformersTests/Goldens
Writes NAME/top_k.safetensors: topk_token_ids I32 and topk_logprobs F64 [N, K], -1 and NaN at segment starts.
"""
import os
import sys
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
from float64 import exact

NAMES, K = ["llama-tied", "gemma2-caps"], 8


def make(directory):
    golden = load_file(os.path.join(directory, "golden.safetensors"))
    ids, starts = golden["token_ids"].long(), golden["segment_starts"].tolist()
    model = exact(AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float64, attn_implementation="eager").eval())
    tokens = torch.full((len(ids), K), -1, dtype=torch.int32)
    log_probs = torch.full((len(ids), K), float("nan"), dtype=torch.float64)
    for start, end in zip(starts, starts[1:]):
        with torch.no_grad():
            rows = torch.log_softmax(model(ids[start:end][None]).logits[0, :-1].double(), dim=-1)
        top = rows.topk(K, dim=-1)
        tokens[start + 1:end], log_probs[start + 1:end] = top.indices.int(), top.values
    save_file({"topk_token_ids": tokens, "topk_logprobs": log_probs}, os.path.join(directory, "top_k.safetensors"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in NAMES:
        make(os.path.join(sys.argv[1], name))
