"""Programs that run to their end: what they leave, disturbed and then taken up again, has the bits of an undisturbed run."""

import hashlib
import os
import re
import shutil

from program import BIN, run, sound

CLOCKS = re.compile(rb'"(step_seconds|wait_seconds|tokens_per_second)":[^,}]*')


def digest(path):
    with open(path, "rb") as file:
        content = file.read()
    return hashlib.sha256(CLOCKS.sub(b"", content) if path.endswith(".jsonl") else content).hexdigest()


class Run:
    """`start` is the folder as it is before the command; the command is the same for the first try and for the next."""

    def __init__(self, name, work, command, results, start=None):
        self.name, self.work, self.results, self.start = name, work, results, start
        self.out = os.path.join(work, name)
        self.command = [part.replace("OUT", self.out) for part in command]

    def prepare(self):
        shutil.rmtree(self.out, ignore_errors=True)
        if self.start:
            shutil.copytree(self.start, self.out)

    def contents(self):
        return {name: digest(os.path.join(self.out, name)) for name in self.results}

    def undisturbed(self):
        self.prepare()
        sound(self.command)
        self.expected = self.contents()

    def trial(self, fault, environment):
        """(why it is a failure or None, whether the fault was told as an error)"""
        self.prepare()
        ended = run(self.command, environment)
        if ended.failure(fault):
            return ended.failure(fault), False
        if ended.status != 0:
            again = run(self.command)
            if again.status != 0:
                return f"after '{ended.last}' the next run ended with {again.status}: {again.last}", True
        try:
            found = self.contents()
        except OSError as error:
            return f"it ended with {ended.status} ({ended.last}), and then: {error}", True
        wrong = [name for name, expected in self.expected.items() if found[name] != expected]
        return (f"other bytes in {', '.join(wrong)} (status {ended.status}: {ended.last})" if wrong else None), ended.status != 0


def all_runs(work, models):
    """`models` holds base and teacher; `work` a corpus.jsonl."""
    corpus = os.path.join(work, "corpus.jsonl")
    anneal = [
        f"{BIN}/remit-trainer", "anneal", "--student", f"{models}/base", "--corpus", corpus, "--eval-corpus", corpus,
        "--out", "OUT", "--sequence-length", "64", "--batch-sequences", "2", "--steps", "4", "--learning-rate", "1e-3",
        "--threads", "1", "--out-dtype", "f32", "--save-every", "1", "--keep-checkpoints", "2", "--resume"]
    score = [
        f"{BIN}/remit-server", "score", "--model", f"{models}/teacher", "--tokenizer", f"{models}/base", "--corpus", corpus,
        "--sequence-length", "64", "--out", "OUT", "--threads", "1", "--shard-tokens", "400"]
    results = ["model.safetensors", "log.jsonl"]
    yield Run("anneal", work, anneal + ["--weighting", "ntp"], results)

    scores = os.path.join(work, "scores")
    sound([part.replace("OUT", scores) for part in score])
    yield Run("score", work, score, sorted(name for name in os.listdir(scores) if name.endswith(".safetensors")))

    # What was there before: a run in its middle, whose checkpoints must survive; its teacher is a side-car.
    taught = anneal + ["--logprobs-from", scores]
    middle = os.path.join(work, "middle")
    sound([part.replace("OUT", middle) for part in taught])
    os.remove(os.path.join(middle, "model.safetensors"))
    checkpoints = os.path.join(middle, "checkpoints")
    os.remove(os.path.join(checkpoints, max(os.listdir(checkpoints))))
    yield Run("resume", work, taught, results, start=middle)
