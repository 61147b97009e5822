"""What can be wrong with a corpus that is read."""

from __future__ import annotations

from remit.errors import RemitError


class ReadError(RemitError):
    """A path, an option or a file that cannot be read as a whole."""


class BadRow(RemitError):
    """One row that is no document; the others can be read without it."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"row {row}: {reason}")
        #: Number of the row in what was read, from 1.
        self.row = row
        #: What is wrong with it.
        self.reason = reason


def needs(package: str, what: str) -> ReadError:
    """The error of a package that is not installed."""
    return ReadError(f"{what} needs the package {package}: pip install {package}")
