"""The demo corpus as the segments that remit scores, and what a side-car says of them."""

import hashlib
import json
import os
import subprocess

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from server import DEMO, PROGRAM

CORPUS = os.path.join(DEMO, "corpus.jsonl")
SEQUENCE_LENGTH = 128
#: Largest difference of log-probs, in nats, between two engines that compute in f32. Measured: 9e-5 and less.
TOLERANCE = 2e-4


def segments():
    """Token ids of every piece of the corpus that has a scored token, as lists."""
    tokenizer = Tokenizer.from_file(os.path.join(DEMO, "base/tokenizer.json"))
    with open(os.path.join(DEMO, "base/config.json"), encoding="utf-8") as file:
        end = json.load(file)["eos_token_id"]
    found = []
    with open(CORPUS, encoding="utf-8") as file:
        for line in file:
            ids = tokenizer.encode(json.loads(line)["text"], add_special_tokens=False).ids + [end]
            found += [ids[start:start + SEQUENCE_LENGTH] for start in range(0, len(ids), SEQUENCE_LENGTH)]
    return [ids for ids in found if len(ids) > 1]


def key(ids):
    """What a side-car calls a segment."""
    return hashlib.sha256(np.asarray(ids, "<i4").tobytes()).digest()


def score(out, *flags):
    """Runs remit-server score over the corpus. Returns its log-probs by segment, NaN at the first token of each."""
    command = [
        PROGRAM, "score", "--model", os.path.join(DEMO, "teacher"), "--tokenizer", os.path.join(DEMO, "base"),
        "--corpus", CORPUS, "--sequence-length", str(SEQUENCE_LENGTH), "--out", out, *flags,
    ]
    with open(out + ".log", "wb") as log:
        if subprocess.run(command, stdout=log, stderr=log).returncode != 0:
            with open(out + ".log", encoding="utf-8", errors="replace") as file:
                raise SystemExit(f"{' '.join(command)}\nfailed: {file.read()[-2000:]}")
    return read(out)


def read(folder):
    """The log-probs of a side-car by segment."""
    found = {}
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        shards = json.load(file)["shards"]
    for shard in shards:
        tensors = load_file(os.path.join(folder, shard["file"]))
        starts = tensors["segment_starts"]
        for place, digest in enumerate(tensors["segment_sha256"]):
            found[digest.tobytes()] = tensors["logprobs"][starts[place]:starts[place + 1]]
    return found


def difference(expected, found):
    """(positions, how many have other bits, mean and largest difference in nats) of two maps of the same segments."""
    if expected.keys() != found.keys():
        missing, other = len(expected.keys() - found.keys()), len(found.keys() - expected.keys())
        raise SystemExit(f"the segments differ: {missing} of {len(expected)} are missing, {other} are others")
    for digest, values in expected.items():
        if not np.array_equal(np.isnan(values), np.isnan(found[digest])):
            raise SystemExit(f"segment {digest.hex()}: numbers at other positions, {np.isnan(found[digest]).sum()} NaN")
    first = np.concatenate([values[1:] for values in expected.values()])
    second = np.concatenate([found[digest][1:] for digest in expected])
    gap = np.abs(first.astype(np.float64) - second)
    return len(first), int((first != second).sum()), float(gap.mean()), float(gap.max())


def right(expected, ids, values):
    """Whether an answer's list, None at the first token, is that of `expected` within the tolerance."""
    if len(values) != len(ids) or values[0] is not None:
        return False
    gap = np.abs(expected[key(ids)][1:].astype(np.float64) - np.asarray(values[1:], np.float64))
    return bool((gap <= TOLERANCE).all())
