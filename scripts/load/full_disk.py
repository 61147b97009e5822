"""A full disk under what the programs write: log, store, token cache, side-car, checkpoints. Each has 64 KiB left. What happens must be
a clear error, or lines that are counted as lost; nothing that was there before is lost; and once there is space, the same command
goes on and gives the bits of a run that nothing disturbed.

usage: full_disk.py WORK     as who may mount, in a mount namespace of its own
"""

import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "faults"))

from program import BIN, DEMO, run, sound  # noqa: E402
from reference import bits  # noqa: E402
from runs import Run, digest  # noqa: E402
from server import Server  # noqa: E402

SPACE = "No space left on device"


class Disk:
    """A file system in memory; what is in it goes with it."""

    def __init__(self, path, kibibytes):
        self.path = path
        os.makedirs(path, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", path], check=True)

    def grow(self):
        subprocess.run(["mount", "-o", "remount,size=256m", self.path], check=True)

    def drop(self):
        subprocess.run(["umount", self.path], check=True)


def kibibytes(folder):
    """What a folder's files take on a disk of pages, its directories too."""
    sizes = [os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names]
    return sum(4 * -(-size // 4096) for size in sizes) + 4 * sum(1 for _ in os.walk(folder))


def check(is_right, what, failures):
    if not is_right:
        failures.append(what)
        print(f"FAILED: {what}", file=sys.stderr, flush=True)


def log(work, failures):
    """Every request is answered; what is not written is counted; with space, lines come again."""
    disk = Disk(os.path.join(work, "log"), 64)
    server = Server(disk.path, "server", ["--log-format", "json", "--log-level", "debug"]).start()
    request = {"inputs": [{"token_ids": [1, 2, 3]}]}
    answers = [server.call("POST", "/v1/logprobs", request)[0] for _ in range(600)]
    check(answers == [200] * 600, f"log: answers are {set(answers)}", failures)
    lost = waited(lambda: server.metric("remit_log_lost_lines_total"))
    path = os.path.join(disk.path, "server.1.log")
    full = os.path.getsize(path)
    check(lost, f"log: no line is counted as lost, {full} bytes are written", failures)
    disk.grow()
    answers = [server.call("POST", "/v1/logprobs", request)[0] for _ in range(50)]
    check(answers == [200] * 50, f"log: with space again, answers are {set(answers)}", failures)
    check(server.stop() == 0, "log: the server did not end well", failures)
    lines = open(path, "rb").read().split(b"\n")
    whole = [line for line in lines if is_json(line)]
    # What was cut where the disk ended is the one line that nobody can read.
    is_readable = len(whole) >= len(lines) - 2 and os.path.getsize(path) > full
    check(is_readable, f"log: {len(whole)} of {len(lines)} lines can be read", failures)
    disk.drop()
    return f"{full} bytes of log, {int(lost)} lines lost and counted, {len(whole)} lines in the end"


def is_json(line):
    try:
        json.loads(line)
        return True
    except ValueError:
        return False


def waited(value):
    deadline = time.monotonic() + 20
    while not value() and time.monotonic() < deadline:
        time.sleep(0.05)
    return value()


def store(work, failures):
    """A store that cannot be made is an error at the start; one that fills up under way costs what it would have kept."""
    folder = os.path.join(work, "store")
    disk = Disk(folder, 64)
    refused = run([f"{BIN}/remit-server", "--model", f"{DEMO}/teacher", "--store", f"{folder}/store", "--port", "0"])
    is_told = refused.status == 1 and "store" in refused.errors
    check(is_told, f"store: on 64 KiB the server ended with {refused.status}: {refused.last}", failures)
    disk.grow()
    sequences = [[(7 * at + number) % 640 for at in range(200)] for number in range(400)]
    request = [{"inputs": [{"token_ids": sequence} for sequence in part]} for part in (sequences[:40], sequences)]
    server = Server(work, "store", ["--store", f"{folder}/store", "--cache-tokens", "0"]).start()
    expected = scored(server, request[1])
    check(server.stop() == 0, "store: the server did not end well", failures)
    shutil.rmtree(f"{folder}/store")
    server.start()
    kept = scored(server, request[0])
    check(kept == expected[:40], "store: other values", failures)
    waited(lambda: server.metric("remit_store_written_segments_total") >= 40)
    subprocess.run(["mount", "-o", f"remount,size={kibibytes(folder) + 64}k", folder], check=True)
    check(scored(server, request[1]) == expected, "store: other values while the disk is full", failures)
    errors = waited(lambda: server.metric("remit_store_failed_transactions_total"))
    check(errors, "store: no write failed on the full disk", failures)
    check(server.call("GET", "/health")[0] == 200, "store: /health is not answered", failures)
    disk.grow()
    check(scored(server, request[1]) == expected, "store: other values with space again", failures)
    written = waited(lambda: server.metric("remit_store_written_segments_total") >= 400)
    check(written, "store: with space again nothing is kept", failures)
    check(server.stop() == 0, "store: the server did not end well", failures)
    verdict = run([f"{BIN}/remit-server", "store", "verify", f"{folder}/store"])
    check(verdict.status == 0, f"store: verify ends with {verdict.status}: {verdict.last}", failures)
    server.start()
    check(scored(server, request[1]) == expected, "store: other values after a restart", failures)
    read = server.metric('remit_tokens_total{source="stored"}')
    check(read > 0, "store: nothing is read from it after a restart", failures)
    server.stop()
    disk.drop()
    return f"refused on 64 KiB; {int(errors)} writes failed under way, {int(read)} tokens were read from it in the end"


def scored(server, request):
    status, answer = server.call("POST", "/v1/logprobs", request)
    return [bits(result["teacher_logprobs"]) for result in answer["results"]] if status == 200 else (status, answer)


def file_run(run_, failures):
    """The run's folder is a disk with 64 KiB beside what is there before."""
    name = run_.name
    run_.undisturbed()
    shutil.rmtree(run_.out)
    disk = Disk(run_.out, (kibibytes(run_.start) if run_.start else 0) + 64)
    before = {}
    if run_.start:
        shutil.copytree(run_.start, run_.out, dirs_exist_ok=True)
        paths = [os.path.join(at, file) for at, _, files in os.walk(run_.out) for file in files if "checkpoints" in at]
        before = {path: digest(path) for path in paths}
    ended = run(run_.command)
    is_told = ended.status not in (None, 0) and ended.status > 0 and SPACE in ended.errors
    check(is_told, f"{name}: on the full disk it ended with {ended.status}: {ended.last}", failures)
    lost = [path for path, old in before.items() if not (os.path.exists(path) and digest(path) == old)]
    check(not lost, f"{name}: lost or changed: {lost}", failures)
    disk.grow()
    again = run(run_.command)
    check(again.status == 0, f"{name}: with space again, ended with {again.status}: {again.last}", failures)
    check(again.status != 0 or run_.contents() == run_.expected, f"{name}: with space again, other bytes", failures)
    disk.drop()
    return f"'{ended.last.splitlines()[-1]}', then the undisturbed bits"


def runs(work):
    corpus = f"{DEMO}/corpus.jsonl"
    score = [
        f"{BIN}/remit-server", "score", "--model", f"{DEMO}/teacher", "--tokenizer", f"{DEMO}/base", "--corpus", corpus,
        "--sequence-length", "64", "--out", "OUT", "--shard-tokens", "4000"]
    anneal = [
        f"{BIN}/remit-trainer", "anneal", "--student", f"{DEMO}/base", "--corpus", corpus, "--out", "OUT", "--weighting", "ntp",
        "--sequence-length", "64", "--batch-sequences", "2", "--steps", "6", "--learning-rate", "1e-3", "--out-dtype", "f32",
        "--save-every", "1", "--keep-checkpoints", "2", "--resume"]
    side_car = os.path.join(work, "scores")
    sound([part.replace("OUT", side_car) for part in score])
    shards = sorted(name for name in os.listdir(side_car) if name.endswith(".safetensors"))
    yield Run("token-cache", work, score, shards)
    yield Run("side-car", work, score, shards, start=only(side_car, "tokens"))
    run_folder = os.path.join(work, "run")
    sound([part.replace("OUT", run_folder) for part in anneal])
    yield Run("checkpoint", work, anneal, ["model.safetensors", "log.jsonl"], start=only(run_folder, "tokens"))
    # A run in its middle: its checkpoints are there before the disk is full.
    os.remove(os.path.join(run_folder, "model.safetensors"))
    checkpoints = os.path.join(run_folder, "checkpoints")
    os.remove(os.path.join(checkpoints, max(os.listdir(checkpoints))))
    yield Run("later", work, anneal, ["model.safetensors", "log.jsonl"], start=run_folder)


def only(folder, name):
    """A copy of the folder with one of its folders alone."""
    shutil.copytree(os.path.join(folder, name), os.path.join(folder + "-" + name, name))
    return folder + "-" + name


def main(work):
    failures = []
    print("log:", log(work, failures), flush=True)
    print("store:", store(work, failures), flush=True)
    for one in runs(work):
        print(f"{one.name}:", file_run(one, failures), flush=True)
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1])
