"""Goldens of one distillation step: losses, every gradient, and the updated parameters.

usage: python annealing_distillation_step.py OUT_DIR     (Tests/Trainer/AnnealingTests/Goldens, after annealing_weighted_step.py)

The student and the windows of annealing_weighted_step.py (transformers, float64) against a teacher of random logits, of whose
distribution the k likeliest tokens are known, as 32-bit log-probs, and the rest is one bucket. k = 48 is the whole vocabulary: there
the divergence is torch's own kl_div. Teachers of 56 and 40 tokens are of another padding: those that the student has not are of the
teacher's rest, those that the teacher has not of the student's.
"""
import pathlib
import sys
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

from annealing_update import update
from float64 import exact

OUT = pathlib.Path(sys.argv[1])
# File name: tokens of the teacher, k, weight of the divergence in the loss, weight of the squared log Z.
STEPS = {"distillation_step": (48, 6, 0.7, 0.05), "distillation_step_whole": (48, 48, 1.0, 0.0),
         "distillation_step_wider": (56, 12, 0.7, 0.0), "distillation_step_wider_all": (56, 48, 1.0, 0.0),
         "distillation_step_narrower": (40, 12, 0.7, 0.0)}

given = load_file(OUT / "weighted_step.safetensors")
ids, starts, scored = given["token_ids"].long(), given["segment_starts"].tolist(), given["scored"].bool()
torch.manual_seed(12)
teachers = {size: torch.log_softmax(2 * torch.randn(len(ids), size, dtype=torch.float64), -1) for size in (48, 56, 40)}


def divergence(student, known, tokens):
    """Of one position: the known log-probs of tokens that both have, and the rest, both distributions of one outcome more."""
    known, tokens = known[tokens < 48], tokens[tokens < 48]
    q, p = known.double().exp(), student.exp()
    others = torch.ones(48, dtype=torch.bool)
    others[tokens] = False
    loss = (q * (known.double() - student[tokens])).sum()
    if others.any():
        rest = 1 - q.sum()
        loss = loss + rest * (rest.log() - p[others].sum().log())
    return loss


def step(name, size, k, weight, z_loss_weight):
    teacher = teachers[size]
    model = exact(LlamaForCausalLM.from_pretrained(OUT / "student", dtype=torch.float64))
    known, tokens = teacher.topk(k, -1)
    known = known.float()
    rows, log_z = {}, {}
    for start, end in zip(starts, starts[1:] + [len(ids)]):
        logits = model(ids[start:end][None]).logits[0, :-1]
        for place, row in enumerate(logits):
            rows[start + place + 1] = torch.log_softmax(row, -1)
            log_z[start + place + 1] = torch.logsumexp(row, -1)
    places = [place for place in range(len(ids)) if scored[place]]
    plain = -sum(rows[place][ids[place]] for place in places) / len(places)
    kd = sum(divergence(rows[place], known[place], tokens[place]) for place in places) / len(places)
    if size == k == 48:
        full = sum(torch.nn.functional.kl_div(rows[place], teacher[place], reduction="sum", log_target=True) for place in places)
        assert abs(kd.item() - full.item() / len(places)) < 1e-6
    z_loss = z_loss_weight * sum(log_z[place] ** 2 for place in places) / len(places)
    loss = (1 - weight) * plain + weight * kd
    (loss + z_loss).backward()

    tensors, norm = update(model)
    tokens, known = tokens.int(), known.clone()
    tokens[starts], known[starts] = -1, float("nan")
    tensors |= {name: given[name] for name in ["token_ids", "segment_starts", "window_starts", "scored"]}
    tensors |= {
        "topk_token_ids": tokens, "topk_logprobs": known,
        "scalars": torch.tensor([loss.item(), plain.item(), norm.item(), kd.item()], dtype=torch.float64)}
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, OUT / f"{name}.safetensors")
    print(name, {"loss": loss.item(), "kd": kd.item(), "plain": plain.item(), "norm": norm.item()})


for name, (size, k, weight, z_loss_weight) in STEPS.items():
    step(name, size, k, weight, z_loss_weight)
