"""The teacher's log-probs of a corpus on disk, in one of two forms.

`parallel`: a float file beside each token file, one number an item, so that a loader reads it at the same places. `segments`: a
side-car, as `remit-server score` writes it, found by the hash of a segment's ids. `remit.Scores(path)` opens either.
"""

from remit.scores.convert import add_column, column_to_segments, parallel_to_segments, segments_to_parallel
from remit.scores.errors import DamagedScores, MissingScores, OtherUnit, ScoresError
from remit.scores.files import Scores
from remit.scores.parallel import ParallelWriter, write_parallel
from remit.scores.segments import SegmentsWriter
from remit.scores.tokens import TokenFile
from remit.scores.units import Unit
from remit.scores.weights import static_weights

__all__ = [
    "DamagedScores",
    "MissingScores",
    "OtherUnit",
    "ParallelWriter",
    "Scores",
    "ScoresError",
    "SegmentsWriter",
    "TokenFile",
    "Unit",
    "add_column",
    "column_to_segments",
    "parallel_to_segments",
    "segments_to_parallel",
    "static_weights",
    "write_parallel",
]
