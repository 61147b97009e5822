"""Sixty-four clients for a while: mixed sizes and forms, one connection in twenty hostile, a store that is too small, another
teacher made the default, a SIGTERM and a restart in the middle. Every answer must have the bits that its sequences have alone;
memory and descriptors must stay flat.

usage: soak.py WORK SECONDS
"""

import json
import os
import statistics
import sys
import threading
import time

import hostile
from client import Client, Tally
from reference import Reference
from server import DEMO, Server

CLIENTS = 64
KEY, ADMIN = "soak-client-key", "soak-admin-key"


def main(work, seconds):
    reference = Reference(work, ["teacher", "base"], sequences=150 if seconds < 60 else 600, seed=7, longest=400)
    teacher, other = list(reference.alone)
    server = started(work)
    tally, over, samples, gaps = Tally(), threading.Event(), [], []
    clients = [
        # A third of them stays with the first teacher whatever the default is.
        Client(server.port, reference, tally, seed, KEY, pin=teacher if seed % 3 == 0 else None)
        for seed in range(CLIENTS)
    ]
    threads = [threading.Thread(target=c.run, args=(over.is_set, hostile.act), daemon=True) for c in clients]
    watcher = threading.Thread(target=watch, args=(server, over, samples), daemon=True)
    idle = server.open_descriptors()
    begin = time.monotonic()
    for thread in [*threads, watcher]:
        thread.start()

    sleep_until(begin + 0.2 * seconds)
    switch(server, tally, "base", other)
    sleep_until(begin + 0.4 * seconds)
    restart(server, tally, gaps)
    sleep_until(begin + seconds)
    over.set()
    for thread, client in zip(threads, clients):
        thread.join(timeout=180)
        if thread.is_alive():
            tally.fail("a client has no answer after 180 s")
        client.close()
    report(server, reference, tally, samples, gaps, idle, seconds)


def started(work):
    keys = os.path.join(work, "keys")
    with open(keys, "w") as file:
        file.write(f"clients:{KEY}\nops:{ADMIN} admin\n")
    return Server(work, "soak", [
        "--api-key-file", keys, "--models-dir", DEMO, "--store", os.path.join(work, "store"), "--store-max-bytes", "1MiB",
        "--cache-tokens", "4000", "--max-batch-tokens", "2048", "--max-queued-tokens", "8000", "--max-request-tokens", "20000",
        "--max-body-bytes", "8MiB", "--max-connections", "160", "--log-format", "json",
    ], key=ADMIN).start()


def switch(server, tally, name, fingerprint):
    status, answer = server.call("POST", "/v1/teachers", {"name": name, "path": name})
    if status == 201:
        status, answer = server.call("PUT", "/v1/default-teacher", {"name": name})
    answered_by = server.call("GET", "/info")[1].get("model_fingerprint")
    if status != 200 or answered_by != fingerprint:
        tally.fail(f"switching the teacher: {status} {answer}, the default is {answered_by}")


def restart(server, tally, gaps):
    """SIGTERM under load: what is running is finished, the program exits 0."""
    begin = time.monotonic()
    status = server.stop()
    if status != 0:
        tally.fail(f"the server ended with status {status} on SIGTERM")
    server.start()
    gaps.append((begin - 0.1, time.monotonic() + 0.5))


def watch(server, over, samples):
    while not over.wait(0.5):
        try:
            samples.append((time.monotonic(), server.starts, server.resident_bytes(), server.open_descriptors()))
        except OSError:
            pass


def sleep_until(moment):
    time.sleep(max(0, moment - time.monotonic()))


def report(server, reference, tally, samples, gaps, idle, seconds):
    # A connection that was not accepted is no failure while there is no server.
    failures = [
        reason for moment, reason in tally.failures
        if not (reason.startswith("not accepted") and any(start <= moment <= end for start, end in gaps))
    ]
    life = [resident for _, starts, resident, _ in samples if starts == 2]
    third = max(1, len(life) // 3)
    first, last = statistics.median(life[:third]), statistics.median(life[-third:])
    if last > 1.15 * first + (8 << 20):
        failures.append(f"resident memory grew from {first / 1e6:.1f} to {last / 1e6:.1f} MB")
    deadline = time.monotonic() + 20
    while server.open_descriptors() > idle + 4 and time.monotonic() < deadline:
        time.sleep(0.2)
    left = server.open_descriptors()
    if left > idle + 4:
        failures.append(f"{left} descriptors are open, {idle} were before the first client")
    stored = server.metric('remit_tokens_total{source="stored"}')
    computed = server.metric('remit_tokens_total{source="computed"}')
    status = server.stop()
    if status != 0:
        failures.append(f"the server ended with status {status}")
    if not tally.counts.get("json") or not stored or not computed or not tally.counts.get("hostile"):
        failures.append(f"the run did not exercise what it should: {tally.counts}, {stored} stored, {computed} computed")
    print(json.dumps({
        "seconds": seconds, "clients": CLIENTS, "requests": dict(sorted(tally.counts.items())),
        "tokens_held_against_the_reference": tally.tokens, "sequences": len(reference.sequences),
        "stored_tokens_second_life": int(stored), "computed_tokens_second_life": int(computed),
        "resident_mb_every_tenth": [round(life[len(life) * tenth // 10] / 1e6, 1) for tenth in range(10)],
        "resident_mb": [round(first / 1e6, 1), round(last / 1e6, 1), round(max(s[2] for s in samples) / 1e6, 1)],
        "descriptors": {"before": idle, "after": left, "most": max(s[3] for s in samples)},
        "failures": len(failures),
    }, indent=1))
    for reason in failures[:20]:
        print("FAILED:", reason, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
