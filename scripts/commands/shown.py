"""What a page shows of an output, compared with the output."""

import re

NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Of numbers with four decimals: kernel paths differ in the last of them.
CLOSENESS = 0.01


def unlike(block, output):
    """Lines that the page shows and the program did not print; `...` stands for any."""
    printed = output.replace("\r", "\n").splitlines()
    for line in (block.shown or "").splitlines():
        if line.strip() in ("", "..."):
            continue
        alike = [other for other in printed if folded(other) == folded(line)]
        if not any(close(line, other) for other in alike):
            yield f"{block}: shown and not printed: {line}" + "".join(f"\n    printed: {other}" for other in alike[:3])


def folded(line):
    """A line without its numbers, the room that they take, and bars as long as a number is large."""
    return re.sub(r"\s+", " ", re.sub(r"#+|-*\|-*", "|", NUMBER.sub("0", line))).strip()


def close(shown, printed):
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed))
    exact = [(float(a), float(b)) for a, b in pairs if len(a.partition(".")[2]) >= 4]
    return all(abs(a - b) <= CLOSENESS * max(abs(a), 0.1) for a, b in exact)
