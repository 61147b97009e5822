"""What pages show to be typed, and what they say becomes of it."""

import pathlib
import re
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["", "docs", "Benchmarks/Flywheel", "Python", "Python/docs", "Python/server"]
MARKS = {"run", "tested", "elsewhere", "unrun"}
# What a command begins with. Shown as an indented block it would escape.
COMMAND = re.compile(
    r" {4}(\$ |[A-Z_]+=\S* )*(remit-\w+|\.build/|scripts/|python3? |pip |curl |docker |swift |tensorboard |sbatch |printf |export )")


class Block:
    """A block of `sh`, its mark, and the block of `text` below it, if there is one."""

    def __init__(self, page, line, mark, text):
        self.page, self.line, self.text, self.shown = page, line, text, None
        self.kind, _, self.words = mark.partition(":")

    def __str__(self):
        return f"{self.page}:{self.line}"

    def faults(self):
        """What is the matter with how it is marked, or written."""
        if self.kind not in MARKS:
            return [f"{self}: nothing says whether these commands run: expected one of {', '.join(sorted(MARKS))} in a comment above"]
        if self.kind in ("elsewhere", "unrun") and not self.words.strip():
            return [f"{self}: {self.kind} without a reason"]
        parsed = subprocess.run(["bash", "-n"], input=self.text, capture_output=True, text=True)
        return [f"{self}: no shell reads this: {parsed.stderr.strip()}"] if parsed.returncode else []


class Page:
    """The blocks of a page in their order. `where` has the words that stand for others in all of them."""

    def __init__(self, path):
        self.path, self.blocks, self.where, self.faults = path, [], [], []
        self.lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        at = 0
        while at < len(self.lines):
            at = self.read(at)

    @property
    def running(self):
        return [block for block in self.blocks if block.kind == "run"]

    def read(self, at):
        """Takes what begins at a line; the line behind it."""
        line = self.lines[at]
        if fence := re.match(r"( *)```(\w*)$", line):
            end = next(n for n in range(at + 1, len(self.lines)) if self.lines[n].strip() == "```")
            text = "".join(body.removeprefix(fence[1]) + "\n" for body in self.lines[at + 1:end])
            self.fenced(at, fence[2], text)
            return end + 1
        if line.strip() == "<!-- first":
            end = next(n for n in range(at, len(self.lines)) if self.lines[n].strip() == "-->")
            self.blocks.append(Block(self.path, at + 1, "run", "\n".join(self.lines[at + 1:end]) + "\n"))
            return end + 1
        if where := re.fullmatch(r"<!-- where: (.*) -->", line.strip()):
            self.where += shlex.split(where[1])
        elif COMMAND.match(line) and (at == 0 or not self.lines[at - 1].strip()) and not self.in_list(at):
            self.faults.append(f"{self.path}:{at + 1}: commands in an indented block: fence them with sh, and say whether they run")
        return at + 1

    def fenced(self, at, language, text):
        if language == "text" and self.blocks:
            self.blocks[-1].shown = text
        elif language == "sh":
            comment = re.fullmatch(r" *<!-- (.*) -->", self.lines[at - 1])
            block = Block(self.path, at + 1, comment[1] if comment else "", text)
            self.faults += block.faults()
            self.blocks.append(block)
        elif not language and COMMAND.match("    " + text):
            self.faults.append(f"{self.path}:{at + 1}: commands in a block of no language: expected sh, and a comment that says whether they run")

    def in_list(self, at):
        """Whether a line's indentation is that of a list's item."""
        for line in reversed(self.lines[:at]):
            if line.strip() and not line.startswith("    "):
                return bool(re.match(r"\d+\.  |- ", line))
        return False


def every_path():
    return [path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.md"))]
