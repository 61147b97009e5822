"""From a run's directory to a tracker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from remit.log.runs import LogError, Run
from remit.log.trackers import Tracker

#: What of remit.json is shown as the run's end; the rest is in what it was started as.
_SUMMARY = ("steps", "tokens", "scored_tokens", "skipped_steps", "optimizer_updates", "updates", "scores_fingerprint", "fingerprints")


def flat(options: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested objects as values by path, such as `options.schedule.peak`; what is null is left out."""
    values: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, Mapping):
            values.update(flat(value, f"{before}{name}."))
        elif isinstance(value, list):
            values[before + name] = ", ".join(map(str, value))
        elif value is not None:
            values[before + name] = value
    return values


def send(
    run: Run, open_tracker: Callable[[str, str], Tracker], *, follow: bool = False, poll: float = 1.0,
    wait: Callable[[float], None] = time.sleep,
) -> int:  # fmt: skip
    """Sends what a run has logged; the number of steps and evaluations that were sent.

    A step that was sent is not sent again: not after a run was resumed, whose log has it with the same numbers, and not by a second call,
    where the tracker knows what it has.

    Args:
        run: the run's directory.
        open_tracker: opens the tracker for a run's identity and name; called once there is a log.
        follow: goes on until the run has ended, or this is interrupted.
        poll: seconds between two looks at the log.

    Raises:
        LogError: there is no log, or it cannot be read.
    """
    while not (run.directory / "log.jsonl").exists():
        if not follow:
            raise LogError(f"{run.directory}: it has no log.jsonl, so it is no run's directory, or the run has not begun (--follow waits)")
        wait(poll)
    tracker = open_tracker(run.identity, run.name)
    sent: set[tuple[int, bool]] = set()
    first = tracker.next_step
    try:
        tracker.config(flat(run.started_as or run.ended_as))
        for point in run.points(follow=follow, poll=poll, wait=wait):
            # A step and an evaluation behind it have one number.
            key = (point.step, "loss/held_out" in point.values)
            if point.step >= first and key not in sent:
                sent.add(key)
                tracker.log(point.step, point.values, point.weights)
    finally:
        tracker.finish(flat({name: value for name, value in run.ended_as.items() if name in _SUMMARY}))
    return len(sent)
