"""Optimizer steps on one batch by transformers on torch, as a worker of scripts/bench: the peer of `BenchmarkModels train`.

usage: python train_torch.py MODEL_DIR f32|autocast THREADS

autocast keeps f32 master weights and computes products in bf16.
"""
import sys
import torch
from transformers import AutoModelForCausalLM
from worker import serve


def main():
    directory, precision, threads = sys.argv[1:4]
    torch.set_num_threads(int(threads))
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="sdpa").train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    batch = {}

    def take(ids):
        batch["ids"] = torch.tensor(ids)

    def round():
        ids = batch["ids"]
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "autocast"):
            logits = model(input_ids=ids, use_cache=False).logits
            loss = torch.nn.functional.cross_entropy(
                logits[:, :-1].float().reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return {"tokens": ids.numel(), "loss": loss.item()}

    serve(f"torch {torch.__version__}", take, round, lambda: [])


main()
