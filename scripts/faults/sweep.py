"""A fault sweep: the n-th system call of each kind fails, n = 1, 2, 3, ..., over short runs of trainer and server.

Each run must end in the right bits, or in an error that says something, with what was there before intact and a next run that gives
the undisturbed bits. Never a hang, a crash or another value.

usage: sweep.py SHIM WORK [--most N] [--only RUN] [--kind CALL]     N trials of each fault at most, spread evenly; default: all
"""

import argparse
import errno
import os
import shutil
import sys
import time

from program import DEMO, Fault
from runs import all_runs
from serving import Serving

ON_FILES = [
    Fault("open", errno.EMFILE), Fault("open", errno.EACCES), Fault("read", errno.EIO), Fault("read", errno.EINTR),
    Fault("read", 0), Fault("write", errno.ENOSPC), Fault("write", errno.ENOSPC, lasts=True), Fault("write", errno.EINTR),
    Fault("write", 0), Fault("fsync", errno.EIO), Fault("rename", errno.ENOSPC), Fault("ftruncate", errno.ENOSPC),
    Fault("mmap", errno.ENOMEM), Fault("allocate", errno.ENOMEM)]
ON_SOCKETS = [
    Fault("accept", errno.EMFILE), Fault("accept", errno.ECONNABORTED), Fault("accept", errno.EINTR),
    Fault("recv", errno.ECONNRESET), Fault("recv", errno.EINTR), Fault("recv", 0), Fault("send", errno.EPIPE),
    Fault("send", errno.EINTR), Fault("send", 0)]


def spread(count, most):
    """At most `most` of 1...count, the first and the last among them."""
    if most is None or count <= most:
        return list(range(1, count + 1))
    if most == 1:
        return [count // 2 + 1]
    return sorted({1 + round(index * (count - 1) / (most - 1)) for index in range(most)})


def sweep(subject, faults, options, failures):
    subject.undisturbed()
    for fault in faults:
        count_file = os.path.join(options.work, "count")
        if os.path.exists(count_file):
            os.remove(count_file)
        reason, _ = subject.trial(fault, fault.environment(options.shim, 0, options.work))
        if reason or not os.path.exists(count_file):
            raise SystemExit(f"{subject.name}: counting the calls failed: {reason}")
        count = int(open(count_file).read())
        trials = spread(count, options.most)
        told = wrong = 0
        for at in trials:
            reason, was_told = subject.trial(fault, fault.environment(options.shim, at, options.work))
            told += was_told
            if reason:
                wrong += 1
                failures.append(f"{subject.name}, {fault.name}, call {at} of {count}: {reason}")
                print(f"FAILED: {failures[-1]}", file=sys.stderr, flush=True)
        print(f"{subject.name:<8} {fault.name:<55} {count:>6} {len(trials):>7} {told:>7} {wrong:>7}", flush=True)
        yield len(trials)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].strip())
    parser.add_argument("shim")
    parser.add_argument("work")
    parser.add_argument("--most", type=int)
    parser.add_argument("--only")
    parser.add_argument("--kind", choices=sorted({fault.kind for fault in ON_FILES + ON_SOCKETS}))
    options = parser.parse_args()
    models = os.path.join(options.work, "models")
    for name in ("base", "teacher"):
        shutil.copytree(os.path.join(DEMO, name), os.path.join(models, name))
    with open(os.path.join(DEMO, "corpus.jsonl")) as file, open(os.path.join(options.work, "corpus.jsonl"), "w") as short:
        short.writelines(file.readlines()[:24])

    subjects = [(run, ON_FILES) for run in all_runs(options.work, models)]
    subjects.append((Serving("serve", options.work, models), ON_FILES + ON_SOCKETS))
    names = [subject.name for subject, _ in subjects]
    if options.only not in (None, *names):
        parser.error(f"--only: there is no {options.only}; choose from {', '.join(names)}")
    failures, trials, begin = [], 0, time.monotonic()
    print(f"{'run':<8} {'fault':<55} {'calls':>6} {'trials':>7} {'errors':>7} {'failed':>7}", flush=True)
    for subject, faults in subjects:
        if options.only in (None, subject.name):
            trials += sum(sweep(subject, [fault for fault in faults if options.kind in (None, fault.kind)], options, failures))
    print(f"{trials} faults in {time.monotonic() - begin:.0f} s: {len(failures)} ended in another way than with the right bits "
          "or a clear error")
    # A run has no calls of some kinds: a sweep of nothing has shown nothing.
    sys.exit(1 if failures else "no fault was tried" if trials == 0 else 0)


main()
