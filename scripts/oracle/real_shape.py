"""remit at real shape: a 135 M-parameter teacher (bf16, sharded) and student, random weights, as separate processes.

usage: python real_shape.py PROGRAMS_DIR WORK_DIR

Checks the server's log-probs against transformers in float64 on 4x512 tokens (2e-4), runs three annealing steps of 8x512
tokens, checks that transformers gives the annealed checkpoint the loss that remit-trainer evaluate gives (1e-4), and
prints the peak resident memory of both programs.
"""
import atexit, json, os, pathlib, subprocess, sys, time, urllib.request
import numpy as np
import torch
from safetensors.numpy import load, save
from transformers import AutoModelForCausalLM

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "goldens"))
from float64 import exact

PROGRAMS, WORK = map(os.path.abspath, sys.argv[1:3])
HERE = pathlib.Path(__file__).parent
TOLERANCE = 2e-4


def make_models():
    for name, options in [("teacher", ["--dtype", "bfloat16", "--shard-size", "100MB"]), ("student", ["--seed", "1"])]:
        if not os.path.exists(f"{WORK}/{name}/tokenizer.json"):
            subprocess.run([sys.executable, HERE / "make_checkpoint.py", f"{WORK}/{name}", *options], check=True)


def start_server():
    port_file = f"{WORK}/port"
    pathlib.Path(port_file).unlink(missing_ok=True)
    server = subprocess.Popen([f"{PROGRAMS}/remit-server", "--model", f"{WORK}/teacher", "--port", "0",
                               "--port-file", port_file], stderr=open(f"{WORK}/server.log", "w"))
    # However this ends, the server does not outlive it. One that has ended is not there to be killed.
    atexit.register(server.kill)
    for _ in range(600):
        time.sleep(0.1)
        if server.poll() is not None:
            sys.exit(open(f"{WORK}/server.log").read())
        try:
            url = f"http://127.0.0.1:{open(port_file).read().strip()}"
            urllib.request.urlopen(url + "/ready", timeout=5)
            return server, url
        except (OSError, ValueError):
            continue
    sys.exit("the server was not ready within a minute")


def compare_log_probs(url):
    ids = np.random.default_rng(3).integers(0, 49152, (4, 512))
    body = save({"token_ids": ids.reshape(-1).astype(np.uint32),
                 "sequence_starts": np.arange(0, 5 * 512, 512, dtype=np.int64)})
    request = urllib.request.Request(url + "/v1/logprobs", data=body, headers={
        "Content-Type": "application/vnd.safetensors", "Accept": "application/vnd.safetensors"})
    ours = load(urllib.request.urlopen(request, timeout=600).read())["teacher_logprobs"].reshape(4, 512)
    model = exact(AutoModelForCausalLM.from_pretrained(f"{WORK}/teacher", dtype=torch.float64).eval())
    worst = 0.0
    with torch.no_grad():
        for row in range(4):
            tokens = torch.tensor(ids[row])
            theirs = torch.log_softmax(model(tokens[None]).logits[0, :-1], -1).gather(1, tokens[1:, None])[:, 0]
            worst = max(worst, np.abs(theirs.numpy() - ours[row, 1:]).max())
    assert np.isnan(ours[:, 0]).all()
    return worst


def anneal(url):
    command = [f"{PROGRAMS}/remit-trainer", "anneal", "--server", url, "--student", f"{WORK}/student", "--corpus",
               f"{WORK}/teacher/corpus.jsonl", "--out", f"{WORK}/annealed", "--sequence-length", "512",
               "--batch-sequences", "8", "--micro-batch-sequences", "2", "--steps", "3", "--learning-rate", "1e-4"]
    subprocess.run(["rm", "-rf", f"{WORK}/annealed"], check=True)
    trainer = subprocess.Popen(command)
    _, status, usage = os.wait4(trainer.pid, 0)
    if status != 0:
        sys.exit(f"remit-trainer ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / 1024


def compare_losses():
    corpus = f"{WORK}/teacher/corpus.jsonl"
    ours = json.loads(subprocess.run(
        [f"{PROGRAMS}/remit-trainer", "evaluate", "--checkpoint", f"{WORK}/annealed", "--corpus", corpus,
         "--sequence-length", "512", "--json"], check=True, capture_output=True).stdout)["loss"]
    theirs = json.loads(subprocess.run(
        [sys.executable, HERE / "checkpoint_loss.py", f"{WORK}/annealed", corpus, "--dtype", "float32", "--expect",
         str(ours)], check=True, capture_output=True).stdout)["loss"]
    return ours, theirs


def peak_memory(process):
    for line in open(f"/proc/{process.pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024


def main():
    os.makedirs(WORK, exist_ok=True)
    make_models()
    server, url = start_server()
    try:
        worst = compare_log_probs(url)
        print(f"largest difference of 4x511 log-probs from transformers in float64: {worst:.2e} (allowed {TOLERANCE})")
        trainer_memory = anneal(url)
        print(f"peak resident memory: remit-server {peak_memory(server):.0f} MiB, remit-trainer {trainer_memory:.0f} MiB")
    finally:
        server.terminate()
    if server.wait(30) != 0:
        sys.exit(f"remit-server ended with status {server.returncode}")
    print("loss of the annealed checkpoint: remit-trainer {:.6f}, transformers {:.6f}".format(*compare_losses()))
    sys.exit(0 if worst <= TOLERANCE else 1)


main()
