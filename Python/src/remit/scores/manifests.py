"""Small JSON files that say what a large file is, with a digest of themselves."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from remit.scores.errors import DamagedScores, ScoresError


def read(path: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        with open(path, encoding="utf-8") as file:
            members = json.load(file)
    except OSError as error:
        raise ScoresError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise DamagedScores(f"{path}: {error}") from None
    if not isinstance(members, dict):
        raise DamagedScores(f"{path}: expected a JSON object")
    return members


def compact(members: dict[str, Any]) -> bytes:
    """Members sorted by key, without blanks, UTF-8: the form that a digest is taken of."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def swift(members: dict[str, Any]) -> bytes:
    """The form of a side-car's manifest, whose digest is taken of it: as Swift's JSONEncoder prints, sorted."""

    def lines(value: Any, indent: str) -> str:
        if isinstance(value, dict):
            inner = (f'{indent}  {json.dumps(key)} : {lines(value[key], indent + "  ")}' for key in sorted(value))
            return "{\n" + ",\n".join(inner) + f"\n{indent}}}"
        if isinstance(value, list):
            return "[\n" + ",\n".join(f"{indent}  {lines(one, indent + '  ')}" for one in value) + f"\n{indent}]"
        return json.dumps(value, ensure_ascii=False)

    return lines(members, "").encode()


def signed(members: dict[str, Any], form: Any) -> dict[str, Any]:
    """The members with `manifest_sha256`, the SHA-256 of all others in `form`."""
    rest = {key: value for key, value in members.items() if key != "manifest_sha256"}
    return {**rest, "manifest_sha256": hashlib.sha256(form(rest)).hexdigest()}


def check(path: str, members: dict[str, Any], form: Any) -> None:
    """Raises `DamagedScores` where the digest is not that of the members."""
    expected = signed(members, form)["manifest_sha256"]
    if members.get("manifest_sha256") != expected:
        raise DamagedScores(f"{path}: the SHA-256 of its fields is {expected}, it says {members.get('manifest_sha256')}")


def write(path: str, content: bytes) -> None:
    """A whole file or none: written beside, flushed to the disk, and renamed."""
    with open(path + ".tmp", "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)
