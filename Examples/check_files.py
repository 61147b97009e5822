#!/usr/bin/env python3
"""Reads and checks what remit leaves on disk, by docs/file-formats.md and with the standard library alone.

usage: check_files.py PATH...      a run's directory, a side-car, TOKENS.scores.json, a store, a token cache, a
                                checkpoint

Every digest is computed anew. Prints a line for each thing that was found whole; exit status 1 for the first that is not.
"""

import hashlib
import json
import math
import pathlib
import sqlite3
import struct
import sys

WIDTH = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "U8": 1, "BOOL": 1}


def require(holds, path, what):
    if not holds:
        sys.exit(f"{path}: {what}")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def number(value):
    return struct.pack("<Q", value)


def field(text):
    return number(len(text.encode())) + text.encode()


class Safetensors:
    def __init__(self, path):
        self.path, data = path, path.read_bytes()
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8 : 8 + length])
        self.metadata = header.pop("__metadata__", {})
        require(length % 8 == 0, path, "the header is not padded to 8 bytes")
        self.entries = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
        self.data, end = data[8 + length :], 0
        order = []
        for name, entry in self.entries:
            first, last = entry["data_offsets"]
            order.append((-WIDTH[entry["dtype"]], name))
            require(first == end, path, f"a gap before {name}")
            require(last - first == math.prod(entry["shape"]) * WIDTH[entry["dtype"]], path, f"the size of {name}")
            end = last
        require(order == sorted(order) and end == len(self.data), path, "the order or the size of the data")
        if "remit_sha256" in self.metadata:
            self.check_digests(self.metadata["remit_sha256"].split(" "))

    def bytes(self, name):
        first, last = dict(self.entries)[name]["data_offsets"]
        return self.data[first:last]

    def check_digests(self, digests):
        fields = sorted((k, v) for k, v in self.metadata.items() if k != "remit_sha256")
        header = field("remit safetensors header 1") + number(len(fields))
        header += b"".join(field(k) + field(v) for k, v in fields)
        for name, entry in self.entries:
            shape = entry["shape"]
            header += field(name) + field(entry["dtype"]) + number(len(shape)) + b"".join(map(number, shape))
            header += number(entry["data_offsets"][0])
        require(digests[0] == sha256(header), self.path, "the digest of the header")
        require(len(digests) == 1 + len(self.entries), self.path, "the number of digests")
        for digest, (name, _) in zip(digests[1:], self.entries):
            require(digest == sha256(self.bytes(name)), self.path, f"the digest of {name}")


def checkpoint(path):
    file = Safetensors(path)
    require(set(file.metadata) == {"run_state", "log", "remit_sha256"}, path, "the fields of its metadata")
    state, log = json.loads(file.metadata["run_state"]), json.loads(file.metadata["log"])
    require(state["format"] == 2 and path.name == f"step-{state['step']:08d}.safetensors", path, "format or step")
    parts = {prefix: set() for prefix in ("student", "first_moment", "second_moment", "ema")}
    for name, entry in file.entries:
        prefix, parameter = name.split(".", 1)
        require(prefix in parts, path, f"{name} is of no part of a run")
        require(entry["dtype"] == "F32", path, f"{name} is not F32")
        parts[prefix].add((parameter, tuple(entry["shape"])))
    require(parts["student"] == parts["first_moment"] == parts["second_moment"], path, "weights and moments differ")
    require(parts["ema"] in (set(), parts["student"]), path, "weights and their moving average differ")
    lines = (path.parent.parent / "log.jsonl").read_bytes()[: log["bytes"]]
    require(sha256(lines) == log["sha256"] and lines.endswith(b"\n"), path, "its mark of the step log")
    print(f"{path}: {len(parts['student'])} parameters after step {state['step']}")


def run(directory):
    lines = (directory / "log.jsonl").read_bytes()
    require(lines.endswith(b"\n"), directory / "log.jsonl", "the last line is cut")
    records = [json.loads(line) for line in lines.splitlines()]
    print(f"{directory / 'log.jsonl'}: {len(records)} lines")
    for path in sorted((directory / "checkpoints").glob("step-*.safetensors")):
        checkpoint(path)
    token_caches(directory / "tokens")
    for student in (directory, directory / "best", *sorted((directory / "exports").glob("step-*"))):
        # It is written last: without it nothing there is whole yet.
        for path, is_average in ((student, False), (student / "ema", True)):
            if (path / "remit.json").exists():
                model(path, is_average)


