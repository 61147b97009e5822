"""What a call can raise. A server's refusal is a `ProblemError` of the class that its problem's `type` names."""

from __future__ import annotations

import json
from collections.abc import Mapping

_TYPE_PREFIX = "urn:remit:problem:"


class RemitError(Exception):
    """Any failure of this package that is not a programmer's mistake."""


class DeadlineExceeded(RemitError, TimeoutError):
    """No server gave an answer before the call's deadline. `attempts` is how many requests were sent; `__cause__` is the last failure."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


class CannotConnect(RemitError):
    """A transfer that waiting does not mend, such as a certificate that does not verify."""


class Cancelled(RemitError):
    """The call was given up by whoever made it."""


class WrongAnswer(RemitError):
    """An answer that is none to its request: numbers of other tokens or another model, or numbers that cannot be. Nothing of it was used."""


class ProblemError(RemitError):
    """A server's refusal, RFC 9457. A subclass says which; this class alone stands for a type that this version does not know."""

    def __init__(self, url: str, status: int, members: Mapping[str, object]) -> None:
        def text(key: str, default: str) -> str:
            value = members.get(key)
            return value if isinstance(value, str) else default

        #: Address of the server that refused.
        self.url = url
        #: HTTP status.
        self.status = status
        #: Stable URI of the kind of problem; "about:blank" where the answer states none.
        self.type = text("type", "about:blank")
        #: The kind of problem in a few words.
        self.title = text("title", "")
        #: What went wrong this time, with its numbers.
        self.detail = text("detail", "")
        #: The request's id, under which the server's log has more.
        self.instance = text("instance", "")
        #: All members of the problem, the extensions among them.
        self.members = dict(members)
        #: Seconds for which the server asked to be left alone; None where it asked for none.
        self.retry_after: float | None = None
        at = f" (request {self.instance})" if self.instance else ""
        super().__init__(f"{url}: {status} {self.title}: {self.detail}{at}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.url, self.status, self.members), {"retry_after": self.retry_after}

    @property
    def kind(self) -> str:
        """The problem's type without its prefix, such as `queue-full`."""
        return self.type.removeprefix(_TYPE_PREFIX)

    def _integer(self, key: str) -> int | None:
        value = self.members.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def item(self) -> int | None:
        """The input at fault, from 0."""
        return self._integer("item")

    @property
    def position(self) -> int | None:
        """The token at fault within its input, from 0."""
        return self._integer("position")

    @property
    def limit(self) -> int | None:
        """The limit that was passed."""
        return self._integer("limit")


class BadRequest(ProblemError):
    """A request that breaks the contract: its form, a field, a method, a media type."""


class Unauthorized(ProblemError):
    """No API key, or one that the server does not know."""


class Forbidden(ProblemError):
    """The API key does not allow this, or a page of another origin asked."""


class NotFound(ProblemError):
    """Nothing is served at this path: is the address that of remit-server?"""


class UnknownModel(ProblemError):
    """No teacher of that name or fingerprint is loaded."""


class FingerprintMismatch(ProblemError):
    """The server's model, tokenizer or scores are not those that were pinned."""

    @property
    def expected(self) -> str:
        """The fingerprint that was pinned."""
        return str(self.members.get("expected", ""))

    @property
    def actual(self) -> str:
        """The fingerprint that the server has."""
        return str(self.members.get("actual", ""))


class TeacherConflict(ProblemError):
    """The teachers are not in a state for this."""


class TooLarge(ProblemError):
    """A body, request or sequence above the server's `limit`."""


class InvalidInput(ProblemError):
    """An input that cannot be scored; `item` and `position` say where."""


class StudentMissing(ProblemError):
    """The weighting needs student log-probs: none were posted, and the server holds no base."""


class TeacherUnusable(ProblemError):
    """A checkpoint that the server cannot load."""


class Busy(ProblemError):
    """The queue is full or the key's rate used up. Calls wait for that; it is raised as the cause of `DeadlineExceeded`."""


class Unavailable(ProblemError):
    """Loading, draining, overloaded or too late. Calls wait for that; it is raised as the cause of `DeadlineExceeded`."""


class ServerFailed(ProblemError):
    """The server failed over this request, or a gateway before it; raised where it happened too often."""


#: Class of each kind of problem in the contract.
PROBLEMS: dict[str, type[ProblemError]] = {
    "bad-request": BadRequest,
    "malformed-json": BadRequest,
    "malformed-safetensors": BadRequest,
    "malformed-content-coding": BadRequest,
    "invalid-field": BadRequest,
    "unauthorized": Unauthorized,
    "forbidden": Forbidden,
    "foreign-origin": Forbidden,
    "not-found": NotFound,
    "unknown-model": UnknownModel,
    "method-not-allowed": BadRequest,
    "not-acceptable": BadRequest,
    "request-timeout": Unavailable,
    "fingerprint-mismatch": FingerprintMismatch,
    "teacher-conflict": TeacherConflict,
    "body-too-large": TooLarge,
    "too-many-inputs": TooLarge,
    "request-too-large": TooLarge,
    "sequence-too-long": TooLarge,
    "target-too-long": BadRequest,
    "unsupported-media-type": BadRequest,
    "unsupported-content-coding": BadRequest,
    "expectation-failed": BadRequest,
    "invalid-input": InvalidInput,
    "student-missing": StudentMissing,
    "teacher-unusable": TeacherUnusable,
    "memory-exceeded": TeacherUnusable,
    "queue-full": Busy,
    "rate-limited": Busy,
    "headers-too-large": BadRequest,
    "internal": ServerFailed,
    "loading": Unavailable,
    "draining": Unavailable,
    "overloaded": Unavailable,
    "deadline-exceeded": Unavailable,
    "version-not-supported": BadRequest,
    "engine-unable": InvalidInput,
    "engine-answer": ServerFailed,
    "engine-unreachable": Unavailable,
    "engine-changed": Unavailable,
}

_BY_STATUS: dict[int, type[ProblemError]] = {408: Unavailable, 429: Busy, 503: Unavailable}


def problem(url: str, status: int, content_type: str, body: bytes) -> ProblemError:
    """The error of an answer that is not 2xx, whoever gave it: remit-server, or a proxy before it."""
    members: dict[str, object] = {}
    if content_type.split(";")[0].strip().lower() == "application/problem+json":
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = None
        if isinstance(parsed, dict):
            members = parsed
    if not members:
        members = {"title": "no problem of remit-server's", "detail": f"the answer begins {body[:120]!r}"}
    kind = str(members.get("type", "")).removeprefix(_TYPE_PREFIX)
    fallback = _BY_STATUS.get(status, ServerFailed if status >= 500 else ProblemError)
    return PROBLEMS.get(kind, fallback)(url, status, members)
