"""A remit-server in front of engines, and clients that hold each of its answers against what is expected."""

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time

import corpus
from server import Server
from vllm_server import MODEL

#: What a client may see beside right answers.
REFUSALS = (429, 503)


def front(work, name, engines, *flags):
    """Started, without a cache: every answer comes from an engine; from remit's own where `engines` is empty."""
    remote = [f"--engine=vllm={engine.url}" for engine in engines] + (["--engine-model", MODEL] if engines else [])
    return Server(work, name, [*remote, "--cache-tokens", "0", *flags]).start()


def series(server, name):
    """The values of a metric by its labels, as they are written."""
    found = {}
    for line in server.call("GET", "/metrics")[1].splitlines():
        if line.startswith((name + "{", name + " ")):
            labels, _, value = line[len(name):].rpartition(" ")
            found[labels] = float(value)
    return found


def total(server, name, *labels):
    """The sum of a metric over all whose labels contain these."""
    return sum(value for key, value in series(server, name).items() if all(label in key for label in labels))


def wait_for(what, condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(0.1)


class Clients:
    """Threads that ask for segments of the corpus, one to four a request, until they are told to stop."""

    def __init__(self, port, segments, expected, count):
        self.port, self.segments, self.expected = port, segments, expected
        self.lock, self.counts, self.faults, self.problems = threading.Lock(), {}, [], {}
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(seed,), daemon=True) for seed in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(timeout=180)
            if thread.is_alive():
                self.faults.append("a request was not answered within three minutes")

    def run(self, seed):
        draw = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=180)
        while not self.over.is_set():
            asked = draw.choices(self.segments, k=draw.choice([1, 1, 2, 4]))
            try:
                connection.request("POST", "/v1/logprobs", json.dumps({"inputs": [{"token_ids": ids} for ids in asked]}))
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.note("none", f"no answer: {error!r}")
                connection.close()
                continue
            self.note(answer.status, self.fault(answer, body, asked))
            if answer.status in REFUSALS:
                self.over.wait(draw.uniform(0.5, 1) * min(float(answer.headers.get("Retry-After") or 1), 5))
        connection.close()

    def fault(self, answer, body, asked):
        if answer.status in REFUSALS:
            kind = json.loads(body).get("type", "?").rsplit(":", 1)[-1]
            with self.lock:
                self.problems[kind] = self.problems.get(kind, 0) + 1
            return None if answer.headers.get("Retry-After", "").isdigit() else f"{answer.status} without Retry-After: {body[:300]!r}"
        if answer.status != 200:
            return f"status {answer.status}: {body[:300]!r}"
        results = [result["teacher_logprobs"] for result in json.loads(body)["results"]]
        if len(results) != len(asked) or not all(map(lambda ids, values: corpus.right(self.expected, ids, values), asked, results)):
            return "an answer is wrong"
        return None

    def note(self, status, fault):
        with self.lock:
            self.counts[status] = self.counts.get(status, 0) + 1
            if fault:
                self.faults.append(fault)

    def report(self, what):
        """Prints what came; ends the check where anything was wrong."""
        counts = ", ".join(f"{count} x {status}" for status, count in sorted(self.counts.items(), key=str))
        problems = ", ".join(f"{count} {kind}" for kind, count in sorted(self.problems.items()))
        print(f"  {what}: {counts}{f' ({problems})' if problems else ''}; {len(self.faults)} faults", flush=True)
        if self.faults:
            raise SystemExit(f"{len(self.faults)} of {sum(self.counts.values())} answers, the first: {self.faults[0]}")


def ask(work, kind, url, segments, connections):
    """What ask.py, a process of its own, says of one pass over the segments."""
    file, out = os.path.join(work, "ask.json"), os.path.join(work, "asked.json")
    with open(file, "w", encoding="utf-8") as opened:
        json.dump(segments, opened)
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ask.py")
    subprocess.run([sys.executable, "-B", program, kind, url, file, str(connections), out], check=True)
    with open(out, encoding="utf-8") as opened:
        return json.load(opened)