def model(directory, is_average):
    lineage = json.loads((directory / "remit.json").read_text())
    files = sorted(directory.glob("model*.safetensors"))
    require(files, directory, "it has no parameters")
    for path in files:
        require("remit_sha256" in Safetensors(path).metadata, path, "it has no digests")
    require(lineage.get("moving_average", False) == is_average, directory, "moving_average of its remit.json")
    print(f"{directory}: {lineage['command']}, {lineage['steps']} steps, {lineage['tokens']} tokens")


def side_car(directory):
    path = directory / "manifest.json"
    text = path.read_text()
    manifest = json.loads(text)
    unsigned = "".join(line for line in text.splitlines(True) if '"manifest_sha256"' not in line)
    require(manifest["format"] == 2, path, "format")
    require(sha256(unsigned.rstrip("\n").encode()) == manifest["manifest_sha256"], path, "its digest")
    description = manifest["description"]
    for shard in manifest["shards"]:
        path = directory / shard["file"]
        data = path.read_bytes()
        require(len(data) == shard["bytes"] and sha256(data) == shard["sha256"], path, "its size or digest")
        file = Safetensors(path)
        for name in ("sequence_length", "scores_fingerprint", "tokenizer_fingerprint"):
            require(file.metadata[name] == str(description[name]), path, name)
        segments, tokens = shard["segments"], shard["tokens"]
        starts = struct.unpack(f"<{segments + 1}q", file.bytes("segment_starts"))
        values = struct.unpack(f"<{tokens}f", file.bytes("logprobs"))
        require(starts[0] == 0 and starts[-1] == tokens and len(set(starts)) == segments + 1, path, "segment_starts")
        require(len(file.bytes("segment_sha256")) == 32 * segments, path, "segment_sha256")
        firsts = set(starts[:-1])
        require(
            all(math.isnan(v) if at in firsts else v <= 0 and math.isfinite(v) for at, v in enumerate(values)),
            path, "a log-prob that cannot be")
    done = sum(shard["segments"] for shard in manifest["shards"])
    print(f"{directory}: {done} of {description['segments']} segments, {description['tokens']} tokens")


def parallel(path):
    manifest = json.loads(path.read_text())
    said = manifest.pop("manifest_sha256")
    compact = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    require(sha256(compact.encode()) == said, path, "its digest")
    require((manifest["form"], manifest["format"]) == ("remit-parallel-scores", 1), path, "form")
    require(manifest["unit"]["kind"] in ("document", "chunk") and manifest["unit"]["tokens"] >= 2, path, "unit")
    scores, items = manifest["scores"], manifest["tokens"]["items"]
    width, code = {"float32": (4, "f"), "float16": (2, "e")}[scores["dtype"]]
    numbers = path.parent / scores["file"]
    data = numbers.read_bytes()
    require(len(data) == items * width, numbers, "its size")
    step = scores["range_items"] * width
    require([sha256(data[at:at + step]) for at in range(0, len(data), step)] == scores["sha256"], numbers, "a digest")
    values = [v for v in struct.unpack(f"<{items}{code}", data) if not math.isnan(v)]
    low, high = {"logprobs": (-math.inf, 0), "weights": (0, 2.001)}[manifest["quantity"]]
    require(all(low <= v <= high and math.isfinite(v) for v in values), numbers, "a number that cannot be")
    require(len(values) == manifest["scored_items"], path, "scored_items")
    tokens = path.parent / manifest["tokens"]["file"]
    if tokens.exists():
        require(sha256(tokens.read_bytes()) == manifest["tokens"]["sha256"], tokens, "its digest")
    print(f"{numbers}: {manifest['quantity']} of {len(values)} of {items} items")


def token_caches(directory):
    for path in sorted(directory.glob("*")):
        # What a killed process left, or another is filling.
        if ".partial-" not in path.name:
            token_cache(path)


