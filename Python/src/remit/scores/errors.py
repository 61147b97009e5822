"""What reading and writing scores can raise."""

from remit.errors import RemitError


class ScoresError(RemitError):
    """Scores on disk that cannot be read, written or used."""


class DamagedScores(ScoresError):
    """Bytes that are not those that were written."""


class MissingScores(ScoresError):
    """Tokens that were not scored."""


class OtherUnit(ScoresError):
    """Scores under another context than the loader gives its student: they would weigh every token by what the teacher did not see."""
