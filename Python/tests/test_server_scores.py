"""What remit-server scores into files, read here; what is written here, read by remit-trainer; one plan for workers of both."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import time

import numpy as np
import pytest

import remit
from conftest import BUILD, DEMO, Server
from remit.score import Identity, Plan, Results, Worker, make_plan, merge
from remit.score.fingerprints import model_files_sha256
from remit.score.merging import check
from remit.scores import TokenFile, Unit, segments_to_parallel, static_weights, write_parallel

LENGTH = 32


@pytest.fixture(scope="module")
def tokens(server: Server, documents: list[str], tmp_path_factory: pytest.TempPathFactory) -> TokenFile:
    client = remit.Client(server.url)
    ids = np.concatenate([[*client.tokenize(text).token_ids, 0] for text in documents[:40]])
    path = tmp_path_factory.mktemp("tokens") / "tokens.npy"
    ids.astype("<u2").tofile(path)
    return TokenFile(path, dtype="uint16", end=0)


def program(name: str, *arguments: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("REMIT_")}
    return subprocess.run([BUILD / name, *arguments], capture_output=True, text=True, env=environment)


def score(*arguments: str | os.PathLike[str]) -> None:
    result = program(
        "remit-server", "score", "--model", DEMO / "teacher", "--tokenizer", DEMO / "base", "--threads", "1", *arguments
    )
    assert result.returncode == 0, result.stderr


def pieces(tokens: TokenFile, unit: Unit) -> list[tuple[int, int]]:
    bounds = [(0, tokens.items)] if unit.kind == "chunk" else list(tokens.documents())
    return [piece for start, stop in bounds for piece in unit.pieces(start, stop)]


@pytest.mark.parametrize("kind", ["document", "chunk"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_its_parallel_files_are_those_of_this_package(
    tmp_path: pathlib.Path, server: Server, tokens: TokenFile, kind: str, dtype: str
) -> None:
    client, unit = remit.Client(server.url), Unit(kind, LENGTH)
    score("--form", "parallel", "--unit", kind, "--dtype", {"float32": "f32", "float16": "f16"}[dtype], "--base", DEMO / "base",
          "--corpus", tokens.path, "--npy-dtype", "uint16", "--sequence-length", str(LENGTH), "--out", tmp_path)  # fmt: skip
    scores = remit.Scores(tmp_path / "tokens.npy.scores", unit=kind, tokens=LENGTH)
    scores.verify()
    assert scores.pins.model_fingerprint == client.info().pins.model_fingerprint
    assert scores.quantity == "logprobs" and scores.file.tokens_sha256 == tokens.sha256()
    theirs = client.logprobs([tokens.ids(*piece) for piece in pieces(tokens, unit)]).teacher_logprobs
    np.testing.assert_array_equal(scores.at(0, tokens.items), theirs.astype(dtype))

    # Written here, they have the same bytes.
    again = tmp_path / "again" / "tokens.npy.scores"
    again.parent.mkdir()
    write_parallel(tokens, [theirs], unit=unit, pins=scores.pins, model=scores.model, precision="f32", dtype=dtype, out=again)
    for suffix in ("", ".json"):
        assert (tmp_path / f"tokens.npy.scores{suffix}").read_bytes() == pathlib.Path(f"{again}{suffix}").read_bytes()

    weights = remit.Scores(tmp_path / "tokens.npy.weights", unit=kind, tokens=LENGTH)
    weights.verify()
    assert weights.quantity == "weights"
    answer = client.weights([tokens.ids(*piece) for piece in pieces(tokens, unit)], weighting="remit-static")
    got = weights.at(0, tokens.items)
    np.testing.assert_allclose(np.nan_to_num(got), answer.weights, rtol=0, atol=1e-6 if dtype == "float32" else 1e-3)
    assert np.isnan(got[0])

    verified = program("remit-trainer", "verify", again)
    assert verified.returncode == 0 and verified.stdout.split()[-2:] == ["problems", "0"], verified.stdout


def test_static_weights_made_here_are_its(tmp_path: pathlib.Path, tokens: TokenFile) -> None:
    common = ["--form", "parallel", "--corpus", tokens.path, "--npy-dtype", "uint16", "--sequence-length", str(LENGTH)]
    score(*common, "--base", DEMO / "base", "--out", tmp_path)
    result = program("remit-server", "score", "--model", DEMO / "base", "--threads", "1", *common, "--out", tmp_path / "base")
    assert result.returncode == 0, result.stderr
    ours = static_weights(
        remit.Scores(tmp_path / "tokens.npy.scores"), remit.Scores(tmp_path / "base/tokens.npy.scores"), tokens,
        out=tmp_path / "ours.weights",
    )  # fmt: skip
    theirs = remit.Scores(tmp_path / "tokens.npy.weights", unit="document", tokens=LENGTH)
    mine = remit.Scores(ours, unit="document", tokens=LENGTH)
    np.testing.assert_allclose(mine.at(0, tokens.items), theirs.at(0, tokens.items), rtol=0, atol=1e-6)
    for member in ("weighting", "base", "tokens", "unit", "model_fingerprint"):
        assert mine.file.members[member] == theirs.file.members[member]
    with pytest.raises(remit.ScoresError, match="log-probs"):
        static_weights(theirs, mine, tokens)


def test_its_side_car_and_its_parallel_file_have_the_same_numbers(tmp_path: pathlib.Path, tokens: TokenFile) -> None:
    common = ["--corpus", tokens.path, "--npy-dtype", "uint16", "--sequence-length", str(LENGTH)]
    score(*common, "--out", tmp_path / "side-car")
    score(*common, "--form", "parallel", "--out", tmp_path)
    made = segments_to_parallel(remit.Scores(tmp_path / "side-car"), tokens, out=tmp_path / "made.scores")
    assert pathlib.Path(made).with_suffix("").read_bytes() == (tmp_path / "tokens.npy.scores").read_bytes()


def run(tmp_path: pathlib.Path, name: str, tokens: TokenFile, scores: pathlib.Path, *more: str) -> subprocess.CompletedProcess[str]:
    return program(
        "remit-trainer", "anneal", "--student", DEMO / "base", "--corpus", tokens.path, "--npy-dtype", "uint16", "--out", tmp_path / name,
        "--sequence-length", str(LENGTH), "--batch-sequences", "4", "--steps", "2", "--threads", "1", "--logprobs-from", scores, *more,
    )  # fmt: skip


def losses(folder: pathlib.Path) -> list[float]:
    lines = (folder / "log.jsonl").read_text().splitlines()
    return [json.loads(line)["weighted_loss"] for line in lines if '"step"' in line]


def test_remit_trainer_reads_what_is_written_here(tmp_path: pathlib.Path, server: Server, tokens: TokenFile) -> None:
    score("--corpus", tokens.path, "--npy-dtype", "uint16", "--sequence-length", str(LENGTH), "--out", tmp_path / "side-car")
    beside = tmp_path / "files"
    beside.mkdir()
    segments_to_parallel(remit.Scores(tmp_path / "side-car"), tokens, out=beside / "tokens.npy.scores")
    first, second = run(tmp_path, "a", tokens, tmp_path / "side-car"), run(tmp_path, "b", tokens, beside)
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert losses(tmp_path / "a") == losses(tmp_path / "b")
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()

    chunks = tmp_path / "chunks"
    chunks.mkdir()
    client, unit = remit.Client(server.url), Unit("chunk", LENGTH)
    numbers = client.logprobs([tokens.ids(*piece) for piece in pieces(tokens, unit)]).teacher_logprobs
    write_parallel(tokens, [numbers], unit=unit, pins=client.info().pins, model="t", precision="f32", out=chunks / "tokens.npy.scores")
    refused = run(tmp_path, "c", tokens, chunks)
    assert refused.returncode == 1 and "Score again with --unit document" in refused.stderr, refused.stderr
    numbers = beside / "tokens.npy.scores"
    content = bytearray(numbers.read_bytes())
    content[len(content) // 2] ^= 1
    numbers.write_bytes(content)
    damaged = run(tmp_path, "d", tokens, beside)
    assert damaged.returncode == 1 and "is not what was written there" in damaged.stderr, damaged.stderr
    assert program("remit-trainer", "verify", beside).returncode == 1


class Asking:
    """An engine that asks the server: what another worker would compute elsewhere."""

    def __init__(self, client: remit.Client) -> None:
        self._client = client
        self.identity = Identity("asking", "1", "f32", "none")

    def score(self, sequences):
        return [self._client.logprobs([one]).teacher_logprobs for one in sequences]


@pytest.fixture
def plan(tmp_path: pathlib.Path, server: Server, tokens: TokenFile) -> Plan:
    pins = remit.Client(server.url).info().pins
    return make_plan(
        tmp_path / "plan.json", [tokens.path], Unit("document", LENGTH), dtype="uint16", end=0,
        pins=remit.Pins(pins.model_fingerprint, pins.tokenizer_fingerprint), range_tokens=150,
        model_files=model_files_sha256(DEMO / "teacher"),
    )  # fmt: skip


def test_one_plan_for_workers_of_both(tmp_path: pathlib.Path, server: Server, tokens: TokenFile, plan: Plan) -> None:
    client, folder = remit.Client(server.url), tmp_path / "results"
    pins = remit.Pins(plan.pins.model_fingerprint, plan.pins.tokenizer_fingerprint)
    assert Worker(plan, Results(folder), Asking(client), pins=pins, model_files=plan.model_files).run(max_ranges=2) == 2
    command = [BUILD / "remit-server", "score", "--model", DEMO / "teacher", "--threads", "1", "--plan", plan.path, "--out", folder]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(Results(folder).done()) < 3 and killed.poll() is None:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    Worker(plan, Results(folder), Asking(client), pins=pins, model_files=plan.model_files).run(poll=0.05, max_ranges=1)
    for worker in workers:
        output, _ = worker.communicate()
        assert worker.returncode == 0, output
    # Of a range that the killed one had put, and had no time to let go of.
    assert set(os.listdir(folder / "claims")) <= Results(folder).done()
    with pytest.raises(remit.ScoresError, match="different scores_fingerprint"):
        merge(plan, Results(folder))
    merge(plan, Results(folder), out=tmp_path, allow_mixed_scores=True)
    scores = remit.Scores(tmp_path / "tokens.npy.scores", unit="document", tokens=LENGTH)
    scores.verify()
    theirs = client.logprobs([tokens.ids(*piece) for piece in pieces(tokens, plan.unit)]).teacher_logprobs
    np.testing.assert_array_equal(scores.at(0, tokens.items), theirs)

    # Its ranges alone are one teacher's, and merge to the file that it writes without a plan.
    score("--plan", plan.path, "--out", tmp_path / "alone")
    assert len(check(plan, Results(tmp_path / "alone"))) == len(plan.ranges)
    merge(plan, Results(tmp_path / "alone"), out=tmp_path / "alone", model="teacher")
    score("--form", "parallel", "--corpus", tokens.path, "--npy-dtype", "uint16", "--sequence-length", str(LENGTH),
          "--out", tmp_path / "whole")  # fmt: skip
    for suffix in ("", ".json"):
        name = f"tokens.npy.scores{suffix}"
        assert (tmp_path / "alone" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
