"""Golden of ten updates with parameter groups: the loss of each step, and the parameters after the last.

usage: python annealing_parameter_groups.py OUT_DIR     (Tests/Trainer/AnnealingTests/Goldens, after annealing_weighted_step.py)

The student and the windows of annealing_weighted_step.py (transformers, float64), plain next-token loss on both windows at every step,
gradients clipped to one norm over all parameters, and torch.optim.AdamW with groups that LambdaLR gives one schedule: the rate falls in
equal parts from its peak to nothing.
"""
import pathlib
import sys
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

from float64 import exact

OUT = pathlib.Path(sys.argv[1])
STEPS, PEAK, CLIP = 10, 1e-2, 0.5
# Part of a name: factor of the rate, decay. In none of them: matrices, at the rate and decay of the run.
GROUPS = {"embed": (0.1, 0.0), "norm": (1.0, 0.05), "lm_head": (3.0, 0.2), "layers.1.self_attn": (0.0, 0.1)}

given = load_file(OUT / "weighted_step.safetensors")
ids, starts, scored = given["token_ids"].long(), given["segment_starts"].tolist(), given["scored"].bool()
model = exact(LlamaForCausalLM.from_pretrained(OUT / "student", dtype=torch.float64))


def group_of(name):
    return next((part for part in GROUPS if part in name), None)


members = {part: [p for name, p in model.named_parameters() if group_of(name) == part] for part in [*GROUPS, None]}
optimizer = torch.optim.AdamW(
    [{"params": members[None], "lr": PEAK, "weight_decay": 0.3}]
    + [{"params": members[part], "lr": PEAK * factor, "weight_decay": decay} for part, (factor, decay) in GROUPS.items()],
    betas=(0.8, 0.97), eps=1e-5)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / STEPS)
losses = []
for step in range(STEPS):
    optimizer.zero_grad()
    total = torch.zeros((), dtype=torch.float64)
    for start, end in zip(starts, starts[1:] + [len(ids)]):
        rows = torch.log_softmax(model(ids[start:end][None]).logits[0, :-1], -1)
        total = total - rows.gather(1, ids[start + 1:end, None])[:, 0][scored[start + 1:end]].sum()
    loss = total / scored.sum()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
    schedule.step()
    losses.append(loss.item())

tensors = {"updated." + name: parameter.detach().float().contiguous() for name, parameter in model.named_parameters()}
save_file(tensors | {"losses": torch.tensor(losses, dtype=torch.float64)}, OUT / "parameter_groups.safetensors")
print(losses)
