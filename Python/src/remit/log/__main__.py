"""python -m remit.log: a run of remit-trainer in Weights & Biases or MLflow, while it goes on or after its end."""

from __future__ import annotations

import argparse
import functools
import sys

from remit.log.runs import LogError, Run
from remit.log.sending import send
from remit.log.trackers import MLflowTracker, WandbTracker

TRACKERS: dict[str, type[WandbTracker] | type[MLflowTracker]] = {"wandb": WandbTracker, "mlflow": MLflowTracker}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m remit.log", description=__doc__)
    top.add_argument("out", metavar="OUT", help="the run's directory (--out of remit-trainer)")
    top.add_argument("--to", choices=list(TRACKERS), required=True, help="the tracker; its own environment variables say where and who")
    top.add_argument("--follow", action="store_true", help="go on until the run has ended; without it, send what is there")
    top.add_argument("--project", default="remit", metavar="NAME", help="project, or MLflow's experiment (default remit)")
    top.add_argument("--name", metavar="NAME", help="the run's name there; by default its directory's")
    top.add_argument("--poll", type=float, default=2.0, metavar="SECONDS", help="between two looks at the log (default 2)")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; its exit status."""
    given = parser().parse_args(arguments)
    tracker = functools.partial(_open, given.to, given.name, given.project)
    try:
        count = send(Run(given.out), tracker, follow=given.follow, poll=given.poll)
    except (LogError, OSError) as error:
        print(f"remit.log: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"{count} lines of {given.out} sent to {given.to}")
    return 0


def _open(to: str, given: str | None, project: str, identity: str, name: str) -> WandbTracker | MLflowTracker:
    return TRACKERS[to](identity, given or name, project)


if __name__ == "__main__":
    sys.exit(main())
