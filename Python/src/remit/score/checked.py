"""Token files that are those of a plan."""

from __future__ import annotations

import os
from collections.abc import Callable

from remit.score.fingerprints import WORTH_SAYING
from remit.score.plans import Plan
from remit.scores.errors import ScoresError
from remit.scores.tokens import TokenFile


class CheckedTokens:
    """The token files of a plan, each read once and compared with the plan's SHA-256 before it is handed out, as is what says where
    a Megatron file's documents begin.

    Args:
        tell: told a line where reading a file takes seconds.
    """

    def __init__(self, plan: Plan, *, tell: Callable[[str], None] = lambda _: None) -> None:
        self._plan, self._tell = plan, tell
        self._checked: dict[int, TokenFile] = {}

    def __getitem__(self, index: int) -> TokenFile:
        """Raises `ScoresError` where the file is not the one that was planned."""
        if index not in self._checked:
            file, planned = self._plan.token_file(index), self._plan.files[index]
            if (size := os.path.getsize(file.path)) >= WORTH_SAYING:
                self._tell(f"{file.path}: reading {size / 1e9:.1f} GB of tokens for their SHA-256")
            _compare(file.path, file.sha256(), planned.sha256)
            if planned.index_sha256 is not None:
                _compare(file.index or f"{file.path}, without its .idx,", file.index_sha256(), planned.index_sha256)
            self._checked[index] = file
        return self._checked[index]


def _compare(path: str, got: str | None, planned: str) -> None:
    if got != planned:
        raise ScoresError(
            f"{path} is not the file that was planned: its SHA-256 is {got}, it was {planned}. Give the file of then, or plan again"
        )
