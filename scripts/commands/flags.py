"""Flags of the package in Python that pages show, compared with what its programs' help says."""

import functools
import re
import shlex
import subprocess
import sys

from running import environment


@functools.cache
def known(module, command):
    asked = subprocess.run([sys.executable, "-m", module, *command.split(), "--help"], capture_output=True, text=True, env=environment())
    return frozenset(re.findall(r"--[a-z][a-z-]*", asked.stdout)) if asked.returncode == 0 else frozenset()


def commands(text):
    """The words of each command in a text, and of those that stand as a word in another (`--reader "parquet=python3 -m remit.read"`)."""
    lexer = shlex.shlex(text.replace("\\\n", " ").replace("\n", "\n;"), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = []
    for word in [*lexer, ";"]:
        if set(word) <= set(";&|()"):
            yield words
            words = []
        else:
            words.append(word)
            if " -m remit." in word:
                yield from commands(word)


def unknown_flags(block):
    """Faults of each `python -m remit.NAME [COMMAND] ... --flag` in a block."""
    for words in commands(block.text):
        at = next((at for at, (m, name) in enumerate(zip(words, words[1:])) if m == "-m" and name.startswith("remit.")), None)
        if at is None:
            continue
        module, rest = words[at + 1], words[at + 2:]
        command = rest[0] if rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]) else ""
        flags = known(module, "") | (known(module, command) if command else frozenset())
        if not flags:
            yield f"{block}: python -m {module} --help says nothing; are its packages there?"
        for flag in [word.split("=")[0] for word in rest if word.startswith("--")]:
            if flags and flag not in flags:
                yield f"{block}: python -m {module} {command} has no flag {flag}"
