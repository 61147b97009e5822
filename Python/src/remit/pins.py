"""The three fingerprints by which a run knows its teacher again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_FORM = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Pins:
    """Fingerprints that every answer must have; None pins nothing. SHA-256, in lower-case hex."""

    #: Names, dtypes, shapes and bytes of the teacher's tensors, and the config fields that change numbers.
    model_fingerprint: str | None = None
    #: Normalizer, pre-tokenizer and vocabulary.
    tokenizer_fingerprint: str | None = None
    #: Model, precision and kernels: what decides the bits of a log-prob.
    scores_fingerprint: str | None = None

    def __post_init__(self) -> None:
        for name, value in self.members().items():
            if not _FORM.fullmatch(value):
                raise ValueError(f"{name}: expected 64 hexadecimal digits in lower case, got {value[:80]!r}")

    def members(self) -> dict[str, str]:
        """The fingerprints that are pinned, under their names on the wire."""
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}

    def completed(self, other: Pins) -> Pins:
        """These, and `other`'s where nothing is pinned here."""
        missing = {name: value for name, value in other.members().items() if getattr(self, name) is None}
        return replace(self, **missing)

    def difference(self, other: Pins) -> str | None:
        """What is pinned here and differs there, in words; None where nothing does."""
        for name, value in self.members().items():
            if getattr(other, name) != value:
                return f"expected {name} {value}, as pinned, got {getattr(other, name)}"
        return None

    @classmethod
    def of(cls, members: Mapping[str, object]) -> Pins:
        """The fingerprints among the members of an answer. Raises ValueError for one that is none."""
        found = {name: str(members[name]) for name in NAMES if name in members}
        return cls(**found)


#: Names of the fingerprints on the wire.
NAMES = ("model_fingerprint", "tokenizer_fingerprint", "scores_fingerprint")
