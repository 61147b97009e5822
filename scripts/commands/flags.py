"""Flags of the package in Python that pages show, compared with what its programs' help says."""

import functools
import re
import subprocess
import sys

from running import environment


@functools.cache
def known(module, command):
    asked = subprocess.run([sys.executable, "-m", module, *command.split(), "--help"], capture_output=True, text=True, env=environment())
    return frozenset(re.findall(r"--[a-z][a-z-]*", asked.stdout)) if asked.returncode == 0 else frozenset()


def unknown_flags(block):
    """Faults of each `python -m remit.NAME [COMMAND] ... --flag` in a block."""
    for module, rest in re.findall(r"python3? -m (remit\.\w+)((?:\\\n|[^\n;&)\"])*)", block.text):
        words = rest.split("#")[0].replace("\\\n", " ").split()
        commands = words[0].split("|") if words and re.fullmatch(r"[a-z-]+(\|[a-z-]+)*", words[0]) else []
        flags = known(module, "").union(*(known(module, command) for command in commands))
        if not flags:
            yield f"{block}: python -m {module} --help says nothing; are its packages there?"
        for flag in [word.strip("'\"").split("=")[0] for word in words if word.startswith("--")]:
            if flags and flag not in flags:
                yield f"{block}: python -m {' '.join([module, *commands])} has no flag {flag}"
