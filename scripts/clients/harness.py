"""lm-eval's `local-completions` on remit-server beside its `hf` on the same checkpoint: the tables that it prints are the same.

usage: scripts/with-server --name demo-teacher -- python scripts/clients/harness.py FOLDER        environment: URL, KEY
"""
import os, subprocess, sys
from pathlib import Path

import tasks

CHECKPOINT = "Examples/demo/teacher"
# The demo's context. The harness keeps one token of it for the one that it asks for.
LENGTH = 512


def table(log, model, arguments, names, folder, *more):
    """The rows of results that a run of lm-eval prints, its columns split."""
    command = [sys.executable, "-m", "lm_eval", "--model", model, "--model_args", arguments, "--tasks", ",".join(names),
               "--include_path", str(folder), *more]
    with open(log, "w", encoding="utf-8") as file:
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=file, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(command)}: status {ended.returncode}, see {log}")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in ended.stdout.splitlines() if line.startswith("|")]
    return [row for row in rows if not set("".join(row)) <= set("-:")]


def main(folder):
    names = tasks.write(folder / "tasks")
    url, key = os.environ["URL"], os.environ["KEY"]
    os.environ["OPENAI_API_KEY"] = key
    server = f"model=demo-teacher,base_url={url}/v1/completions,max_length={LENGTH}"
    expected = table(folder / "hf.log", "hf", f"pretrained={CHECKPOINT},dtype=float32,max_length={LENGTH}", names,
                     folder / "tasks", "--device", "cpu", "--batch_size", "16")
    assert sum(len(row) > 6 and row[-3] not in ("", "Value") for row in expected) == 7, expected
    for name, arguments, more in [
        ("the server's tokenizer, one request at a time", f"{server},auth_token={key}", []),
        ("a tokenizer of its own, 16 prompts a request, 4 requests at once",
         f"{server},tokenizer={CHECKPOINT},tokenizer_backend=huggingface,num_concurrent=4", ["--batch_size", "16"]),
        ("texts in place of ids", f"{server},tokenizer={CHECKPOINT},tokenizer_backend=huggingface,tokenized_requests=False", []),
    ]:
        got = table(folder / f"{name.split(',')[0].replace(' ', '-')}.log", "local-completions", arguments, names, folder / "tasks", *more)
        if got != expected:
            for row, other in zip(expected, got):
                print("hf    ", *row, "\nremit ", *other, sep="  ")
            sys.exit(f"with {name}: another table than hf's")
        print(f"lm-eval, {name}: as hf")
    for row in expected:
        print("  ".join(row))


if __name__ == "__main__":
    main(Path(sys.argv[1]) / "harness")
