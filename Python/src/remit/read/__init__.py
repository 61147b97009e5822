"""Corpora of formats that remit-trainer does not read itself, as lines of JSON: Parquet, Arrow, data sets, messages, far files.

    python -m remit.read PATH...            # documents of these paths
    python -m remit.read < REQUESTS         # as remit-trainer starts it (--reader)

`Reader` gives the same lines in Python. pyarrow reads the tables, transformers renders messages, fsspec opens s3:// and gs://; each is
needed only where it is used.
"""

from remit.read.errors import BadRow, ReadError
from remit.read.filters import Filter
from remit.read.protocol import serve
from remit.read.reader import Reader
from remit.read.records import Options

__all__ = ["BadRow", "Filter", "Options", "ReadError", "Reader", "serve"]
