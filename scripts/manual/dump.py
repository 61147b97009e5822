"""What the programs say of their own commands, as swift-argument-parser dumps it."""

import json
import subprocess


def root(program):
    """A program's dump: its root command."""
    dump = subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout
    return json.loads(dump)["command"]


def subcommands(command):
    return [c for c in command.get("subcommands", []) if c["commandName"] != "help" and c.get("shouldDisplay", True)]


def every(command, path=()):
    """Each command from the root down, with its words from the first subcommand on."""
    yield list(path), command
    for child in subcommands(command):
        yield from every(child, (*path, child["commandName"]))


def leaves(command):
    """The commands that run."""
    return [(path, command) for path, command in every(command) if not subcommands(command)]


def positionals(command):
    return [a for a in command.get("arguments", []) if a["kind"] == "positional" and a.get("shouldDisplay", True)]


def flags(command):
    """Options and switches but for --help and --version, which all have."""
    return [a for a in command.get("arguments", [])
            if a["kind"] != "positional" and a["valueName"] not in ("help", "version") and a.get("shouldDisplay", True)]


def long_name(argument):
    return next(n["name"] for n in argument["names"] if n["kind"] == "long")
