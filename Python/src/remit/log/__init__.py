"""A run of remit-trainer in an experiment tracker: its metrics as they are logged, its options, and what it ended as.

    python -m remit.log --to wandb --follow OUT
    python -m remit.log --to mlflow OUT

wandb and mlflow are needed only where they are used.
"""

from remit.log.runs import LogError, Run
from remit.log.sending import send
from remit.log.trackers import Histogram, MLflowTracker, Tracker, WandbTracker
from remit.log.values import Point

__all__ = ["Histogram", "LogError", "MLflowTracker", "Point", "Run", "Tracker", "WandbTracker", "send"]
