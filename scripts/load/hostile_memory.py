"""A server whose address space is limited, under requests that want all of it: texts that tokenize to millions of tokens, JSON that is read
into many times its size, gzip that expands to what a body may have, many at once. It must never die; each is answered with 413, 422,
429 or 503; what others ask meanwhile is served with the same bits; and what was ever resident stays below memory_bound_bytes of
/info and --max-buffered-bytes together. First with the limits that a server has by default, 61 KB of gzip that are a text of 64 MiB, many
at once; then with smaller ones everything.

usage: hostile_memory.py WORK SECONDS [SEED]
"""

import gzip
import http.client
import json
import os
import random
import resource
import sys
import threading
import time

from client import Client, Tally
from reference import Reference
from server import Server

ATTACKERS, CLIENTS = 12, 4
REFUSALS = {413, 422, 429, 503}


def compressed(start, unit, end, size):
    """A body of nearly `size` bytes, nearly all of it one thing again and again, as a few kilobytes of gzip."""
    size -= 4096
    return gzip.compress(start + unit * ((size - len(start) - len(end)) // len(unit)) + end, 9)


def attacks(size):
    """(what it is, path, type, body) for bodies of so many bytes at most."""
    json_type, tensors = "application/json", "application/vnd.safetensors"
    yield "words", "/v1/tokenize", json_type, compressed(b'{"text":"', b"1 ", b'"}', size)
    yield "one word", "/v1/tokenize", json_type, compressed(b'{"text":"', b"a", b'"}', size)
    yield "escapes", "/v1/tokenize", json_type, compressed(b'{"text":"', b"\\u00e9", b'"}', size)
    yield "fitting words", "/v1/tokenize", json_type, compressed(b'{"text":"', b"1 ", b'"}', size // 16)
    yield "ids", "/v1/detokenize", json_type, compressed(b'{"token_ids":[1', b",1", b"]}", size)
    yield "text", "/v1/logprobs", json_type, compressed(b'{"inputs":[{"text":"', b"1 ", b'"}]}', size)
    yield "numbers", "/v1/logprobs", json_type, compressed(b'{"inputs":[{"token_ids":[1', b",1", b"]}]}", size)
    yield "inputs", "/v1/logprobs", json_type, compressed(b'{"inputs":[{"text":"a"}', b',{"text":"a"}', b"]}", size)
    yield "arrays", "/v1/logprobs", json_type, compressed(b'{"inputs":[{"token_ids":[', b"[],", b"]}]}", size)
    yield "masks", "/v1/weights", json_type, compressed(b'{"inputs":[{"token_ids":[1],"loss_mask":[1', b",1", b"]}]}", size)
    yield "log-probs", "/v1/weights", json_type, compressed(
        b'{"inputs":[{"token_ids":[1],"student_logprobs":[0', b",0", b"]}]}", size)
    yield "metadata", "/v1/logprobs", tensors, compressed(
        (size - 8192).to_bytes(8, "little") + b'{"__metadata__":{"a":""', b',"b":""', b"}}", size)
    yield "sequences", "/v1/logprobs", tensors, gzip.compress(flat(size // 16), 1)
    yield "not gzip", "/v1/logprobs", json_type, compressed(b"", b" ", b"", size)


def flat(count):
    """`count` inputs of one token each."""
    header = json.dumps({
        "sequence_starts": {"dtype": "I64", "shape": [count + 1], "data_offsets": [0, 8 * count + 8]},
        "token_ids": {"dtype": "I32", "shape": [count], "data_offsets": [8 * count + 8, 12 * count + 8]},
    }).encode()
    header += b" " * (-len(header) % 8)
    starts = b"".join(at.to_bytes(8, "little") for at in range(count + 1))
    return len(header).to_bytes(8, "little") + header + starts + bytes(4 * count)


def attack(server, made, draw, is_over, tally):
    """Posts one of them after the other, at least one."""
    while True:
        what, path, content_type, body = draw.choice(made)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
        try:
            connection.request("POST", path, body, {"Content-Type": content_type, "Content-Encoding": "gzip"})
            answer = connection.getresponse()
            content = answer.read()
            tally.count(f"{what} {answer.status}")
            # What is wrong for another reason than its size is 400.
            if answer.status not in REFUSALS | {400}:
                tally.fail(f"{what}: status {answer.status}: {content[:300]!r}")
        except (OSError, http.client.HTTPException) as error:
            tally.fail(f"{what}: no answer: {error!r}")
            time.sleep(0.2)
        finally:
            connection.close()
        if is_over():
            return


def status_bytes(process, field):
    with open(f"/proc/{process.pid}/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(field + ":"))


def limited(server, bound):
    """Limits the address space to what is mapped now, what /info and the flag allow, and stacks and arenas of the threads to come."""
    allowed = status_bytes(server.process, "VmSize") + bound + (ATTACKERS + CLIENTS + 4) * (64 << 20)
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (allowed, allowed))
    return allowed


def besiege(server, reference, made, seconds, seed):
    """What was wrong with the server, attacked for a while."""
    server.start()
    buffered = server.call("GET", "/info")[1]["settings"]["max_buffered_bytes"]
    bound = server.call("GET", "/info")[1]["memory_bound_bytes"] + buffered
    allowed = limited(server, bound)
    tally, end = Tally(), time.monotonic() + seconds

    def is_over():
        return time.monotonic() > end or server.process.poll() is not None

    attackers = [
        threading.Thread(
            target=attack, args=(server, made, random.Random(f"{seed}.{number}"), is_over, tally), daemon=True)
        for number in range(ATTACKERS)]
    over = threading.Event()
    clients = [Client(server.port, reference, tally, seed + number) for number in range(CLIENTS)]
    others = [threading.Thread(target=client.run, args=(over.is_set,), daemon=True) for client in clients]
    for group in (attackers, others):
        for thread in group:
            thread.start()
    for thread in attackers:
        thread.join()
    over.set()
    for thread in others:
        thread.join(timeout=180)
    return report(server, tally, bound, allowed)


def report(server, tally, bound, allowed):
    failures, peak, mapped = [reason for _, reason in tally.failures], 0, 0
    if server.process.poll() is not None:
        failures.append(f"the server ended with status {server.process.returncode}")
    else:
        peak, mapped = status_bytes(server.process, "VmHWM"), status_bytes(server.process, "VmPeak")
        if peak > bound:
            failures.append(f"{peak} bytes were resident, /info and --max-buffered-bytes say {bound}")
        if server.call("GET", "/health")[0] != 200 or server.stop() != 0:
            failures.append("the server did not end well")
    forms = ("json", "gzip", "ndjson", "safetensors")
    served = sum(tally.counts.get(form, 0) for form in forms)
    if not served:
        failures.append("nobody else was served")
    print(json.dumps({
        "server": server.name, "answers": {what: count for what, count in sorted(tally.counts.items()) if what not in forms},
        "served_to_others": served, "mb": {
            "peak_resident": peak >> 20, "bound": bound >> 20, "peak_mapped": mapped >> 20, "may_be_mapped": allowed >> 20},
        "failures": len(failures),
    }, indent=1), flush=True)
    return failures


def main(work, seconds, seed):
    print(f"seed {seed}", flush=True)
    reference = Reference(work, ["teacher"], sequences=100, seed=7, longest=200)
    usual = ["--log-format", "json", "--cache-tokens", "0"]
    texts = [made for made in attacks(64 << 20) if made[0] in ("words", "text")]
    failures = besiege(Server(work, "default-limits", usual), reference, texts, 0, seed)
    small = ["--max-body-bytes", "16MiB", "--max-buffered-bytes", "128MiB", "--max-request-tokens", "65536"]
    failures += besiege(Server(work, "small-limits", usual + small), reference, list(attacks(16 << 20)), seconds, seed)
    for reason in failures[:20]:
        print("FAILED:", reason, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32))
