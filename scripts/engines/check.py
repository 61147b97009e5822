"""What scripts/engine-check runs: each part is a function of the work directory and prints what it found.

usage: check.py WORK PART...
"""

import functools
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../load"))
import corpus  # noqa: E402
import numpy as np  # noqa: E402
import neighbour  # noqa: E402
from front import Clients, ask, front, total, wait_for  # noqa: E402
from server import DEMO, PROGRAM  # noqa: E402
from vllm_server import MODEL, VLLM  # noqa: E402

TEACHER = os.path.join(DEMO, "teacher")
#: Seconds of a state that clients see.
DWELL_SECONDS = 10


class Bench:
    """What the parts share, each thing made when it is first asked for: a vLLM that holds the teacher, and log-probs of our own."""

    def __init__(self, work):
        self.work, self.started = work, []
        self.segments = corpus.segments()

    @functools.cached_property
    def own(self):
        """Log-probs of our own engine by segment."""
        return corpus.score(os.path.join(self.work, "own"))

    @functools.cached_property
    def vllm(self):
        return self.start("vllm").ready()

    def start(self, name, model=TEACHER, *flags):
        self.started.append(VLLM(self.work, name, model, *flags))
        return self.started[-1].start()

    def close(self):
        for engine in self.started:
            engine.kill()


def scores(bench):
    """Every position of the corpus: from a server over vLLM, from `score` over vLLM, and from vLLM itself."""
    server = front(bench.work, "scores", [bench.vllm])
    through = answers(bench, ask(bench.work, "remit", f"http://127.0.0.1:{server.port}", bench.segments, 8))
    written = corpus.score(
        os.path.join(bench.work, "written"), "--engine", f"vllm={bench.vllm.url}", "--engine-model", MODEL)
    itself = answers(bench, ask(bench.work, "vllm", bench.vllm.url, bench.segments, 64))
    pairs = [
        ("remit over vLLM against our own engine", bench.own, through), ("vLLM itself against our own engine", bench.own, itself),
        ("remit over vLLM against vLLM itself", itself, through), ("remit-server score over vLLM against the server", through, written),
    ]
    for what, expected, found in pairs:
        positions, other, mean, largest = corpus.difference(expected, found)
        print(f"  {what}: {positions} positions, {other} with other bits, mean {mean:.1e}, largest {largest:.1e} nats", flush=True)
        if largest > corpus.TOLERANCE:
            raise SystemExit(f"{what}: {largest:.1e} is more than {corpus.TOLERANCE:.0e}")
    status, info = server.call("GET", "/info")
    print(f"  /info: {json.dumps(info['models'][0].get('engine'))}", flush=True)
    end(server)


def answers(bench, asked):
    """What was asked for, by segment."""
    pairs = zip(bench.segments, asked["log_probs"], strict=True)
    return {corpus.key(ids): np.asarray([np.nan, *values[1:]], np.float32) for ids, values in pairs}


def end(server):
    if server.stop() != 0:
        raise SystemExit("the server did not end well")


def anneal(bench):
    """A student annealed through vLLM, beside one annealed on our own engine: the losses of each step, and what came out."""
    steps, tolerance = 20, 1e-4
    logs = {}
    for name, engines in (("own", []), ("through", [bench.vllm])):
        server = front(bench.work, f"anneal-{name}", engines)
        out = os.path.join(bench.work, f"annealed-{name}")
        command = [
            PROGRAM.replace("remit-server", "remit-trainer"), "anneal", "--server", f"http://127.0.0.1:{server.port}",
            "--student", os.path.join(DEMO, "base"), "--corpus", corpus.CORPUS, "--sequence-length", str(corpus.SEQUENCE_LENGTH),
            "--batch-sequences", "16", "--steps", str(steps), "--learning-rate", "1e-3", "--seed", "1", "--out", out,
        ]
        with open(out + ".log", "wb") as log:
            if subprocess.run(command, stdout=log, stderr=log).returncode != 0:
                raise SystemExit(f"annealing failed; see {out}.log")
        end(server)
        with open(os.path.join(out, "log.jsonl"), encoding="utf-8") as file:
            logs[name] = [line for line in map(json.loads, file) if line["kind"] == "step"]
    own, through = logs["own"], logs["through"]
    if len(own) != steps or len(through) != steps or any(line.get("ntp") for line in through):
        raise SystemExit(f"{len(through)} of {steps} steps, or steps without a teacher")
    for field in ("loss", "weighted_loss", "mean_weight"):
        gap = max(abs(a[field] - b[field]) for a, b in zip(own, through))
        print(f"  {steps} steps, {field}: {own[-1][field]:.6f} on our own engine, {through[-1][field]:.6f} through vLLM, "
              f"at most {gap:.1e} apart", flush=True)
        if gap > tolerance:
            raise SystemExit(f"{field} differs by {gap:.1e}, more than {tolerance:.0e}")


