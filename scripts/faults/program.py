"""A program of remit's with the shim preloaded, and what it ended with."""

import os
import signal
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.join(ROOT, ".build", "release")
DEMO = os.path.join(ROOT, "Examples", "demo")
SECONDS = 120


class Fault:
    """A call of one kind fails with an errno, or is cut short (0); later ones too where it lasts.

    Where an allocation fails, Swift's runtime ends the process, whatever the program would do: what counts is what it leaves.
    """

    def __init__(self, kind, errno, lasts=False):
        self.kind, self.errno, self.lasts = kind, errno, lasts

    @property
    def name(self):
        what = os.strerror(self.errno) if self.errno else "cut short"
        return f"{self.kind}: {what}{', from then on' if self.lasts else ''}"

    @property
    def may_end_the_process(self):
        return self.kind == "allocate"

    @property
    def is_on_sockets(self):
        return self.kind in ("accept", "recv", "send")

    def environment(self, shim, at, under):
        values = {"LD_PRELOAD": shim, "FAULT_KIND": self.kind, "FAULT_AT": str(at), "FAULT_ERRNO": str(self.errno),
                  "FAULT_UNDER": under + "/", "FAULT_COUNT": os.path.join(under, "count")}
        return {**values, **({"FAULT_LASTS": "1"} if self.lasts else {})}


class Ended:
    """Status (negative: the signal, None: it hung), standard error."""

    def __init__(self, status, errors):
        self.status, self.errors = status, errors

    @property
    def last(self):
        return self.errors.strip()[-300:]

    def failure(self, fault):
        """Why this is no way to end under a fault; None where it is one: well, or with an exit status and a text."""
        if self.status is None:
            return f"it hung for {SECONDS} s"
        if self.status < 0 and fault.may_end_the_process:
            return None
        if self.status < 0:
            return f"it was ended by {signal.Signals(-self.status).name}: {self.last}"
        if self.status != 0 and not self.errors.strip():
            return f"it ended with status {self.status} and without a word"
        return None


def environment(more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REMIT_", "FAULT_", "OPENBLAS_"))}
    return {**kept, **more}


def run(command, more=None):
    process = subprocess.Popen(command, env=environment(more or {}), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, errors = process.communicate(timeout=SECONDS)
        return Ended(process.returncode, errors.decode(errors="replace"))
    except subprocess.TimeoutExpired:
        process.kill()
        _, errors = process.communicate()
        return Ended(None, errors.decode(errors="replace"))


def sound(command):
    """A run that nothing disturbs must end well."""
    ended = run(command)
    if ended.status != 0:
        raise SystemExit(f"without a fault {' '.join(command)} ended with {ended.status}: {ended.errors}")
    return ended
