"""Teachers that are loaded while their checkpoint is written over in place, again and again. Each load must end in 422 with a reason, or
in 201 with the fingerprint and the bits of one of the two checkpoints that are written; the teacher that is there answers with the
same bits all the while. Half of the writes are of checkpoints without digests of their tensors: where a load falls into a pause of
such a write, what it finds is at rest, and nobody can tell that it is two halves. Those are counted, and no failure.

usage: torn_loads.py WORK TRIES [SEED]
"""

import hashlib
import json
import os
import random
import shutil
import struct
import sys
import threading
import time

from reference import bits
from server import DEMO, Server

INPUTS = {"model": "teacher", "inputs": [{"token_ids": [5, 9, 2, 7, 11, 13]}, {"token_ids": [20, 21, 22]}]}


class Writer:
    """Writes one checkpoint's bytes over the other's, in one of the ways in which programs do that."""

    def __init__(self, path, contents, draw):
        self.path, self.contents, self.draw = path, contents, draw
        self.over, self.writes = threading.Event(), 0
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.over.is_set():
            self.write(self.contents[self.writes % 2], self.draw.randrange(3))
            self.writes += 1
            time.sleep(self.draw.choice([0, 0.001, 0.01, 0.05]))

    def write(self, content, way):
        mode = ["r+b", "wb", "r+b"][way]  # over what is there; after cutting it to nothing; the same after cutting off its end
        with open(self.path, mode, buffering=0) as file:
            if way == 2:
                file.truncate(self.draw.randrange(len(content)))
            step = self.draw.choice([len(content), 1 << 18, 1 << 14])
            for at in range(0, len(content), step):
                file.write(content[at:at + step])
        # Whoever writes in place says at the end that it has: a time that is the file's own.
        now = time.time_ns()
        os.utime(self.path, ns=(now, now))

    def stop(self):
        self.over.set()
        self.thread.join()


def two_checkpoints(path):
    """{sealed: (bytes, bytes)}: two checkpoints of one length and different numbers, with digests of their tensors and without."""
    with open(path, "rb") as file:
        content = file.read()
    size = struct.unpack("<Q", content[:8])[0]
    header, data = json.loads(content[8:8 + size]), bytearray(content[8 + size:])
    for at in range(0, len(data), 4096):
        data[at] ^= 1
    changed = bytes(data)
    tensors = sorted(value["data_offsets"] for name, value in header.items() if name != "__metadata__")
    digests = header["__metadata__"]["remit_sha256"].split()[:1]
    digests += [hashlib.sha256(changed[at:end]).hexdigest() for at, end in tensors]

    def written(seal, data):
        metadata = {name: value for name, value in header["__metadata__"].items() if name != "remit_sha256"}
        text = json.dumps(header | {"__metadata__": metadata | ({"remit_sha256": seal} if seal else {})}).encode()
        return struct.pack("<Q", size + 512) + text.ljust(size + 512) + data

    pairs = [(header["__metadata__"]["remit_sha256"], content[8 + size:]), (" ".join(digests), changed)]
    return {True: [written(*pair) for pair in pairs], False: [written(None, data) for _, data in pairs]}


def main(work, tries, seed):
    print(f"seed {seed}", flush=True)
    models = os.path.join(work, "models")
    for name in ("first", "second", "torn"):
        shutil.copytree(os.path.join(DEMO, "teacher"), os.path.join(models, name))
    path = os.path.join(models, "torn", "model.safetensors")
    contents = two_checkpoints(path)
    for name, content in zip(("first", "second"), contents[True]):
        with open(os.path.join(models, name, "model.safetensors"), "wb") as file:
            file.write(content)
    server = Server(work, "torn", ["--models-dir", models, "--admin-without-key", "--cache-tokens", "0"]).start()
    right = {}
    for name in ("first", "second"):
        status, answer = server.call("POST", "/v1/teachers", {"name": name, "path": name})
        if status != 201:
            raise SystemExit(f"without a writer the load is answered {status}: {answer}")
        right[answer["model_fingerprint"]] = scores(server, name)
        server.call("DELETE", f"/v1/teachers/{name}")
    if len(right) != 2:
        raise SystemExit("the two checkpoints are one")
    expected = scores(server, "teacher")
    draw, counts, failures, writes = random.Random(seed), {}, [], 0
    for sealed in (True, False):
        writer = Writer(path, contents[sealed], draw)
        writer.write(contents[sealed][0], 1)
        writer.thread.start()
        for number in range(tries // 2):
            failures += [f"load {number}: {why}" for why in one_load(server, right, counts, sealed)]
            if scores(server, "teacher") != expected:
                failures.append(f"after load {number} the teacher answers with other bits")
        writer.stop()
        writes += writer.writes
        # What is written and left alone is loaded.
        writer.write(contents[sealed][0], 0)
        at_rest = {}
        failures += [f"at rest: {why}" for why in one_load(server, right, at_rest, True)]
        if at_rest != {"201": 1}:
            failures.append(f"at rest the load is answered {at_rest}")
    if server.stop() != 0:
        failures.append(f"the server ended with status {server.process.returncode}")
    print(json.dumps({"loads": tries, "answers": counts, "writes": writes, "failures": len(failures)}, indent=1))
    if not counts.get("422"):
        failures.append("no load met a write: this showed nothing")
    for reason in failures[:20]:
        print("FAILED:", reason, file=sys.stderr)
    sys.exit(1 if failures else 0)


def one_load(server, right, counts, sealed):
    """What was wrong with it."""
    status, answer = server.call("POST", "/v1/teachers", {"name": "torn", "path": "torn"})
    what = str(status)
    if status == 201:
        fingerprint = answer["model_fingerprint"]
        if fingerprint in right:
            if scores(server, "torn") != right[fingerprint]:
                yield f"{fingerprint} with other weights"
        elif sealed:
            yield f"a model that was never written: {fingerprint}"
        else:
            what = "201, two halves at rest"
    elif status != 422 or not answer.get("detail"):
        yield f"answered {status}: {answer}"
    counts[what] = counts.get(what, 0) + 1
    status, answer = server.call("DELETE", "/v1/teachers/torn")
    if status != 200:
        yield f"it could not be dropped: {status} {answer}"


def scores(server, model):
    status, answer = server.call("POST", "/v1/logprobs", INPUTS | {"model": model})
    return [bits(result["teacher_logprobs"]) for result in answer["results"]] if status == 200 else (status, answer)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32))
