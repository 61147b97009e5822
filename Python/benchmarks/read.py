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


def read(path: pathlib.Path, *flags: str) -> tuple[float, float]:
    """CPU seconds and the largest resident MiB of the program."""
    with subprocess.Popen(
        [sys.executable, "-m", "remit.read", str(path), *flags], stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(SOURCE)}
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"remit.read: status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


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
