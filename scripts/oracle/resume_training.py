"""What remit-trainer writes is an ordinary checkpoint: transformers gives it the same loss, and training goes on in PyTorch.

usage: python resume_training.py PROGRAMS_DIR WORK_DIR

Ten steps of remit-trainer on a corpus that is one batch; six steps of it again, and the last four in PyTorch: weights from the
Hugging Face directory, AdamW's moments from the run's checkpoint (any safetensors library reads it). The losses of the four steps
agree to 1e-4, relative. What PyTorch then saves is read by remit-trainer evaluate. Every output, f32 and bf16, in one file and in
shards, has the same loss in transformers (float64) as in remit-trainer evaluate, to 1e-4.
"""
import json, os, pathlib, shutil, subprocess, sys
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

PROGRAMS, WORK = map(os.path.abspath, sys.argv[1:3])
DEMO = pathlib.Path(__file__).resolve().parents[2] / "Examples/demo"
LENGTH, STEPS, CUT, RATE, CLIP, TOLERANCE = 128, 10, 6, 1e-3, 1.0, 1e-4
torch.set_num_threads(1)  # tiny products: more threads only wait for each other
shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)
CORPUS = f"{WORK}/corpus.jsonl"
# No two of these documents fit one window: a step of six windows is the whole corpus.
LINES = [line for line in open(DEMO / "corpus.jsonl", encoding="utf-8") if len(line) > 330][:6]
open(CORPUS, "w", encoding="utf-8").writelines(LINES)


def trainer(*arguments):
    result = subprocess.run([f"{PROGRAMS}/remit-trainer", *arguments], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"remit-trainer {' '.join(arguments)}: status {result.returncode}\n{result.stderr}")
    return result.stdout


def anneal(name, steps, *flags):
    out = f"{WORK}/{name}"
    trainer("anneal", "--weighting", "ntp", "--student", str(DEMO / "base"), "--corpus", CORPUS, "--out", out,
            "--sequence-length", str(LENGTH), "--batch-sequences", "6", "--steps", str(steps), "--schedule", "constant",
            "--learning-rate", str(RATE), "--grad-clip", str(CLIP), *flags)
    log = map(json.loads, open(out + "/log.jsonl"))
    return out, [record["loss"] for record in log if record["kind"] == "step"]


def pieces(directory):
    tokenizer = Tokenizer.from_file(directory + "/tokenizer.json")
    end = json.load(open(directory + "/config.json"))["eos_token_id"]
    for line in LINES:
        ids = tokenizer.encode(json.loads(line)["text"]).ids
        ids += [] if ids and ids[-1] == end else [end]
        yield from (torch.tensor(ids[start:start + LENGTH]) for start in range(0, len(ids), LENGTH))


def mean_loss(model, directory):
    total, scored = 0, 0
    for piece in pieces(directory):
        if len(piece) > 1:
            logits = model(piece[None]).logits[0, :-1]
            total = total - torch.log_softmax(logits, -1).gather(1, piece[1:, None]).sum()
            scored += len(piece) - 1
    return total / scored


def check(what, got, expected, tolerance=TOLERANCE):
    print(f"{what}: {got:.6f}, expected {expected:.6f}")
    if not abs(got - expected) <= tolerance:
        sys.exit(f"{what}: {got} and {expected} differ by more than {tolerance}")


def evaluated(directory):
    return json.loads(trainer(
        "evaluate", "--checkpoint", directory, "--corpus", CORPUS, "--sequence-length", str(LENGTH), "--json"))["loss"]


def loaded(directory):
    model, info = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64, output_loading_info=True)
    odd = {key: value for key, value in info.items() if value}
    if odd:
        sys.exit(f"{directory}: transformers reports {odd}")
    return model


for name, flags in {"f32": ["--out-dtype", "f32"], "bf16": ["--out-dtype", "bf16"],
                    "f32-shards": ["--out-dtype", "f32", "--max-shard-size", "700kB"],
                    "bf16-shards": ["--out-dtype", "bf16", "--max-shard-size", "400KiB"]}.items():
    out, _ = anneal(name, 3, *flags)
    assert ("shards" in name) == os.path.exists(out + "/model.safetensors.index.json")
    with torch.no_grad():
        check(f"{name}: loss in transformers", mean_loss(loaded(out), out).item(), evaluated(out))

_, whole = anneal("whole", STEPS, "--out-dtype", "f32")
half, first = anneal("half", CUT, "--out-dtype", "f32")
assert first == whole[:CUT]
model = loaded(half)
state = load_file(f"{half}/checkpoints/step-{CUT:08d}.safetensors")
named = dict(model.named_parameters())
undecayed = [name for name in named if "norm" in name or "embed" in name or name.endswith("bias")]
optimizer = torch.optim.AdamW(
    [{"params": [named[name] for name in named if name not in undecayed], "weight_decay": 0.1},
     {"params": [named[name] for name in undecayed], "weight_decay": 0.0}], lr=RATE, betas=(0.9, 0.95), eps=1e-8)
for name, parameter in named.items():
    optimizer.state[parameter] = {
        "step": torch.tensor(float(CUT)), "exp_avg": state["first_moment." + name].double(),
        "exp_avg_sq": state["second_moment." + name].double()}
for step in range(CUT, STEPS):
    optimizer.zero_grad()
    loss = mean_loss(model, half)
    check(f"step {step + 1} in PyTorch", loss.item(), whole[step], TOLERANCE * whole[step])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
with torch.no_grad():
    final = mean_loss(model, half).item()
check("after the last step", final, evaluated(f"{WORK}/whole"))
saved = f"{WORK}/from-pytorch"
model.float().save_pretrained(saved)
shutil.copy(half + "/tokenizer.json", saved)
check("PyTorch's checkpoint in remit-trainer", evaluated(saved), final)
