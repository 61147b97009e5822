"""Experiment trackers, each behind the same four calls."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Mapping
from typing import Any, Protocol

from remit.log.runs import LogError

#: The lowest value, the highest, and how many values lie in each of equal bins between them.
Histogram = tuple[float, float, list[int]]


class Tracker(Protocol):
    """Where a run is shown."""

    #: Steps below this one are there already, of a log that was sent before.
    next_step: int

    def config(self, options: Mapping[str, Any]) -> None:
        """Shows what the run was started as: values by path, such as `options.seed`."""

    def log(self, step: int, values: Mapping[str, float], weights: Histogram | None) -> None:
        """Shows numbers of a step."""

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Closes the run, with what it ended as; with nothing where it has not ended."""


class WandbTracker:
    """Weights & Biases. The run's id is made of its directory, so that a log sent twice is one run; offline, by WANDB_MODE, each is its own."""

    def __init__(self, identity: str, name: str, project: str) -> None:
        self._wandb = _module("wandb")
        self._run: Any = self._wandb.init(project=project, name=name, id=identity, resume="allow")
        # Of a run that is resumed it is the step behind the last one that is there.
        self.next_step = int(self._run.step) if self._run.resumed else 0

    def config(self, options: Mapping[str, Any]) -> None:
        """Shows what the run was started as."""
        self._run.config.update(dict(options), allow_val_change=True)

    def log(self, step: int, values: Mapping[str, float], weights: Histogram | None) -> None:
        """Shows numbers of a step."""
        logged: dict[str, Any] = dict(values)
        if weights is not None:
            low, high, counts = weights
            edges = [low + (high - low) * place / len(counts) for place in range(len(counts) + 1)]
            logged["weights/histogram"] = self._wandb.Histogram(np_histogram=(counts, edges))
        self._run.log(logged, step=step)

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Closes the run."""
        self._run.summary.update(dict(summary))
        self._run.finish()


class MLflowTracker:
    """MLflow, where MLFLOW_TRACKING_URI says. A run is found again by a tag, so that a log sent twice is one run. It knows no histograms."""

    _TAG = "remit.run"

    def __init__(self, identity: str, name: str, project: str) -> None:
        module = _module("mlflow")
        self._entities: Any = importlib.import_module("mlflow.entities")
        self._client: Any = module.MlflowClient()
        experiment = self._client.get_experiment_by_name(project)
        number = experiment.experiment_id if experiment is not None else self._client.create_experiment(project)
        found = self._client.search_runs([number], filter_string=f"tags.`{self._TAG}` = '{identity}'", max_results=1)
        tags = {self._TAG: identity, "mlflow.source.name": "remit-trainer"}
        run = found[0] if found else self._client.create_run(number, run_name=name, tags=tags)
        self._id: str = run.info.run_id
        steps = [one.step for metric in run.data.metrics for one in self._client.get_metric_history(self._id, metric)]
        self.next_step = max(steps) + 1 if steps else 0
        if found:
            self._client.update_run(self._id, status="RUNNING")

    def config(self, options: Mapping[str, Any]) -> None:
        """Shows what the run was started as. A parameter that is there keeps its value: MLflow changes none."""
        known = self._client.get_run(self._id).data.params
        new = [self._entities.Param(key, str(value)[:6000]) for key, value in options.items() if key not in known]
        for first in range(0, len(new), 100):
            self._client.log_batch(self._id, params=new[first : first + 100])

    def log(self, step: int, values: Mapping[str, float], weights: Histogram | None) -> None:
        """Shows numbers of a step."""
        now = int(time.time() * 1000)
        named = {re.sub(r"[^\w./ :-]", "_", key): value for key, value in values.items()}
        self._client.log_batch(self._id, metrics=[self._entities.Metric(key, value, now, step) for key, value in named.items()])

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Closes the run."""
        for key, value in summary.items():
            self._client.set_tag(self._id, key, str(value))
        self._client.set_terminated(self._id, "FINISHED" if summary else "KILLED")


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise LogError(f"--to {name} needs the package {name}: pip install {name}") from error
