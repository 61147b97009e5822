#!/usr/bin/env python3
"""Writes Tests/Method/TokenWeightsTests/TokenWeightsGolden.swift: token weights computed by PyTorch in float64.

Usage: python scripts/goldens/weights_golden.py > Tests/Method/TokenWeightsTests/TokenWeightsGolden.swift
Needs torch and numpy. Deterministic.
"""

import math

import numpy as np
import torch


def weights(name, teacher, student, scored, starts, epsilon, centering, keep):
    delta = torch.tensor(teacher, dtype=torch.float64) - torch.tensor(student, dtype=torch.float64)
    out = torch.zeros(len(teacher), dtype=torch.float64)
    low = high = 0
    bounds = list(zip(starts, starts[1:] + [len(teacher)])) if centering == "document" else [(0, len(teacher))]
    if name == "rho1":
        at = [t for t in range(len(teacher)) if scored[t]]
        kept = sorted(at, key=lambda t: (-delta[t].item(), t))[: math.ceil(keep * len(at))]
        out[kept] = 1
        return out, 0, 0, len(kept)
    for begin, end in bounds:
        at = [t for t in range(begin, end) if scored[t]]
        if not at:
            continue
        centred = delta[at] - delta[at].mean()
        weight = 2 * torch.sigmoid(centred)
        low += int((weight < 1 - epsilon).sum())
        high += int((weight > 1 + epsilon).sum())
        out[at] = weight.clamp(1 - epsilon, 1 + epsilon)
    return out, low, high, int(sum(scored))


def literal(values):
    return "[" + ", ".join("." + "nan" if math.isnan(v) else str(np.float32(v)) for v in values) + "]"


def lines(text):
    """Breaks one long array literal as swift-format does."""
    if len(text) + 12 <= 120:
        return text
    items = text[1:-1].split(", ")
    rows, row = [], ""
    for item in items:
        if len(row) + len(item) + 2 > 100:
            rows.append(row.rstrip())
            row = ""
        row += item + ", "
    rows.append(row.rstrip())
    return "[\n" + "\n".join(" " * 16 + row for row in rows) + "\n" + " " * 12 + "]"


CASES = [
    ("remit", 24, [0], 0.2, "sequence", 0.6),
    ("remit", 24, [0, 5, 6, 17], 0.2, "sequence", 0.6),
    ("remit", 24, [0, 5, 6, 17], 0.2, "document", 0.6),
    ("remit", 24, [0, 9], 1.0, "document", 0.6),
    ("remit", 24, [0], 0.05, "sequence", 0.6),
    ("rho1", 24, [0, 9], 0.2, "sequence", 0.6),
    ("rho1", 24, [0], 0.2, "sequence", 0.31),
]

print("""// Written by scripts/goldens/weights_golden.py (PyTorch, float64). Do not edit.

struct TokenWeightsGolden {
    let weighting: String
    let teacher: [Float]
    let student: [Float]
    let scored: [Bool]
    let documentStarts: [Int]
    let epsilon: Double
    let centering: String
    let keepFraction: Double
    let weights: [Float]
    let clippedLow: Int
    let clippedHigh: Int
    let keptTokens: Int

    static let all = [""")
for number, (name, count, starts, epsilon, centering, keep) in enumerate(CASES):
    random = np.random.default_rng(number)
    teacher = -random.exponential(2.0, count).astype(np.float32)
    student = (teacher + random.normal(0.1, 0.6, count)).astype(np.float32)
    scored = [bool(t not in starts and random.random() > 0.15) for t in range(count)]
    teacher[starts] = np.nan
    student[starts] = np.nan
    out, low, high, kept = weights(name, teacher, student, scored, starts, epsilon, centering, keep)
    print(f"""        Self(
            weighting: "{name}",
            teacher: {lines(literal(teacher))},
            student: {lines(literal(student))},
            scored: {lines("[" + ", ".join(str(s).lower() for s in scored) + "]")},
            documentStarts: {starts}, epsilon: {epsilon}, centering: "{centering}", keepFraction: {keep},
            weights: {lines(literal(out.tolist()))},
            clippedLow: {low}, clippedHigh: {high}, keptTokens: {kept}
        ),""")
print("    ]\n}")
