"""Mutated valid bodies, posted to a live server for a while: every route that takes a body, as JSON and as safetensors, plain, gzip
and zstd. A body that was left as it is must be answered with 2xx; no body with 5xx, or not at all; /health answers all the while;
memory stays flat.

usage: bodies.py WORK SECONDS [SEED]     each client's bodies follow from the seed; what failed lies in WORK/failures
"""

import http.client
import json
import os
import random
import statistics
import sys
import threading
import time

import mutations
import valid_bodies
from client import Tally
from server import DEMO, Server

CLIENTS = 4
KEY = "fuzz-admin-key"


class Fuzzer:
    def __init__(self, server, seed, tally, pins, folder):
        self.server, self.tally, self.pins, self.folder = server, tally, pins, folder
        self.draw = random.Random(seed)
        self.connection = None

    def run(self, is_over):
        try:
            while not is_over():
                self.post()
        except Exception as error:
            self.tally.fail(f"the fuzzer itself: {error!r}")
            raise

    def post(self):
        request, way = mutations.spoiled(self.draw, valid_bodies.drawn(self.draw, self.pins))
        body = b"" if request.tree is None and request.method == "DELETE" else request.body()
        if way == "bytes":
            body = mutations.spoil_bytes(self.draw, body)
        coding, body = valid_bodies.coded(self.draw, body)
        if way == "coded":
            body = mutations.spoil_bytes(self.draw, body)
        headers = {"Content-Type": request.content_type, "Authorization": f"Bearer {KEY}"}
        headers |= {"Accept": request.accept} if request.accept else {}
        headers |= {"Content-Encoding": coding} if coding else {}
        try:
            status, answer = self.exchange(request, headers, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            status, answer = 0, repr(error).encode()
        why = self.wrong(request, way, status, answer)
        self.tally.count(f"{request.path.split('/')[2]} {status}")
        self.tally.count(way)
        if why:
            self.keep(request, headers, body, f"{why}: {answer[:300]!r}")

    def exchange(self, request, headers, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        self.connection.request(request.method, request.path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.getheader("Connection") == "close":
            self.close()
        return answer.status, content

    def wrong(self, request, way, status, answer):
        """None, or what is wrong with an answer."""
        if status == 0:
            return "no answer"
        if status >= 500:
            return f"status {status}"
        # What had begun has no status of its own any more: the last line says it.
        last = answer.rstrip(b"\n").rsplit(b"\n", 1)[-1]
        if status == 200 and last.startswith(b'{"error"') and json.loads(last)["error"]["status"] >= 500:
            return "a stream that ends in an error"
        teacher = "teacher" in request.path
        if way == "nothing" and not (200 <= status < 300 or teacher and status in (404, 409, 422)):
            return f"a valid body is answered with {status}"
        return None

    def keep(self, request, headers, body, why):
        name = os.path.join(self.folder, f"{threading.get_ident()}-{self.tally.counts.get('failures', 0)}")
        self.tally.count("failures")
        with open(name + ".body", "wb") as file:
            file.write(body)
        shown = {name: value for name, value in headers.items() if name != "Authorization"}
        with open(name + ".json", "w") as file:
            json.dump({"method": request.method, "path": request.path, "headers": shown, "why": why}, file, indent=1)
        self.tally.fail(f"{request.method} {request.path}, {name}.body: {why}")

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def watch(server, over, samples, tally):
    """Memory, and whether /health answers."""
    while not over.wait(0.5):
        begin = time.monotonic()
        try:
            status, _ = server.call("GET", "/health")
            samples.append((server.resident_bytes(), time.monotonic() - begin))
        except (OSError, http.client.HTTPException) as error:
            status = repr(error)
        if status != 200:
            tally.fail(f"/health: {status}")


def main(work, seconds, seed):
    print(f"seed {seed}", flush=True)
    folder = os.path.join(work, "failures")
    os.makedirs(folder)
    keys = os.path.join(work, "keys")
    with open(keys, "w") as file:
        file.write(f"fuzz:{KEY} admin\n")
    os.chmod(keys, 0o600)
    server = Server(work, "bodies", [
        "--base", os.path.join(DEMO, "base"), "--models-dir", DEMO, "--api-key-file", keys,
        "--store", os.path.join(work, "store"), "--store-max-bytes", "1MiB", "--cache-tokens", "20000",
        "--max-body-bytes", "4MiB", "--max-request-tokens", "20000", "--log-format", "json"], key=KEY).start()
    _, info = server.call("GET", "/info")
    pins = {name: info[name] for name in ("model_fingerprint", "tokenizer_fingerprint", "scores_fingerprint")}
    tally, over, samples, begin = Tally(), threading.Event(), [], time.monotonic()
    fuzzers = [Fuzzer(server, f"{seed}.{number}", tally, pins, folder) for number in range(CLIENTS)]
    threads = [threading.Thread(target=fuzzer.run, args=(over.is_set,), daemon=True) for fuzzer in fuzzers]
    threads.append(threading.Thread(target=watch, args=(server, over, samples, tally), daemon=True))
    for thread in threads:
        thread.start()
    while time.monotonic() < begin + seconds and server.process.poll() is None and len(tally.failures) < 100:
        time.sleep(0.2)
    over.set()
    for thread in threads:
        thread.join(timeout=120)
    report(server, tally, samples, time.monotonic() - begin)


def report(server, tally, samples, seconds):
    failures = [reason for _, reason in tally.failures]
    if server.process.poll() is not None:
        failures.append(f"the server ended with status {server.process.returncode}")
    elif server.stop() != 0:
        failures.append(f"the server ended with status {server.process.returncode} on SIGTERM")
    third = max(1, len(samples) // 3)
    first, last = (statistics.median(bytes for bytes, _ in part) for part in (samples[:third], samples[-third:]))
    if last > 1.15 * first + (16 << 20):
        failures.append(f"resident memory grew from {first / 1e6:.1f} to {last / 1e6:.1f} MB")
    ways = ("nothing", "tree", "bytes", "coded", "tensors")
    counts = dict(sorted(tally.counts.items()))
    print(json.dumps({
        "seconds": round(seconds), "bodies": sum(counts.get(way, 0) for way in ways),
        "spoiled": {way: counts.get(way, 0) for way in ways},
        "answers": {what: count for what, count in counts.items() if what not in ways and what != "failures"},
        "resident_mb": [round(value / 1e6, 1) for value in (first, last, max(bytes for bytes, _ in samples))],
        "health": {"asked": len(samples), "longest_seconds": round(max(time for _, time in samples), 3)},
        "failures": len(failures),
    }, indent=1))
    for reason in failures[:20]:
        print("FAILED:", reason, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32))
