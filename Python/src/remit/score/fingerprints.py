"""What tells the files of a checkpoint from those of another."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from remit.pins import Pins
from remit.scores.errors import ScoresError

#: Under this name plans and ranges say which files the model is of that runs.
MODEL_FILES = "model_files_sha256"
#: Bytes whose reading takes seconds, so that a line says what is waited for.
WORTH_SAYING = 1 << 30


def model_files_sha256(model: str | os.PathLike[str], *, tell: Callable[[str], None] = lambda _: None) -> str:
    """SHA-256 over the weights' and the config's bytes of a checkpoint's folder, all of which are read.

    Args:
        tell: told a line where that takes seconds.

    Raises:
        ScoresError: it is no folder, has no weights of its own, or cannot be read.
    """
    folder = os.fspath(model)
    if not os.path.isdir(folder):
        raise ScoresError(
            f"{folder}: expected the folder of a checkpoint. A hub's name may mean other files tomorrow, or on another node: fetch it once "
            f"(hf download {folder} --local-dir DIR) and name that folder"
        )
    try:
        names = sorted(os.listdir(folder))
        if "adapter_config.json" in names:
            raise ScoresError(f"{folder} is an adapter, whose base lies elsewhere: merge it into its base, and name the folder of that")
        # As engines look for them: what there is beside .safetensors is not read.
        weights = next((found for suffix in (".safetensors", ".bin") if (found := [one for one in names if one.endswith(suffix)])), [])
        if not weights:
            raise ScoresError(f"{folder}: expected weights, *.safetensors or *.bin, got none")
        size = sum(os.path.getsize(os.path.join(folder, name)) for name in weights)
        if size >= WORTH_SAYING:
            tell(f"{folder}: reading {size / 1e9:.1f} GB of weights for their SHA-256")
        return _digest(folder, [*weights, "config.json"])
    except OSError as error:
        raise ScoresError(f"{error.filename}: {error.strerror}") from error


def tokenizer_file_sha256(model: str | os.PathLike[str]) -> str:
    """SHA-256 over the bytes of a checkpoint's tokenizer. Raises `ScoresError` where there is none."""
    try:
        return _digest(os.fspath(model), ["tokenizer.json"])
    except OSError as error:
        raise ScoresError(f"{error.filename}: {error.strerror}; give the teacher's fingerprints instead") from error


def _digest(folder: str, names: list[str]) -> str:
    hasher = hashlib.sha256(b"remit file fingerprint 1\n")
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            hasher.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return hasher.hexdigest()


def file_fingerprints(model: str | os.PathLike[str], model_files: str | None = None) -> Pins:
    """Fingerprints of a checkpoint's files, where no server's are known. They say that a model is the same; they are not those that
    remit-server computes.

    Args:
        model_files: what `model_files_sha256` says of it, where that is known.
    """
    return Pins(model_files or model_files_sha256(model), tokenizer_file_sha256(model))
