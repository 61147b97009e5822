"""SIGKILL under load, again and again. After each the store must verify, and what it gives back must have the right bits.

usage: crash.py WORK KILLS
"""

import json
import os
import random
import subprocess
import sys
import threading
import time

from client import Client, Tally
from reference import Reference
from server import PROGRAM, Server

CLIENTS = 8


def main(work, kills):
    reference = Reference(work, ["teacher"], sequences=400, seed=11, longest=200)
    store = os.path.join(work, "store")
    # As small as it may be, so that it is soon full and evicts; nothing is kept in memory.
    server = Server(work, "crash", ["--store", store, "--store-max-bytes", "1MiB", "--cache-tokens", "0"])
    draw, tally, begin = random.Random(3), Tally(), time.monotonic()
    stored = written = 0
    for kill in range(kills):
        server.start()
        failures = tally.failures
        if not all_right(server, reference, draw):
            failures.append((0, f"after {kill} kills a sequence has other log-probs than alone"))
        load(server, reference, tally, draw.uniform(0.2, 0.8), seed=100 * kill)
        stored += server.metric('remit_tokens_total{source="stored"}')
        written += server.metric("remit_store_written_segments_total")
        under_load(server, reference, tally, draw.uniform(0.02, 0.3), seed=100 * kill + 50)
        verdict = subprocess.run([PROGRAM, "store", "verify", store, "--json"], capture_output=True, text=True)
        if verdict.returncode != 0 or json.loads(verdict.stdout)["sound"] is not True:
            failures.append((0, f"after {kill + 1} kills: {verdict.stdout} {verdict.stderr}"))
    if not stored or not written:
        tally.fail(f"the store was not used: {stored} tokens read, {written} segments written")
    print(json.dumps({
        "kills": kills, "seconds": round(time.monotonic() - begin, 1), "requests": dict(sorted(tally.counts.items())),
        "tokens_held_against_the_reference": tally.tokens, "tokens_from_the_store": int(stored),
        "segments_written": int(written), "failures": len(tally.failures),
    }, indent=1))
    for _, reason in tally.failures[:20]:
        print("FAILED:", reason, file=sys.stderr)
    sys.exit(1 if tally.failures else 0)


def all_right(server, reference, draw):
    indices = draw.sample(range(len(reference.sequences)), 64)
    status, answer = server.call("POST", "/v1/logprobs", {
        "inputs": [{"token_ids": reference.sequences[index]} for index in indices]})
    return status == 200 and all(
        reference.holds(answer["model_fingerprint"], index, result["teacher_logprobs"])
        for index, result in zip(indices, answer["results"]))


def load(server, reference, tally, seconds, seed):
    """Clients for a while; all their requests are answered."""
    end = time.monotonic() + seconds
    run(server, reference, tally, lambda: time.monotonic() > end, seed)()


def under_load(server, reference, tally, seconds, seed):
    """The kill in the middle of requests: what is not answered then is no failure."""
    is_dead = threading.Event()
    lost = Tally()
    join = run(server, reference, lost, is_dead.is_set, seed)
    time.sleep(seconds)
    is_dead.set()
    server.kill()
    join()
    wrong = [failure for failure in lost.failures if any(word in failure[1] for word in ("log-probs", "status", "is none"))]
    tally.failures.extend(wrong)
    tally.tokens += lost.tokens


def run(server, reference, tally, is_over, seed):
    clients = [Client(server.port, reference, tally, seed + number) for number in range(CLIENTS)]
    threads = [threading.Thread(target=client.run, args=(is_over,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()

    def join():
        for thread, client in zip(threads, clients):
            thread.join(timeout=120)
            if thread.is_alive():
                tally.fail("a client has no answer after 120 s: status unknown")
            client.close()
    return join


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
