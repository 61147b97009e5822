"""Goldens of one weighted optimizer step: loss, plain loss, weights, every gradient, and the updated parameters.

usage: python annealing_weighted_step.py OUT_DIR        (Tests/Trainer/AnnealingTests/Goldens)

A tiny random Llama (transformers, float64), two windows of packed segments, one of them with a masked prompt. The method is
computed naively, segment by segment; torch.optim.AdamW makes the update after clipping. weighted_step is the method as published;
weighted_step_normalized divides by the sum of the weights and adds a z-loss.
"""
import json, pathlib, sys
import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from annealing_update import update
from float64 import exact

OUT = pathlib.Path(sys.argv[1])
EPSILON = 0.2
# File name: what the sums are divided by, weight of the squared log Z.
STEPS = {"weighted_step": ("tokens", 0.0), "weighted_step_normalized": ("weights", 0.05)}
# Windows of segments; a segment is (length, prompt tokens).
WINDOWS = [[(9, 0), (5, 0), (2, 0)], [(12, 4), (4, 0)]]

torch.manual_seed(11)
config = LlamaConfig(
    vocab_size=48, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=32, tie_word_embeddings=False, initializer_range=0.3)
model = LlamaForCausalLM(config)
(OUT / "student").mkdir(parents=True, exist_ok=True)
save_file({name: tensor.float().contiguous() for name, tensor in model.state_dict().items()},
          OUT / "student" / "model.safetensors", metadata={"format": "pt"})
fields = ["model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
          "num_key_value_heads", "max_position_embeddings", "rms_norm_eps", "hidden_act", "tie_word_embeddings"]
values = config.to_dict() | {"rope_theta": 10000.0, "architectures": ["LlamaForCausalLM"]}
json.dump({name: values[name] for name in fields + ["rope_theta", "architectures"]},
          open(OUT / "student" / "config.json", "w"), indent=1)

segments, starts, scored, ids = [], [], [], []
for window in WINDOWS:
    for length, prompt in window:
        starts.append(len(ids))
        tokens = torch.randint(0, 48, (length,))
        segments.append(tokens)
        ids += tokens.tolist()
        scored += [position >= max(1, prompt) for position in range(length)]
scored = torch.tensor(scored)
window_starts = [0, sum(length for length, _ in WINDOWS[0]), len(ids)]
teacher = -3 * torch.rand(len(ids), dtype=torch.float32) - 1.5


def step(name, normalizer, z_loss_weight):
    model = exact(LlamaForCausalLM.from_pretrained(OUT / "student", dtype=torch.float64))
    student, log_z = [], []
    for tokens in segments:
        logits = model(tokens[None]).logits[0, :-1]
        rows = torch.log_softmax(logits, -1).gather(1, tokens[1:, None])[:, 0]
        student.append(torch.cat([torch.zeros(1, dtype=torch.float64), rows]))
        log_z.append(torch.cat([torch.zeros(1, dtype=torch.float64), torch.logsumexp(logits, -1)]))
    student, log_z = torch.cat(student), torch.cat(log_z)

    weights = torch.zeros(len(ids), dtype=torch.float64)
    for start, end in zip(window_starts, window_starts[1:]):
        chosen = torch.arange(start, end)[scored[start:end]]
        delta = teacher[chosen].double() - student[chosen].detach()
        weights[chosen] = (2 * torch.sigmoid(delta - delta.mean())).clamp(1 - EPSILON, 1 + EPSILON)
    divisor = scored.sum() if normalizer == "tokens" else weights.sum()
    loss = (weights * -student)[scored].sum() / divisor
    z_loss = z_loss_weight * (log_z[scored] ** 2).sum() / divisor
    plain = (-student)[scored].sum() / scored.sum()
    (loss + z_loss).backward()

    tensors, norm = update(model)
    tensors |= {
        "token_ids": torch.tensor(ids, dtype=torch.int32), "segment_starts": torch.tensor(starts, dtype=torch.int32),
        "window_starts": torch.tensor(window_starts, dtype=torch.int32), "scored": scored.to(torch.int32),
        "teacher": teacher, "weights": weights.float(),
        "scalars": torch.tensor([loss.item(), plain.item(), norm.item(), z_loss.item()], dtype=torch.float64)}
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, OUT / f"{name}.safetensors")
    print(name, {"loss": loss.item(), "z": z_loss.item(), "plain": plain.item(), "norm": norm.item()})


for name, (normalizer, z_loss_weight) in STEPS.items():
    step(name, normalizer, z_loss_weight)
