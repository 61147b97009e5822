"""remit.log: a run in a tracker, with trackers that keep what they are given, and with wandb and mlflow where they are installed."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conftest import ROOT
from remit.log import Histogram, LogError, MLflowTracker, Run, send
from remit.log.__main__ import main
from remit.log.values import point

STEP: dict[str, Any] = {
    "kind": "step", "epoch": 0, "loss": 2.5, "weighted_loss": 2.25, "learning_rate": 0.001, "grad_norm": 1.5, "tokens": 100,
    "scored_tokens": 90, "source_tokens": {"web": 60, "code": 40}, "mean_weight": 1.01, "clipped_low_share": 0.1, "clipped_high_share": 0.2,
    "up_weighted_share": 0.5, "weight_histogram": {"low": 0.8, "high": 1.2, "counts": [1, 2, 3, 4]}, "gained_tokens": [[5, 2, 0.3]],
    "tokens_per_second": 1000.0, "step_seconds": 0.1, "wait_seconds": 0.01,
}  # fmt: skip
EVALUATION: dict[str, Any] = {
    "kind": "evaluation", "held_out_loss": 3.5, "held_out_tokens": 50, "held_out_domains": [{"domain": "web", "loss": 3.25, "scored_tokens": 9}],
}  # fmt: skip


class Kept:
    """A tracker that keeps what it is given."""

    def __init__(self, next_step: int = 0) -> None:
        self.next_step = next_step
        self.options: dict[str, Any] = {}
        self.logged: list[tuple[int, dict[str, float], Histogram | None]] = []
        self.summary: dict[str, Any] | None = None

    def config(self, options: Mapping[str, Any]) -> None:
        self.options = dict(options)

    def log(self, step: int, values: Mapping[str, float], weights: Histogram | None) -> None:
        self.logged.append((step, dict(values), weights))

    def finish(self, summary: Mapping[str, Any]) -> None:
        self.summary = dict(summary)


def lines(*steps: int, seconds: float = 0.1) -> str:
    return "".join(json.dumps({**STEP, "step": step, "step_seconds": seconds}) + "\n" for step in steps)


#: As remit-trainer reinforce writes it.
REINFORCE: dict[str, Any] = {
    "step": 1, "mean_reward": 0.25, "uniform_share": 0.5, "loss": -0.01, "divergence": 0.002, "clipped_share": 0.1, "grad_norm": 1.5,
    "learning_rate": 1e-5, "tokens": 256, "finished_share": 1, "sampling_seconds": 0.1, "reward_seconds": 0.1, "update_seconds": 0.1,
}  # fmt: skip


@pytest.fixture
def out(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"command": "anneal", "corpus": ["a", "b"], "teacher": None, "options": {"seed": 1, "schedule": {"peak": 0.1}}}))
    return folder


def end(out: pathlib.Path) -> None:
    (out / "remit.json").write_text(json.dumps({"steps": 3, "tokens": 300, "corpus": ["a"], "fingerprints": {"student": "s"}}))


def test_a_line_is_numbers_by_the_names_of_the_events() -> None:
    found = point({**STEP, "step": 7, "skipped": True, "z_loss": float("nan")})
    assert found.step == 7 and found.weights == (0.8, 1.2, [1, 2, 3, 4])
    assert found.values["loss/next_token"] == 2.5 and found.values["tokens/code"] == 40 and found.values["skipped"] == 1
    assert "loss/z" not in found.values and "gained_tokens" not in found.values and "step" not in found.values
    assert point({**EVALUATION, "step": 0}).values == {"loss/held_out": 3.5, "held_out/tokens": 50, "held_out/web": 3.25}
    assert point({"step": 1, "mean_reward": 0.5}).values == {"mean_reward": 0.5}
    drawn = {"step": 1, "lengths": {"min": 1, "mean": 2.5, "median": 2, "max": 4}, "entropy": 0.25, "completions": [{"tokens": 4}]}
    assert point(drawn).values == {"lengths/min": 1, "lengths/mean": 2.5, "lengths/median": 2, "lengths/max": 4, "entropy": 0.25}


def test_a_run_that_has_ended_is_sent_once(out: pathlib.Path) -> None:
    (out / "log.jsonl").write_text(json.dumps({**EVALUATION, "step": 0}) + "\n" + lines(1, 2, 3) + json.dumps({**EVALUATION, "step": 3}) + "\n")
    end(out)
    kept = Kept()
    names = []
    assert send(Run(str(out)), lambda identity, name: names.append((identity, name)) or kept, follow=True) == 5  # type: ignore[func-returns-value]
    assert [step for step, _, _ in kept.logged] == [0, 1, 2, 3, 3]
    assert kept.options == {"command": "anneal", "corpus": "a, b", "options.seed": 1, "options.schedule.peak": 0.1}
    assert kept.summary == {"steps": 3, "tokens": 300, "fingerprints.student": "s"}
    assert names == [(Run(str(out)).identity, "run")]
    later = Kept(next_step=3)
    assert send(Run(str(out)), lambda *_: later) == 2
    assert [step for step, _, _ in later.logged] == [3, 3]


def test_the_policy_loss_of_reinforce_is_no_next_token_loss() -> None:
    values = point(REINFORCE).values
    assert values["loss/policy"] == -0.01 and "loss/next_token" not in values
    assert values["mean_reward"] == 0.25 and values["optimizer/learning_rate"] == 1e-5 and values["tokens/step"] == 256


def test_another_run_in_the_same_directory_is_another_run(out: pathlib.Path) -> None:
    """A tracker that has one run's steps is not taken to have those of the next, which was started as something else."""
    have: dict[str, Kept] = {}

    def tracker(identity: str, _: str) -> Kept:
        known = have.get(identity)
        have[identity] = Kept(next_step=known.logged[-1][0] + 1 if known and known.logged else 0)
        return have[identity]

    for seed in (1, 2):
        (out / "run.json").write_text(json.dumps({"command": "reinforce", "student": "base", "options": {"seed": seed}}))
        (out / "log.jsonl").write_text("".join(json.dumps({**REINFORCE, "step": step}) + "\n" for step in (1, 2)))
        assert send(Run(str(out)), tracker) == 2
    assert len(have) == 2


