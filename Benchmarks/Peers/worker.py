"""The worker protocol of scripts/bench for programs in Python; Benchmarks/Models/Worker.swift is remit's.

A worker prints one JSON line when ready and then answers each line on standard input with one JSON object: `batch PATH` takes a
batch, `round` runs the work once, `scores PATH` writes the last round's log-probs (f32 little-endian, NaN at the start of each
sequence).
"""
import json, os, resource, sys, time
import numpy as np


def serve(ready, take, round, scores):
    """take(lists of token ids); round() -> dict with `tokens`; scores() -> one array a sequence, without its first position."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to standard error
    def answer(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    answer({"ready": ready})
    for line in sys.stdin:
        command, _, path = line.rstrip("\n").partition(" ")
        if command == "round":
            cpu, wall = time.process_time(), time.perf_counter()
            report = round()
            report.update(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall,
                          peak_rss=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10)
            answer(report)
        elif command == "batch":
            take(read_batch(path))
            answer({})
        elif command == "scores":
            flat = [part for row in scores() for part in ([np.nan], np.asarray(row, dtype=np.float64))]
            np.concatenate(flat).astype("<f4").tofile(path)
            answer({})
        else:
            sys.exit(f"unknown command {command}")


def read_batch(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
