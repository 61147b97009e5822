"""The token-weight service in Python: a client for remit-server, with numpy in and out.

    client = remit.Client("http://127.0.0.1:8080")
    answer = client.logprobs([[5, 9, 2, 7], [3, 1]])
    answer.teacher_logprobs                       # float32 [6], NaN at the first token of each document

The package needs numpy, safetensors and urllib3. `remit.torch` has the weighted loss and needs torch.
"""

from remit.aio import AsyncClient
from remit.answers import Info, Limits, LogProbs, Timing, Tokens, Weights
from remit.batch import Batch
from remit.client import Client
from remit.errors import (
    BadRequest,
    Busy,
    Cancelled,
    CannotConnect,
    DeadlineExceeded,
    FingerprintMismatch,
    Forbidden,
    InvalidInput,
    NotFound,
    ProblemError,
    RemitError,
    ServerFailed,
    StudentMissing,
    TeacherConflict,
    TeacherUnusable,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnknownModel,
    WrongAnswer,
)
from remit.pins import Pins
from remit.prefetch import Prefetch
from remit.rotation import Backoff
from remit.scores import DamagedScores, MissingScores, OtherUnit, Scores, ScoresError
from remit.transport import Wait

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "Backoff",
    "BadRequest",
    "Batch",
    "Busy",
    "Cancelled",
    "CannotConnect",
    "Client",
    "DamagedScores",
    "DeadlineExceeded",
    "FingerprintMismatch",
    "Forbidden",
    "Info",
    "InvalidInput",
    "Limits",
    "LogProbs",
    "MissingScores",
    "NotFound",
    "OtherUnit",
    "Pins",
    "Prefetch",
    "ProblemError",
    "RemitError",
    "Scores",
    "ScoresError",
    "ServerFailed",
    "StudentMissing",
    "TeacherConflict",
    "TeacherUnusable",
    "Timing",
    "Tokens",
    "TooLarge",
    "Unauthorized",
    "Unavailable",
    "UnknownModel",
    "Wait",
    "Weights",
    "WrongAnswer",
]