def replicas(bench):
    """Two replicas under load. One is killed, at its port comes a neighbouring checkpoint, then the other is killed."""
    second = bench.start("replica")
    first = bench.vllm
    second.ready()
    server = front(bench.work, "replicas", [first, second], "--engine-check-every", "2s")
    up = lambda engine: total(server, "remit_engine_up", f'url="{engine.url}"')
    changed = lambda: total(server, "remit_engine_checks_total", f'url="{second.url}"', 'result="changed"')
    segments_of = lambda engine: total(server, "remit_engine_requests_total", f'url="{engine.url}"')
    wait_for("both replicas have shown what they are", lambda: up(first) == up(second) == 1)
    with Clients(server.port, bench.segments, bench.own, 16) as clients:
        before = [segments_of(engine) for engine in (first, second)]
        time.sleep(DWELL_SECONDS)
        shares = [segments_of(engine) - count for engine, count in zip((first, second), before)]
        print(f"  both up: {shares[0]:.0f} and {shares[1]:.0f} requests", flush=True)
        if min(shares) < 0.2 * sum(shares):
            raise SystemExit("one of two equal replicas got less than a fifth")
        second.kill()
        wait_for("the killed replica is seen to be down", lambda: up(second) == 0)
        time.sleep(DWELL_SECONDS)
        print(f"  one killed: {sum(clients.counts.values())} requests, {clients.counts}", flush=True)
        second.model = neighbour.make(TEACHER, os.path.join(bench.work, "neighbour"))
        second.start().ready()
        wait_for("the replica with other weights is refused", lambda: changed() > 0)
        before = clients.counts.get(200, 0)
        time.sleep(DWELL_SECONDS)
        served = clients.counts.get(200, 0) - before
        print(f"  other weights: refused, remit_engine_up {up(second):.0f}; meanwhile {served} answers of the other", flush=True)
        if up(second) != 0:
            raise SystemExit("the replica with other weights counts as up")
        first.kill()
        wait_for("none is left", lambda: up(first) == 0)
        wait_for("/ready says so", lambda: server.call("GET", "/ready")[0] == 503)
    clients.report("two replicas, one killed, other weights, the other killed")
    status, problem = server.call("POST", "/v1/logprobs", {"inputs": [{"token_ids": bench.segments[0]}]})
    print(f"  none left: {status} {problem.get('type')}: {problem.get('detail')}", flush=True)
    if status != 503:
        raise SystemExit("with no engine left a request is not answered with 503")
    second.kill()
    end(server)
    del bench.vllm


def overload(bench):
    """A vLLM that refuses whatever it would have to queue beyond 4, and a window that may grow far beyond."""
    small = bench.start("overload", TEACHER, "--max-num-queued-reqs", "4", "--max-num-seqs", "4").ready()
    server = front(bench.work, "overload", [small], "--max-queued-tokens", "6000", "--max-request-tokens", "6000")
    with Clients(server.port, bench.segments, bench.own, 64) as clients:
        time.sleep(3 * DWELL_SECONDS)
    refused, retries = (total(server, f"remit_engine_{name}_total", *labels) for name, labels in
                        (("requests", ['outcome="busy"']), ("retries", [])))
    window = total(server, "remit_engine_window")
    clients.report("64 clients")
    print(f"  vLLM refused {refused:.0f} requests, {retries:.0f} were sent again, the window ends at {window:.0f}", flush=True)
    if not clients.counts.get(200):
        raise SystemExit("nobody got an answer")
    small.kill()
    end(server)


def overhead(bench):
    """The same segments, in turns: from vLLM itself over 64 connections, and through remit."""
    rounds, segments = 5, bench.segments
    server = front(bench.work, "overhead", [bench.vllm])
    rates, costs = {"vllm": [], "remit": []}, {"vllm": [], "remit": []}
    cpu = lambda: server.metric("process_cpu_seconds_total")
    # The first round warms up and is not counted.
    for turn in range(rounds + 1):
        for kind, url, connections in (("vllm", bench.vllm.url, 64), ("remit", f"http://127.0.0.1:{server.port}", 8)):
            before = cpu()
            result = ask(bench.work, kind, url, segments, connections)
            used = result["cpu_seconds"] + (cpu() - before if kind == "remit" else 0)
            if not all(map(lambda ids, values: corpus.right(bench.own, ids, values), segments, result["log_probs"])):
                raise SystemExit(f"{kind}: an answer is wrong")
            if turn > 0:
                rates[kind].append(result["tokens"] / result["seconds"])
                costs[kind].append(1e6 * used / result["tokens"])
    for kind, what in (("vllm", "a Python client, 64 connections to vLLM"), ("remit", "remit-server over vLLM and its client")):
        rate, cost = statistics.median(rates[kind]), statistics.median(costs[kind])
        print(f"  {what}: {rate:.0f} tokens/s ({min(rates[kind]):.0f} to {max(rates[kind]):.0f}), {cost:.1f} us of CPU a token", flush=True)
    ratio = statistics.median(b / a for a, b in zip(rates["vllm"], rates["remit"]))
    print(f"  through remit / vLLM itself: {ratio:.3f} (median of {rounds} pairs)", flush=True)
    end(server)
    if ratio < 1:
        raise SystemExit(f"{ratio:.3f} is less than 1")


PARTS = {part.__name__: part for part in (scores, anneal, replicas, overload, overhead)}


def main(work, *parts):
    bench, failed = Bench(work), []
    try:
        for name in parts:
            print(f"\n{name}: {PARTS[name].__doc__}", flush=True)
            begin = time.monotonic()
            try:
                PARTS[name](bench)
                print(f"  passed ({time.monotonic() - begin:.0f} s)", flush=True)
            except SystemExit as fault:
                failed.append(name)
                print(f"  FAILED: {fault}", flush=True)
    finally:
        bench.close()
    if failed:
        raise SystemExit(f"engine-check: {', '.join(failed)} failed; logs lie in {work}")


if __name__ == "__main__":
    main(*sys.argv[1:])
