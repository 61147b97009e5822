"""Scoring a corpus in process, on any number of machines, with nothing that coordinates them.

    python -m remit.score plan --tokens 'corpus/*.npy' --token-dtype uint32 --unit chunk --sequence-length 8192 --out plan.json
    python -m remit.score run --plan plan.json --results DIR --engine vllm --model TEACHER      # on each GPU
    python -m remit.score merge --plan plan.json --results DIR
    python -m remit.score verify --plan plan.json --rescore 0.1% --engine vllm --model TEACHER  # on another node

A plan lists contiguous ranges of token files. A worker claims one, scores it, and puts the numbers and then a manifest into the results;
killed at any moment it loses that range, which another takes over. Merging proves that nothing is lost, doubled or cut.
"""

from remit.score.engines import Engine, Identity, TransformersEngine, VLLMEngine
from remit.score.merging import RescoringReport, merge, rescore
from remit.score.plans import Plan, PlannedFile, Range, make_plan
from remit.score.results import Results
from remit.score.worker import Worker

__all__ = [
    "Engine",
    "Identity",
    "Plan",
    "PlannedFile",
    "Range",
    "RescoringReport",
    "Results",
    "TransformersEngine",
    "VLLMEngine",
    "Worker",
    "make_plan",
    "merge",
    "rescore",
]
