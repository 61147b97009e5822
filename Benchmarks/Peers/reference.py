"""Log-probs of a batch by transformers, in float64 where that can be waited for: what scripts/bench holds every program against.

usage: python reference.py MODEL_DIR BATCH.json THREADS OUT float64|float32    OUT: f64 little-endian, NaN at the start of each sequence
"""
import sys
import numpy as np
import torch
from transformers import AutoModelForCausalLM
from worker import read_batch

directory, batch, threads, out, kind = sys.argv[1:6]
torch.set_num_threads(int(threads))
torch.set_grad_enabled(False)
model = AutoModelForCausalLM.from_pretrained(directory, dtype=getattr(torch, kind), attn_implementation="sdpa").eval()
scores, deviations = [], []
for ids in read_batch(batch):
    ids = torch.tensor(ids)
    states = model.model(input_ids=ids[None], use_cache=False).last_hidden_state[0]
    scores.append([float("nan")])
    for start in range(0, len(ids) - 1, 128):
        targets = ids[1:][start:start + 128]
        logits = model.lm_head(states[:-1][start:start + 128])
        deviations.append(logits.std(-1).mean().item())
        scores.append((logits.gather(-1, targets[:, None])[:, 0] - logits.logsumexp(-1)).tolist())
np.concatenate(scores).astype("<f8").tofile(out)
print(f"standard deviation of the logits: {np.mean(deviations):.2f}")
