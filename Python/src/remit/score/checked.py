"""Token files that are those of a plan."""

from __future__ import annotations

import os
from collections.abc import Callable

from remit.score.fingerprints import WORTH_SAYING
from remit.score.plans import Plan
from remit.scores.errors import ScoresError
from remit.scores.tokens import TokenFile


class CheckedTokens:
    """The token files of a plan, each read once and compared with the plan's SHA-256 before it is handed out.

    Args:
        tell: told a line where reading a file takes seconds.
    """

    def __init__(self, plan: Plan, *, tell: Callable[[str], None] = lambda _: None) -> None:
        self._plan, self._tell = plan, tell
        self._checked: dict[int, TokenFile] = {}

    def __getitem__(self, index: int) -> TokenFile:
        """Raises `ScoresError` where the file is not the one that was planned."""
        if index not in self._checked:
            file, planned = self._plan.token_file(index), self._plan.files[index].sha256
            if (size := os.path.getsize(file.path)) >= WORTH_SAYING:
                self._tell(f"{file.path}: reading {size / 1e9:.1f} GB of tokens for their SHA-256")
            if (got := file.sha256()) != planned:
                raise ScoresError(
                    f"{file.path} is not the file that was planned: its SHA-256 is {got}, it was {planned}. Give the file of then, or "
                    f"plan again"
                )
            self._checked[index] = file
        return self._checked[index]
