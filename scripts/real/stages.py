"""Stages of a long job: one that is done is not done again, each says what it took and how long the rest will take."""

import json
import pathlib
import resource
import shlex
import subprocess
import sys
import time


class Failed(Exception):
    """A stage cannot be done. Says why."""


class Stages:
    """Keeps `done.json` in a folder: seconds of the clock and of CPU time of each stage that was begun, and `stopped` of one that was.

    Args:
        folder: of this job; its logs are there too.
        costs: of every stage, in order, about how much it is of the whole. Any unit.
    """

    def __init__(self, folder, costs):
        self.folder, self.costs = pathlib.Path(folder), costs
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stopping = False
        self.file = self.folder / "done.json"
        self.done = json.loads(self.file.read_text()) if self.file.exists() else {}

    def run(self, name, work):
        """Does `work()` unless it is done."""
        if self.is_done(name):
            return
        place = list(self.costs).index(name) + 1
        print(f"[{place}/{len(self.costs)}] {name} ...", flush=True)
        before = self.done.get(name, {"seconds": 0, "cpu_seconds": 0})
        start, cpu, stopped = time.monotonic(), spent(), {"stopped": True}
        try:
            work()
            stopped = {}
        finally:
            self.done[name] = {"seconds": round(before["seconds"] + time.monotonic() - start, 1),
                               "cpu_seconds": round(before["cpu_seconds"] + spent() - cpu, 1), **stopped}
            self._write()
        took = "{seconds:.0f} s, {cpu_seconds:.0f} s of CPU time".format(**self.done[name])
        print(f"[{place}/{len(self.costs)}] {name}: {took}{self._left()}", flush=True)
        # An interrupt that came as the last command was ending anyhow.
        if self.stopping:
            raise KeyboardInterrupt

    def is_done(self, name):
        return name in self.done and "stopped" not in self.done[name]

    def _left(self):
        timed = [name for name in self.costs if self.is_done(name)]
        rate = sum(self.done[name]["seconds"] for name in timed) / sum(self.costs[name] for name in timed)
        left = rate * sum(cost for name, cost in self.costs.items() if not self.is_done(name))
        return f"; about {left / 60:.0f} min left" if left else ""

    def _write(self):
        making = self.file.with_suffix(".making")
        making.write_text(json.dumps(self.done, indent=1) + "\n", encoding="utf-8")
        making.replace(self.file)

    def command(self, name, *words, capture=False):
        """Runs a command, its errors (and its output, unless it is asked for) in NAME.log. Ctrl-C reaches it too, and is waited for."""
        words = [str(word) for word in words]
        path = self.folder / f"{name}.log"
        with open(path, "a", encoding="utf-8") as log:
            print("$", shlex.join(words), file=log, flush=True)
            process = subprocess.Popen(words, stdout=subprocess.PIPE if capture else log, stderr=log, text=True)
            said, interrupted = waited(process)
        if process.returncode != 0 and interrupted:
            raise KeyboardInterrupt
        self.stopping |= interrupted
        if process.returncode != 0:
            raise Failed(f"{name}: exit status {process.returncode}, see {path}:\n{tail(path)}")
        return said


def waited(process):
    """(what a process says, whether an interrupt came), once it has ended. An interrupt is the process's to answer."""
    interrupted = False
    while True:
        try:
            return process.communicate()[0], interrupted
        except KeyboardInterrupt:
            interrupted = True
            print("stopping; the same command goes on", file=sys.stderr, flush=True)
            # Not SIGINT: where that is ignored, as in the background of a shell, it would be by the process too.
            process.terminate()


def tail(path, lines=8):
    return "\n".join(pathlib.Path(path).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def spent():
    """Seconds of CPU time of this process and of those it has waited for."""
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
