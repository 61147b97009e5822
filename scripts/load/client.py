"""A client that sends mixed requests and holds every answer against the reference."""

import gzip
import http.client
import json
import random
import struct
import threading
import time


class Tally:
    """What came of the requests, counted by all threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts, self.failures, self.tokens = {}, [], 0

    def count(self, what, tokens=0):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            self.tokens += tokens

    def fail(self, reason):
        with self.lock:
            self.failures.append((time.monotonic(), reason))


class NotAccepted(Exception):
    """The server gave no answer, and had not begun one."""


class Client:
    # Answers that say: not now.
    REFUSALS = {429, 503}

    def __init__(self, port, reference, tally, seed, key=None, pin=None):
        self.port, self.reference, self.tally, self.key, self.pin = port, reference, tally, key, pin
        self.draw = random.Random(seed)
        self.connection = None

    def run(self, is_over, hostile=None):
        """`hostile`: called instead of every twentieth request."""
        while not is_over():
            try:
                if hostile and self.draw.random() < 0.05:
                    hostile(self.port, self.key, self.draw, self.tally)
                elif not self.exchange():
                    time.sleep(self.draw.uniform(0.05, 0.3))
            except NotAccepted as lost:
                self.tally.fail(f"not accepted: {lost}")
                time.sleep(0.1)
            except Exception as fault:  # An answer that cannot be read: no client may end in silence.
                self.tally.fail(f"an answer that is none: {fault!r}")
                time.sleep(0.1)

    def exchange(self):
        """False where the server had no time."""
        indices = [self.draw.randrange(len(self.reference.sequences)) for _ in range(self.draw.choice([1, 1, 2, 4, 16]))]
        sequences = [self.reference.sequences[index] for index in indices]
        if self.draw.random() < 0.3:
            # One that nobody has seen before, so that there is always something to compute and to store.
            sequences.append([self.draw.randrange(640) for _ in range(self.draw.randrange(2, 200))])
        form = self.draw.choice(["json", "gzip", "ndjson", "safetensors"])
        status, body = self.post(sequences, form)
        if status in self.REFUSALS:
            self.tally.count(f"refused {status}")
            return False
        if status != 200:
            self.tally.fail(f"{form}: status {status}: {body[:300]!r}")
            return True
        read = {"ndjson": read_lines, "safetensors": read_tensors}.get(form, read_json)
        fingerprint, results = read(body, sequences)
        if self.pin and fingerprint != self.pin:
            self.tally.fail(f"{form}: pinned {self.pin}, answered by {fingerprint}")
        if len(results) != len(sequences):
            self.tally.fail(f"{form}: {len(results)} results for {len(sequences)} inputs")
        for index, log_probs in zip(indices, results):
            if not self.reference.holds(fingerprint, index, log_probs):
                self.tally.fail(f"{form}: sequence {index} has other log-probs than alone")
        self.tally.count(form, sum(map(len, sequences[:len(indices)])))
        return True

    def post(self, sequences, form):
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        if form == "safetensors":
            headers["Content-Type"] = "application/vnd.safetensors"
            body = tensors(sequences, {"model_fingerprint": self.pin} if self.pin else {})
        else:
            request = {"inputs": [{"token_ids": sequence} for sequence in sequences]}
            if self.pin:
                request["model_fingerprint"] = self.pin
            body = json.dumps(request).encode()
        if form == "gzip":
            headers["Content-Encoding"], body = "gzip", gzip.compress(body)
        if form == "ndjson":
            headers["Accept"] = "application/x-ndjson"
        if self.connection is None or self.draw.random() < 0.1:
            self.close()
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            self.connection.request("POST", "/v1/logprobs", body, headers)
            answer = self.connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NotAccepted(repr(error))
        try:
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self.tally.fail(f"{form}: an answer was begun and cut: {error!r}")
            raise NotAccepted(repr(error))
        if answer.getheader("Connection") == "close":
            self.close()
        return answer.status, body

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def read_json(body, sequences):
    answer = json.loads(body)
    return answer["model_fingerprint"], [result["teacher_logprobs"] for result in answer["results"]]


def read_lines(body, sequences):
    lines = {line["index"]: line for line in map(json.loads, body.splitlines())}
    return lines[0]["model_fingerprint"], [lines[place]["teacher_logprobs"] for place in range(len(sequences))]


def read_tensors(body, sequences):
    size = struct.unpack("<Q", body[:8])[0]
    header = json.loads(body[8:8 + size])
    start, end = header["teacher_logprobs"]["data_offsets"]
    flat = [None if x != x else x for (x,) in struct.iter_unpack("<f", body[8 + size + start:8 + size + end])]
    results = []
    for sequence in sequences:
        results.append(flat[:len(sequence)])
        flat = flat[len(sequence):]
    return header["__metadata__"]["model_fingerprint"], results


def tensors(sequences, metadata):
    """The safetensors form of a request."""
    ids = b"".join(struct.pack(f"<{len(sequence)}i", *sequence) for sequence in sequences)
    starts = [0]
    for sequence in sequences:
        starts.append(starts[-1] + len(sequence))
    bounds = struct.pack(f"<{len(starts)}q", *starts)
    header = json.dumps({
        "__metadata__": metadata,
        "sequence_starts": {"dtype": "I64", "shape": [len(starts)], "data_offsets": [0, len(bounds)]},
        "token_ids": {"dtype": "I32", "shape": [starts[-1]], "data_offsets": [len(bounds), len(bounds) + len(ids)]},
    }).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + bounds + ids
