"""remit-server and remit-trainer, the programs of RL-guided mid-training: one executable, which this package brings and starts."""

import os
import sys
from typing import NoReturn

__all__ = ["executable", "serve", "train"]


def executable() -> str:
    """The path of the executable. Its first argument says which program it is: ``remit-server`` or ``remit-trainer``."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "remit")


def serve() -> NoReturn:
    """Becomes ``remit-server``, with this process's arguments."""
    _become("remit-server")


def train() -> NoReturn:
    """Becomes ``remit-trainer``, with this process's arguments."""
    _become("remit-trainer")


def _become(program: str) -> NoReturn:
    path = executable()
    try:
        os.execv(path, [program, *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"{program}: {path} cannot be started: {error.strerror}. Was the wheel made for this system?")