def token_cache(directory):
    table = (directory / "blocks.sha256").read_bytes()
    require(hashlib.sha256(table[32:]).digest() == table[:32], directory, "the digest of blocks.sha256")
    place, files = 32, {}
    for name in ("corpus.json", "documents.bin", "tokens.i32", "ids.bin", "ids.ends", "mask.bits"):
        if name == "mask.bits" and place == len(table):
            break
        (size,) = struct.unpack_from("<Q", table, place)
        place += 8
        data = (directory / name).read_bytes() if (directory / name).exists() else b""
        require(len(data) == size, directory / name, "its size")
        for start in range(0, size, 65536):
            block = hashlib.sha256(data[start : start + 65536]).digest()
            require(block == table[place : place + 32], directory / name, f"the block at {start}")
            place += 32
        files[name] = data
    require(place == len(table), directory, "blocks.sha256 is longer")
    summary = json.loads(files["corpus.json"])
    require(summary["format"] == 5, directory, "format")
    lanes, seen, scored = [0] * 4, {}, 0
    for at in range(summary["documents"]):
        offset, count, context, short, earlier, domain = struct.unpack_from("<QIIQII", files["documents.bin"], 32 * at)
        ids = files["tokens.i32"][4 * offset : 4 * (offset + count)]
        places = range(offset, offset + count) if "mask.bits" in files else ()
        mask = [files["mask.bits"][place // 8] >> place % 8 & 1 for place in places]
        is_masked = 0 in mask[context:]
        digest = hashlib.sha256(number(context) + ids + (bytes(mask) if is_masked else b"")).digest()
        lanes = [(a + b) % 2**64 for a, b in zip(lanes, struct.unpack("<4Q", digest))]
        require(len(ids) == 4 * count and digest[:8] == number(short), directory, f"document {at}")
        require(seen.get(short, 0) == earlier and domain <= len(summary["domains"]), directory, f"document {at}")
        seen[short] = earlier + 1
        scored += sum(mask[1:]) if is_masked else max(0, count - max(context, 1))
    require(len(files["tokens.i32"]) == 4 * summary["tokens"], directory, "tokens")
    require(scored == summary["scoredTokens"], directory, "scoredTokens")
    found = sha256(number(summary["documents"]) + b"".join(map(number, lanes)))
    require(found == summary["corpusFingerprint"], directory, "corpusFingerprint")
    print(f"{directory}: {summary['documents']} documents, {summary['tokens']} tokens")


def store(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    (application,), (version,) = database.execute("PRAGMA application_id"), database.execute("PRAGMA user_version")
    require((application, version) == ((0x524D4954,), (1,)), path, "application_id or user_version")
    rows = database.execute(
        "SELECT scores_fingerprint, digest, tokens, checksum, log_probs FROM segments"
        " JOIN fingerprints ON fingerprint = fingerprints.id JOIN log_probs ON segments.id = log_probs.id")
    count = 0
    for fingerprint, digest, tokens, checksum, value in rows:
        key = field("remit log-probs 1") + fingerprint + digest + number(len(value))
        require(hashlib.sha256(key + value).digest()[:16] == checksum, path, f"the checksum of {digest.hex()}")
        require(len(value) == 4 * tokens, path, f"the length of {digest.hex()}")
        count += 1
    print(f"{path}: {count} segments")


def main(paths):
    if not paths:
        sys.exit(__doc__)
    for path in map(pathlib.Path, paths):
        if (path / "manifest.json").exists():
            side_car(path)
            token_caches(path / "tokens")
        elif (path / "blocks.sha256").exists():
            token_cache(path)
        elif (path / "scores.sqlite").exists():
            store(path / "scores.sqlite")
        elif (path / "log.jsonl").exists():
            run(path)
        elif path.suffix == ".safetensors":
            checkpoint(path)
        elif path.name.endswith((".scores.json", ".weights.json")):
            parallel(path)
        else:
            sys.exit(f"{path}: neither a run, a side-car, scores beside tokens, a token cache, a store nor a checkpoint")


main(sys.argv[1:])
