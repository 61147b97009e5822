"""Goldens of one distillation step: losses, every gradient, and the updated parameters.

usage: python annealing_distillation_step.py OUT_DIR [NAME ...]     (Tests/Trainer/AnnealingTests/Goldens, after annealing_weighted_step.py)

The student and the windows of annealing_weighted_step.py (transformers, float64) against a teacher of random logits, of whose
distribution the k likeliest tokens are known, as 32-bit log-probs, and the rest is one bucket. k = 48 is the whole vocabulary: there
the divergence is torch's own kl_div. Teachers of 56 and 40 tokens are of another padding: those that the student has not are of the
teacher's rest, those that the teacher has not of the student's. The divergence is forward or reverse, at a temperature whose log-sum-exp
is known too, and of the positions of least entropy alone where tokens are switched: the others then have next-token loss.
"""
import pathlib
import sys
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

from annealing_update import update
from float64 import exact

OUT = pathlib.Path(sys.argv[1])
# File name: tokens of the teacher, k, weight of the divergence in the loss, weight of the squared log Z, and what is not forward, at
# temperature 1, of all tokens.
STEPS = {"distillation_step": (48, 6, 0.7, 0.05), "distillation_step_whole": (48, 48, 1.0, 0.0),
         "distillation_step_wider": (56, 12, 0.7, 0.0), "distillation_step_wider_all": (56, 48, 1.0, 0.0),
         "distillation_step_narrower": (40, 12, 0.7, 0.0),
         "distillation_step_reverse": (48, 6, 0.7, 0.05, "reverse"),
         "distillation_step_tempered": (48, 6, 0.5, 0.0, "forward", 2.0),
         "distillation_step_reverse_tempered_whole": (48, 48, 1.0, 0.05, "reverse", 3.0),
         "distillation_step_reverse_tempered_wider": (56, 12, 0.7, 0.0, "reverse", 0.5),
         "distillation_step_switched": (48, 6, 1.0, 0.05, "reverse", 2.0, 0.2),
         "distillation_step_switched_forward": (40, 12, 1.0, 0.0, "forward", 1.0, 0.5)}

given = load_file(OUT / "weighted_step.safetensors")
ids, starts, scored = given["token_ids"].long(), given["segment_starts"].tolist(), given["scored"].bool()
torch.manual_seed(12)
teachers = {size: torch.log_softmax(2 * torch.randn(len(ids), size, dtype=torch.float64), -1) for size in (48, 56, 40)}


def divergence(student, known, tokens, direction):
    """Of one position: the known log-probs of tokens that both have, and the rest, both distributions of one outcome more."""
    known, tokens = known[tokens < 48], tokens[tokens < 48]
    q, p = known.exp(), student.exp()
    others = torch.ones(48, dtype=torch.bool)
    others[tokens] = False
    log_q, log_p = known, student[tokens]
    if others.any():
        rest = (1 - q.sum()).log()
        log_q, log_p = torch.cat([log_q, rest[None]]), torch.cat([log_p, p[others].sum().log()[None]])
    first, second = (log_q, log_p) if direction == "forward" else (log_p, log_q)
    return (first.exp() * (first - second)).sum()


def switched(entropies, places, quantile):
    """The places of which the teacher is surest, by the quantile of their entropies."""
    threshold = torch.quantile(torch.stack([entropies[place] for place in places]).float(), quantile)
    return [place for place in places if entropies[place].float() <= threshold]


def step(name, size, k, weight, z_loss_weight, direction="forward", temperature=1.0, quantile=None):
    teacher = teachers[size]
    model = exact(LlamaForCausalLM.from_pretrained(OUT / "student", dtype=torch.float64))
    known, tokens = teacher.topk(k, -1)
    known, sums = known.float(), torch.logsumexp(teacher / temperature, -1).float()
    at_temperature = known.double() / temperature - (sums.double()[:, None] if temperature != 1 else 0)
    teacher = torch.log_softmax(teacher / temperature, -1)
    entropies = -(teacher.exp() * teacher).sum(-1)
    logits, rows = {}, {}
    for start, end in zip(starts, starts[1:] + [len(ids)]):
        for place, row in enumerate(model(ids[start:end][None]).logits[0, :-1]):
            logits[start + place + 1], rows[start + place + 1] = row, torch.log_softmax(row, -1)
    places = [place for place in range(len(ids)) if scored[place]]
    chosen = places if quantile is None else switched(entropies, places, quantile)
    others = [place for place in places if place not in chosen]
    tempered = {place: torch.log_softmax(logits[place] / temperature, -1) for place in places}
    plain = -sum(rows[place][ids[place]] for place in places) / len(places)
    kd = sum(divergence(tempered[place], at_temperature[place], tokens[place], direction) for place in chosen) / len(chosen)
    if size == k == 48:
        pairs = [(tempered[place], teacher[place]) for place in chosen]
        full = sum(torch.nn.functional.kl_div(*(pair if direction == "forward" else pair[::-1]), reduction="sum", log_target=True)
                   for pair in pairs)
        assert abs(kd.item() - full.item() / len(places)) < 1e-6
    z_loss = z_loss_weight * sum(torch.logsumexp(logits[place], -1) ** 2 for place in places) / len(places)
    if quantile is None:
        loss = (1 - weight) * plain + weight * temperature ** 2 * kd
    else:
        loss = temperature ** 2 * kd - sum(rows[place][ids[place]] for place in others) / len(others)
    (loss + z_loss).backward()

    tensors, norm = update(model)
    tokens, known = tokens.int(), known.clone()
    tokens[starts], known[starts] = -1, float("nan")
    tensors |= {name: given[name] for name in ["token_ids", "segment_starts", "window_starts", "scored"]}
    if temperature != 1 or quantile is not None:
        sums[starts], entropies[starts] = float("nan"), float("nan")
        tensors |= {"logsumexp": sums, "entropy": entropies.float()}
    tensors |= {
        "topk_token_ids": tokens, "topk_logprobs": known,
        "scalars": torch.tensor([loss.item(), plain.item(), norm.item(), kd.item()], dtype=torch.float64)}
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, OUT / f"{name}.safetensors")
    print(name, {"loss": loss.item(), "kd": kd.item(), "plain": plain.item(), "norm": norm.item()})


for name in sys.argv[2:] or STEPS:
    step(name, *STEPS[name])
