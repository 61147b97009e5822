"""A page's commands in one shell, in a folder that looks like the clone."""

import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from pages import ROOT
from shown import unlike

WORK = ROOT / ".build/commands"
LONGEST_SECONDS = 900
MARKER = "@@ block"
PORT = "8080"


def environment():
    """That of a reader: the programs, this Python and its package are at hand, and no variable decides for a flag."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REMIT_")}
    path = f"{ROOT}/.build/release:{python_folder()}:{kept['PATH']}"
    return {**kept, "PATH": path, "PYTHONPATH": f"{ROOT}/Python/src", "PYTHONDONTWRITEBYTECODE": "1"}


def python_folder():
    """This Python as `python3` alone, as Debian has it. Where the package in Python is installed there is a venv, which has `python` too."""
    folder = WORK / "python"
    folder.mkdir(parents=True, exist_ok=True)
    programs = {
        "python3": f'exec {shlex.quote(sys.executable)} "$@"',
        "python": 'case "$*" in "-m remit."*) exec python3 "$@" ;; esac\necho "python: command not found; say python3" >&2\nexit 127'}
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def run(page):
    """Faults of the blocks of a page that are run."""
    folder, port = folder_for(page), free_port()
    script = "set -eu\n" + "".join(
        f"printf '\\n{MARKER} {number}\\n'\n{script_of(block, page, port)}" for number, block in enumerate(page.running))
    (folder / "commands.sh").write_text(script, encoding="utf-8")
    serves = re.search(rf"--port {port}\b", script)
    server = serve(folder, port) if f":{port}" in script and not serves else None
    try:
        status = run_shell(folder)
    finally:
        if server:
            server.terminate()
            server.wait()
    outputs = re.split(rf"\n{MARKER} \d+\n", (folder / "commands.log").read_text(errors="replace"))[1:]
    if status != 0:
        block = page.running[max(len(outputs) - 1, 0)]
        last = "\n".join(outputs[-1].splitlines()[-20:]) if outputs else ""
        return [f"{block}: {status}:\n{last}\nThe shell was given {folder}/commands.sh"]
    return [fault for block, output in zip(page.running, outputs) for fault in unlike(block, output)]


def script_of(block, page, port):
    """What is typed here for a block: other words where its mark, or its page, has some; another port; a failed request is a failure."""
    text = replaced(block.text, shlex.split(block.words), block)
    text = replaced(text, page.where)
    return text.replace(PORT, str(port)).replace("curl -s ", "curl -sS --fail-with-body ")


def replaced(text, pairs, block=None):
    for pair in pairs:
        # `--epochs 1=--steps 2`: between two flags the sign before the second.
        old, new = re.fullmatch(r"(--[^=]*|[^=]*)=(.*)", pair, re.DOTALL).groups()
        before = text
        end = r"(?!\w)" if old[-1].isalnum() else ""
        text = re.sub(r"(?<![\w/.-])" + re.escape(old) + end, lambda _: new, text)
        if block and text == before:
            sys.exit(f"{block}: there is no {old} to stand for {new}")
    return text


def folder_for(page):
    """Links to all that the clone has; a copy of what commands could write to."""
    folder = WORK / re.sub(r"\W+", "-", page.path)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for entry in ROOT.iterdir():
        if entry.name == "Examples":
            shutil.copytree(entry, folder / entry.name)
        elif entry.name != ".git":
            (folder / entry.name).symlink_to(entry)
    return folder


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def serve(folder, port):
    """The demo pair, for pages that ask a server and start none."""
    flags = ["--model", "Examples/demo/teacher", "--base", "Examples/demo/base", "--models-dir", ".", "--admin-without-key"]
    with open(folder / "server.log", "wb") as log:
        server = subprocess.Popen(["remit-server", *flags, "--port", str(port)], cwd=folder, env=environment(), stdout=log, stderr=log)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ready").close()
            return server
        except OSError:
            time.sleep(0.1)
    server.kill()
    sys.exit(f"the demo pair was not served within 30 s; see {folder}/server.log")


def run_shell(folder):
    """0, or in words how the shell ended. What it left in the background ends with it."""
    with open(folder / "commands.log", "wb") as log:
        shell = subprocess.Popen(
            ["bash", "commands.sh"], cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        status = shell.wait(LONGEST_SECONDS)
        return status and f"status {status}"
    except subprocess.TimeoutExpired:
        return f"not done within {LONGEST_SECONDS} s"
    finally:
        try:
            os.killpg(shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        shell.wait()
