"""Speed and memory of remit.read on Parquet.

usage: python Python/benchmarks/read.py [MIB]        default: 1024, the size of the file

Writes a file of an eighth of that and one of all of it (texts of some 4 kB in a nested field, an id and a score; zstd, row groups of
100,000 rows) and reads each with the program that remit-trainer starts. Resident memory must not grow with the file.
"""

from __future__ import annotations

import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "src"
MIB = 1 << 20


def write(path: pathlib.Path, size: int) -> tuple[int, int]:
    """Rows and bytes of text of a file of at least this size."""
    rng = random.Random(7)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyzäöü", k=rng.randint(2, 9))) for _ in range(50_000)]
    paragraphs = [" ".join(rng.choices(words, k=60)) for _ in range(50_000)]
    schema = pa.schema([("raw", pa.struct([("content", pa.string())])), ("id", pa.int64()), ("score", pa.float64())])
    rows = text = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while path.stat().st_size < size:
            contents = ["\n".join(rng.choices(paragraphs, k=rng.randint(2, 18))) for _ in range(100_000)]
            text += sum(len(one.encode()) for one in contents)
            columns: dict[str, Any] = {
                "raw": [{"content": one} for one in contents], "id": range(rows, rows + len(contents)), "score": [rng.random() for _ in contents],
            }  # fmt: skip
            writer.write_table(pa.table(columns, schema=schema), row_group_size=100_000)
            rows += len(contents)
    return rows, text


MEASURED = """
import resource, sys
from remit.read.__main__ import main
status = main(sys.argv[1:])
# Not ru_maxrss: that begins with what the process that started this one had.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime, peak, file=sys.stderr)
sys.exit(status)
"""


def read(path: pathlib.Path, *flags: str) -> tuple[float, float]:
    """CPU seconds and the largest resident MiB of the program."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), *flags], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    seconds, peak = done.stderr.split()
    return float(seconds), int(peak) / 1024


def main() -> None:
    """Writes and reads."""
    size = int(sys.argv[1]) * MIB if len(sys.argv) > 1 else 1024 * MIB
    with tempfile.TemporaryDirectory(prefix="remit-read-") as folder:
        for share, name in [(8, "an eighth of it"), (1, "all of it")]:
            path = pathlib.Path(folder) / "corpus.parquet"
            rows, text = write(path, size // share)
            for flags in ([], ["--where", "score >= 0.5"]):
                start = time.monotonic()
                seconds, peak = read(path, "--text-field", "raw.content", *flags)
                print(
                    f"{name}{' with a filter' if flags else ''}: {path.stat().st_size / MIB:.0f} MiB of Parquet, {rows} rows, "
                    f"{text / MIB:.0f} MiB of text: {seconds:.1f} CPU seconds ({time.monotonic() - start:.1f} s), "
                    f"{text / MIB / seconds:.0f} MiB of text a CPU second, {peak:.0f} MiB resident",
                    flush=True,
                )  # fmt: skip


main()
