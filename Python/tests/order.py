"""remit-trainer's order of a corpus, so that other trainers can be given the same steps (Sources/Data/Corpora/Windows)."""

from __future__ import annotations

import hashlib

MASK = (1 << 64) - 1


def mix(*values: int) -> int:
    """SplitMix64's output function, of several numbers."""

    def one(value: int) -> int:
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB & MASK
        return value ^ (value >> 31)

    state = 0x6A09E667F3BCC908
    for value in values:
        state = one(((state + 0x9E3779B97F4A7C15) & MASK) ^ one((value + 0x9E3779B97F4A7C15) & MASK))
    return state


def windows(documents: list[list[int]], length: int, *, seed: int = 0, epoch: int = 0) -> list[list[list[int]]]:
    """Windows of an epoch, each a list of segments: shuffled by content, packed whole by best fit."""
    keyed, seen = [], {}
    for document in documents:
        ids = b"".join(one.to_bytes(4, "little") for one in document)
        content = int.from_bytes(hashlib.sha256(bytes(8) + ids).digest()[:8], "little")
        occurrence = seen[content] = seen.get(content, -1) + 1
        for piece, first in enumerate(range(0, len(document), length)):
            segment = document[first : first + length]
            if len(segment) > 1:
                keyed.append((mix(seed, epoch, content, occurrence, piece), segment))
    keyed.sort(key=lambda pair: pair[0])
    closed, opened = [], []
    for _, segment in keyed:
        fits = [one for one in opened if one[0] >= len(segment)]
        if fits:
            window = min(fits, key=lambda one: one[0])  # the first of equally full ones
        else:
            window = [length, []]
            opened.append(window)
        window[0] -= len(segment)
        window[1].append(segment)
        if window[0] == 0:
            opened.remove(window)
            closed.append(window[1])
        if len(opened) > 32:
            fullest = min(opened, key=lambda one: one[0])
            opened.remove(fullest)
            closed.append(fullest[1])
    return closed + [one[1] for one in opened]