def test_a_run_is_followed_through_a_resumption_to_its_end(out: pathlib.Path) -> None:
    log = out / "log.jsonl"
    kept, looks = Kept(), 0

    def wait(_: float) -> None:
        """What happens between two looks at the log."""
        nonlocal looks
        looks += 1
        happening: list[Callable[[], object]] = [
            lambda: log.write_text(lines(1, 2)),
            lambda: log.write_text(lines(1, 2) + lines(3)[:40]),  # a line that is being written
            lambda: log.write_text(lines(1, 2, 3)),
            lambda: log.write_text(lines(1)),  # killed, and resumed from the checkpoint behind step 1
            lambda: log.write_text(lines(1) + lines(2, 3, 4, seconds=0.2)),
            lambda: (log.write_text(lines(1) + lines(2, 3, 4, 5, seconds=0.2)), end(out)),
        ]
        happening[looks - 1]()

    assert send(Run(str(out)), lambda *_: kept, follow=True, wait=wait) == 5
    assert [step for step, _, _ in kept.logged] == [1, 2, 3, 4, 5] and kept.summary
    assert looks == 6


def test_what_is_interrupted_is_closed(out: pathlib.Path) -> None:
    (out / "log.jsonl").write_text(lines(1))
    kept = Kept()

    def wait(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(Run(str(out)), lambda *_: kept, follow=True, wait=wait)
    assert len(kept.logged) == 1 and kept.summary == {}


def test_what_is_no_run_is_refused(out: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LogError, match="no log.jsonl"):
        send(Run(str(out)), lambda *_: Kept())
    for wrong in ["x\n", "[]\n", '{"loss": 1}\n']:
        (out / "log.jsonl").write_text(wrong)
        with pytest.raises(LogError, match="no step"):
            send(Run(str(out)), lambda *_: Kept())
    (out / "log.jsonl").write_text("")
    (out / "run.json").write_text("{")
    with pytest.raises(LogError, match="run.json: no JSON"):
        send(Run(str(out)), lambda *_: Kept())
    assert main(["--to", "wandb", str(out / "nowhere")]) == 1
    assert "no log.jsonl" in capsys.readouterr().err


def test_wandb_is_given_steps_with_histograms(out: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (out / "log.jsonl").write_text(lines(1, 2, 3))
    end(out)
    calls: list[Any] = []

    class FakeRun:
        resumed, step = True, 2

        def __init__(self) -> None:
            self.config = types.SimpleNamespace(update=lambda options, **flags: calls.append(("config", options, flags)))
            self.summary = types.SimpleNamespace(update=lambda values: calls.append(("summary", values)))

        def log(self, values: dict[str, Any], step: int) -> None:
            calls.append(("log", step, values))

        def finish(self) -> None:
            calls.append(("finish",))

    def init(**options: Any) -> FakeRun:
        calls.append(("init", options))
        return FakeRun()

    fake = types.ModuleType("wandb")
    fake.init, fake.Histogram = init, lambda np_histogram: np_histogram  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", fake)
    assert main(["--to", "wandb", str(out), "--project", "p"]) == 0
    assert calls[0] == ("init", {"project": "p", "name": "run", "id": Run(str(out)).identity, "resume": "allow"})
    assert calls[1][0] == "config" and calls[1][2] == {"allow_val_change": True}
    assert [call[1] for call in calls if call[0] == "log"] == [2, 3]
    assert calls[2][2]["weights/histogram"] == ([1, 2, 3, 4], pytest.approx([0.8, 0.9, 1.0, 1.1, 1.2]))
    assert [call[0] for call in calls[-2:]] == ["summary", "finish"]


def test_a_tracker_that_is_not_installed_is_named(out: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (out / "log.jsonl").write_text(lines(1))
    for name in ("wandb", "mlflow"):
        monkeypatch.setitem(sys.modules, name, None)
        assert main(["--to", name, str(out)]) == 1
        assert f"pip install {name}" in capsys.readouterr().err


def test_the_example_of_the_page_runs(out: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (out / "log.jsonl").write_text(lines(1, 2))
    monkeypatch.chdir(out.parent)
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "Python/docs/log.md").read_text(), re.DOTALL)
    exec(compile(block.replace("OUT", "run"), "log.md", "exec"), {})
    assert capsys.readouterr().out == "1 2.5\n2 2.5\n"


@pytest.mark.filterwarnings("default")
def test_wandb_itself_offline(out: pathlib.Path, tmp_path: pathlib.Path) -> None:
    pytest.importorskip("wandb")
    (out / "log.jsonl").write_text(lines(1, 2, 3))
    end(out)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "Python/src"), "WANDB_MODE": "offline"}
    environment.update({f"WANDB_{name}DIR": str(tmp_path) for name in ("", "DATA_", "CACHE_", "CONFIG_")})
    # All is written when the process that it keeps beside ours has ended.
    subprocess.run([sys.executable, "-m", "remit.log", "--to", "wandb", str(out)], check=True, env=environment)
    (written,) = tmp_path.glob(f"wandb/offline-run-*/run-{Run(str(out)).identity}.wandb")
    data = written.read_bytes()
    assert data.count(b"loss/next_token") >= 3 and b"options.seed" in data


@pytest.mark.filterwarnings("default")
def test_mlflow_itself_in_files(out: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    (out / "log.jsonl").write_text(lines(1, 2) + json.dumps({**EVALUATION, "held_out_domains": [{"domain": "a(b)", "loss": 1.5}], "step": 2}) + "\n")
    run = Run(str(out))
    assert send(run, lambda identity, name: MLflowTracker(identity, name, "remit")) == 3
    client = mlflow.MlflowClient()
    (experiment,) = [one for one in client.search_experiments() if one.name == "remit"]
    (stored,) = client.search_runs([experiment.experiment_id])
    assert stored.info.status == "KILLED" and stored.data.params["options.seed"] == "1" and stored.data.metrics["held_out/a_b_"] == 1.5
    with open(out / "log.jsonl", "a") as file:
        file.write(lines(3))
    end(out)
    assert send(run, lambda identity, name: MLflowTracker(identity, name, "remit")) == 1
    (stored,) = client.search_runs([experiment.experiment_id])
    assert stored.info.status == "FINISHED" and stored.data.tags["steps"] == "3"
    assert [one.step for one in client.get_metric_history(stored.info.run_id, "loss/next_token")] == [1, 2, 3]
