"""Every model family through both programs: ten steps of annealing, and transformers gives the result the same loss.

usage: python families.py PROGRAMS_DIR WORK_DIR [NAME...]

For each case of scripts/goldens: a tiny teacher and student with a byte-level tokenizer, remit-server over the teacher,
remit-trainer anneal for ten steps; remit-trainer evaluate and transformers in float64 agree on the written checkpoint (1e-4),
which transformers loads without a missing or a surplus tensor. Then what is not known: each a one-line error that names the
thing, exit status 1.
"""
import contextlib, json, os, pathlib, random, shutil, subprocess, sys, time, urllib.request
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "goldens"))
import model_families, model_llama

PROGRAMS, WORK = map(os.path.abspath, sys.argv[1:3])
CASES = {**model_llama.CASES, **model_families.CASES}
LENGTH, TOLERANCE, VOCABULARY = 128, 1e-4, 320
CORPUS = f"{WORK}/corpus.jsonl"


def write_corpus():
    rng = random.Random(5)
    words = ["".join(rng.choice("abcdefghijklmnop ") for _ in range(rng.randint(2, 9))) for _ in range(200)]
    with open(CORPUS, "w") as file:
        for _ in range(80):
            file.write(json.dumps({"text": " ".join(rng.choice(words) for _ in range(rng.randint(1, 60)))}) + "\n")


def write_tokenizer(directory):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<end>": 0, **{letter: index + 1 for index, letter in enumerate(alphabet)}}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<end>"])
    tokenizer.save(directory + "/tokenizer.json")
    return tokenizer


def write_model(name, directory, seed):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    case = {**CASES[name], "vocab_size": VOCABULARY, "eos_token_id": 0}
    model_families.write_checkpoint(case, directory, torch.Generator().manual_seed(seed))
    return write_tokenizer(directory)


@contextlib.contextmanager
def server(teacher):
    port_file = pathlib.Path(WORK, "port")
    port_file.unlink(missing_ok=True)
    log = open(f"{WORK}/server.log", "w")
    process = subprocess.Popen(
        [f"{PROGRAMS}/remit-server", "--model", teacher, "--port", "0", "--port-file", port_file], stderr=log)
    try:
        yield wait_until_ready(process, port_file)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def wait_until_ready(process, port_file):
    for _ in range(300):
        time.sleep(0.1)
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError, ValueError):
            url = f"http://127.0.0.1:{port_file.read_text().strip()}"
            urllib.request.urlopen(url + "/ready", timeout=5)
            return url
    sys.exit("the server did not become ready: " + open(f"{WORK}/server.log").read())


def run(*command, expect=0):
    result = subprocess.run([f"{PROGRAMS}/{command[0]}", *command[1:]], capture_output=True, text=True)
    if result.returncode != expect:
        sys.exit(f"{' '.join(command)}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def loss_of_transformers(directory, tokenizer):
    model, report = AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float64, attn_implementation="eager", output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    total, scored = 0.0, 0
    with torch.no_grad():
        for line in open(CORPUS):
            ids = tokenizer.encode(json.loads(line)["text"]).ids + [0]
            for start in range(0, len(ids), LENGTH):
                piece = ids[start:start + LENGTH]
                total -= model_families.log_probs(model.eval(), [piece])[0].sum().item()
                scored += len(piece) - 1
    return total / scored


def check(name, element_type):
    teacher, student, out = (f"{WORK}/{part}" for part in ("teacher", "student", "annealed"))
    write_model(name, teacher, 1)
    tokenizer = write_model(name, student, 2)
    shutil.rmtree(out, ignore_errors=True)
    before = loss_of_transformers(student, tokenizer)
    with server(teacher) as url:
        run("remit-trainer", "anneal", "--server", url, "--student", student, "--corpus", CORPUS, "--out", out,
            "--out-dtype", element_type, "--sequence-length", str(LENGTH), "--batch-sequences", "4", "--steps", "10",
            "--learning-rate", "3e-3")
    ours = json.loads(run("remit-trainer", "evaluate", "--checkpoint", out, "--corpus", CORPUS, "--sequence-length",
                          str(LENGTH), "--json").stdout)["loss"]
    theirs = loss_of_transformers(out, tokenizer)
    print(f"{name:16} {element_type:4}  loss {before:.4f} -> {ours:.6f}, transformers {theirs:.6f}", flush=True)
    return abs(ours - theirs) <= TOLERANCE and ours < before


def check_refusals():
    """What is not known stops both programs before anything is begun."""
    directory = f"{WORK}/unknown"
    changes = {
        "mamba": {"model_type": "mamba"},
        "longrope": {"rope_parameters": None, "rope_scaling": {"rope_type": "longrope", "factor": 2.0}},
        "residual_multiplier": {"residual_multiplier": 0.5},
    }
    for named, change in changes.items():
        write_model("llama-tied", directory, 3)
        path = pathlib.Path(directory, "config.json")
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
        for command in (["remit-server", "--model", directory, "--port", "0"],
                        ["remit-trainer", "evaluate", "--checkpoint", directory, "--corpus", CORPUS],
                        ["remit-trainer", "anneal", "--weighting", "ntp", "--student", directory, "--corpus", CORPUS,
                         "--out", f"{WORK}/never", "--steps", "1"]):
            errors = run(*command, expect=1).stderr.strip().splitlines()
            assert named in errors[-1] and (len(errors) == 1 or "server" in command[0]), errors  # a server logs before
        assert not os.path.exists(f"{WORK}/never")
    print("unknown model_type, RoPE type and field: one line, status 1, in both programs")


def main():
    os.makedirs(WORK, exist_ok=True)
    torch.set_num_threads(1)
    write_corpus()
    names = sys.argv[3:] or list(CASES)
    wrong = [name for index, name in enumerate(names) if not check(name, ["f32", "bf16"][index % 2])]
    check_refusals()
    sys.exit(f"losses differ: {', '.join(wrong)}" if wrong else 0)


main()
