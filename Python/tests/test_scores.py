"""Scores beside tokens and scores by segment, against what remit-server score writes."""

from __future__ import annotations

import json
import pathlib
import pickle
import shutil
import subprocess

import numpy as np
import pytest

import remit
from conftest import BUILD, DEMO, Server
from remit.scores import (
    ParallelWriter,
    SegmentsWriter,
    TokenFile,
    Unit,
    add_column,
    column_to_segments,
    manifests,
    parallel_to_segments,
    segments_to_parallel,
    static_weights,
    write_parallel,
)
from remit.scores.__main__ import main

LENGTH, END = 64, 0
PINS = remit.Pins("1" * 64, "2" * 64, "3" * 64)


def run(*arguments: object) -> str:
    result = subprocess.run([str(one) for one in arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


@pytest.fixture(scope="module")
def documents_of_ids(server: Server, documents: list[str]) -> list[list[int]]:
    client = remit.Client(server.url)
    return [[*client.tokenize(text).token_ids.tolist(), END] for text in documents[:60]]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, documents_of_ids: list[list[int]]) -> pathlib.Path:
    """A token file as OLMo has it, a Megatron pair, and a side-car of remit-server score."""
    folder = tmp_path_factory.mktemp("corpus")
    ids = np.concatenate(documents_of_ids)
    ids.astype("<u2").tofile(folder / "tokens.npy")
    ids.astype("<i4").tofile(folder / "pair.bin")
    lengths = [len(one) for one in documents_of_ids]
    starts = np.cumsum([0, *lengths[:-1]])
    (folder / "pair.idx").write_bytes(
        b"MMIDIDX\0\0" + (1).to_bytes(8, "little") + bytes([4]) + len(lengths).to_bytes(8, "little")
        + (len(lengths) + 1).to_bytes(8, "little") + np.asarray(lengths, "<i4").tobytes() + (starts * 4).astype("<i8").tobytes()
        + np.arange(len(lengths) + 1, dtype="<i8").tobytes()
    )  # fmt: skip
    run(BUILD / "remit-server", "score", "--model", DEMO / "teacher", "--tokenizer", DEMO / "base", "--corpus",
        folder / "tokens.npy", "--sequence-length", LENGTH, "--threads", 1, "--shard-tokens", 1000, "--out", folder / "side")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def expected(server: Server, documents_of_ids: list[list[int]]) -> np.ndarray:
    """Log-probs of the whole token file by the live server."""
    pieces = [ids[at : at + LENGTH] for ids in documents_of_ids for at in range(0, len(ids), LENGTH)]
    return remit.Client(server.url).logprobs(pieces).teacher_logprobs


def test_a_side_car_of_remit_server_is_read(corpus: pathlib.Path, documents_of_ids, expected: np.ndarray) -> None:
    scores = remit.Scores(corpus / "side", unit="document", tokens=LENGTH)
    scores.verify()
    assert (scores.form, scores.unit) == ("segments", Unit("document", LENGTH))
    rows = [scores.row(ids) for ids in documents_of_ids]
    assert np.concatenate(rows).tobytes() == expected.tobytes()
    first, second = documents_of_ids[:2]
    packed = scores.row(first + second, [0, len(first)])
    assert packed.tobytes() == np.concatenate(rows[:2]).tobytes()
    assert np.isnan(scores.of([5])).all()
    with pytest.raises(remit.MissingScores, match="of another corpus"):
        scores.of([5, 6, 7])


@pytest.mark.parametrize("tokens", ["tokens.npy", "pair.bin"])
def test_there_and_back(tmp_path: pathlib.Path, corpus: pathlib.Path, expected: np.ndarray, tokens: str) -> None:
    file = TokenFile(corpus / tokens, dtype="uint16", end=END)
    out = tmp_path / "numbers.scores"
    manifest = segments_to_parallel(remit.Scores(corpus / "side"), file, out=out, range_items=500)
    shutil.copy(corpus / tokens, tmp_path / tokens)
    parallel = remit.Scores(manifest, unit="document", tokens=LENGTH)
    parallel.verify()
    assert np.fromfile(out, "<f4").tobytes() == expected.tobytes()
    assert parallel.at(100, 1700).tobytes() == expected[100:1700].tobytes()
    assert parallel.items == file.items == len(expected)
    back = parallel_to_segments(remit.Scores(out), file, tmp_path / "back", shard_tokens=700)
    again = remit.Scores(back, unit="document", tokens=LENGTH)
    again.verify()
    theirs = list(remit.Scores(corpus / "side").file.all())
    assert [(digest, values.tobytes()) for digest, values in again.file.all()] == [(d, v.tobytes()) for d, v in theirs]
    run(BUILD / "remit-trainer", "verify", back)
    assert again.pins == parallel.pins == remit.Scores(corpus / "side").pins


def test_remit_trainer_trains_on_what_was_written(tmp_path: pathlib.Path, corpus: pathlib.Path) -> None:
    manifest = segments_to_parallel(
        remit.Scores(corpus / "side"), TokenFile(corpus / "pair.bin", end=END), out=tmp_path / "a.scores"
    )
    parallel_to_segments(remit.Scores(manifest), TokenFile(corpus / "pair.bin"), tmp_path / "back")
    weights = []
    for name in ("side", "back"):
        folder = corpus / "side" if name == "side" else tmp_path / "back"
        run(BUILD / "remit-trainer", "anneal", "--logprobs-from", folder, "--student", DEMO / "base", "--corpus", corpus / "tokens.npy",
            "--sequence-length", LENGTH, "--batch-sequences", 4, "--steps", 2, "--out", tmp_path / name)  # fmt: skip
        weights.append([path.read_bytes() for path in sorted((tmp_path / name).rglob("model.safetensors"))])
    assert weights[0] and weights[0] == weights[1]


def test_half_precision(tmp_path: pathlib.Path, corpus: pathlib.Path, expected: np.ndarray) -> None:
    file = TokenFile(corpus / "tokens.npy", dtype="uint16", end=END)
    out = tmp_path / "half.scores"
    scores = remit.Scores(
        segments_to_parallel(remit.Scores(corpus / "side"), file, out=out, dtype="float16"), unit="document", tokens=LENGTH
    )
    assert out.stat().st_size == 2 * file.items
    np.testing.assert_array_equal(scores.at(0, file.items), expected.astype(np.float16).astype(np.float32))


def test_a_loader_with_another_unit_is_refused(tmp_path: pathlib.Path, corpus: pathlib.Path) -> None:
    shutil.copy(corpus / "tokens.npy", tmp_path)
    file = TokenFile(tmp_path / "tokens.npy", dtype="uint16", end=END)
    with ParallelWriter(file, unit=Unit("chunk", 128), pins=PINS, model="m", precision="f32") as writer:
        values = -np.ones(file.items, np.float32)
        values[::128] = np.nan
        writer.append(values)
    path = tmp_path / "tokens.npy"
    assert remit.Scores(path, unit="chunk", tokens=128).at(127, 130).tolist()[0] == -1
    for unit, tokens in [("document", 128), ("chunk", 64), ("chunk", 256)]:
        with pytest.raises(remit.OtherUnit, match="the teacher had another context"):
            remit.Scores(path, unit=unit, tokens=tokens)
        with pytest.raises(remit.OtherUnit):
            remit.Scores(corpus / "side", unit="chunk" if unit == "document" else "document", tokens=tokens + 1)
    with pytest.raises(remit.OtherUnit, match="whose context is another"):
        parallel_to_segments(remit.Scores(path), file, tmp_path / "out")
    for undeclared, call in [(path, lambda scores: scores.at(0, 4)), (corpus / "side", lambda scores: scores.of([1, 2]))]:
        with pytest.raises(remit.ScoresError, match="say how the loader feeds"):
            call(remit.Scores(undeclared))
    with pytest.raises(remit.ScoresError, match="ask at"):
        remit.Scores(path, unit="chunk", tokens=128).of([1, 2])
    with pytest.raises(remit.ScoresError, match="scores_fingerprint"):
        remit.Scores(path, pins=remit.Pins(scores_fingerprint="0" * 64))
    with pytest.raises(ValueError, match="together"):
        remit.Scores(path, unit="chunk")


@pytest.fixture
def small(tmp_path: pathlib.Path) -> pathlib.Path:
    np.arange(1, 101, dtype="<u4").tofile(tmp_path / "t.bin")
    with ParallelWriter(
        TokenFile(tmp_path / "t.bin", dtype="uint32"), unit=Unit("chunk", 10), pins=PINS, model="m", precision="bf16", range_items=30
    ) as writer:
        for first in range(0, 100, 7):
            writer.append(-np.arange(first, min(first + 7, 100), dtype=np.float32))
    return tmp_path


def test_every_damaged_byte_is_found(small: pathlib.Path) -> None:
    for name in ("t.bin.scores", "t.bin.scores.json", "t.bin"):
        whole = (small / name).read_bytes()
        for at in range(0, len(whole), 7 if name == "t.bin.scores.json" else 13):
            (small / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(remit.ScoresError):
                remit.Scores(small / "t.bin").verify()
        for shorter in (whole[:-2], whole[:-4], b""):
            (small / name).write_bytes(shorter)
            with pytest.raises(remit.ScoresError):
                remit.Scores(small / "t.bin").verify()
        (small / name).write_bytes(whole)
    remit.Scores(small / "t.bin").verify()


def test_only_what_is_read_is_checked(small: pathlib.Path) -> None:
    with open(small / "t.bin.scores", "r+b") as file:
        file.seek(4 * 70)
        file.write(b"\1")
    scores = remit.Scores(small / "t.bin", unit="chunk", tokens=10)
    assert scores.at(0, 60).tolist() == [-at for at in range(60)]
    assert pickle.loads(pickle.dumps(scores)).at(30, 60).tolist() == [-at for at in range(30, 60)]
    with pytest.raises(remit.DamagedScores, match="items from 60"):
        scores.at(59, 61)
    for start, stop in [(-1, 4), (4, 3), (90, 101)]:
        with pytest.raises(remit.ScoresError, match="within 0"):
            scores.at(start, stop)


def test_a_directory_of_both_forms_is_refused(tmp_path: pathlib.Path, corpus: pathlib.Path) -> None:
    shutil.copytree(corpus / "side", tmp_path / "both", ignore=shutil.ignore_patterns("tokens"))
    file = TokenFile(corpus / "tokens.npy", dtype="uint16", end=END)
    path = segments_to_parallel(remit.Scores(tmp_path / "both"), file, out=tmp_path / "both/tokens.npy.scores")
    with pytest.raises(remit.ScoresError, match="holds a side-car and parallel files, such as tokens.npy.scores.json"):
        remit.Scores(tmp_path / "both")
    assert remit.Scores(tmp_path / "both/manifest.json").form == "segments"
    assert remit.Scores(path).form == "parallel"


def test_damage_in_a_side_car_is_found(tmp_path: pathlib.Path, corpus: pathlib.Path) -> None:
    for name in ("logprobs-000001.safetensors", "manifest.json"):
        whole = (corpus / "side" / name).read_bytes()
        for at in range(3, len(whole), len(whole) // 40):
            shutil.rmtree(tmp_path / "copy", ignore_errors=True)
            shutil.copytree(corpus / "side", tmp_path / "copy", ignore=shutil.ignore_patterns("tokens"))
            (tmp_path / "copy" / name).write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
            with pytest.raises(remit.ScoresError):
                remit.Scores(tmp_path / "copy").verify()
    members = json.loads((corpus / "side/manifest.json").read_text())
    del members["shards"][-1]
    (tmp_path / "copy/manifest.json").write_bytes(manifests.swift(manifests.signed(members, manifests.swift)))
    with pytest.raises(remit.ScoresError, match="finish it"):
        remit.Scores(tmp_path / "copy")


@pytest.mark.parametrize(
    "change",
    [dict(unit={"kind": "window", "tokens": 4}), dict(format=9), dict(model_fingerprint="x"), dict(scores={}), dict(tokens=3),
     dict(scores=dict(file="../x", dtype="float32", range_items=30, sha256=["0"] * 4)),
     dict(scores=dict(file="t.bin.scores", dtype="int8", range_items=30, sha256=["0"] * 4)),
     dict(scores=dict(file="t.bin.scores", dtype="float32", range_items=0, sha256=[]))],
)  # fmt: skip
def test_hostile_manifests(small: pathlib.Path, change: dict) -> None:
    path = small / "t.bin.scores.json"
    members = {**json.loads(path.read_text()), **change}
    path.write_bytes(manifests.compact(manifests.signed(members, manifests.compact)))
    with pytest.raises(remit.ScoresError):
        remit.Scores(path).verify()


def test_writers_refuse_what_cannot_be(tmp_path: pathlib.Path) -> None:
    np.arange(10, dtype="<u4").tofile(tmp_path / "t")
    file = TokenFile(tmp_path / "t", dtype="uint32")
    options = dict(unit=Unit("chunk", 4), pins=PINS, model="m", precision="f32")
    with pytest.raises(remit.ScoresError, match="expected 10 items"), ParallelWriter(file, **options) as writer:
        writer.append([-1.0] * 9)
    for value in (0.5, -np.inf):
        with pytest.raises(ValueError, match="item 1: expected"), ParallelWriter(file, **options) as writer:
            writer.append([-1.0, value])
    with pytest.raises(ValueError, match="float16 holds"), ParallelWriter(file, dtype="float16", **options) as writer:
        writer.append([-70000.0])
    with pytest.raises(ValueError, match="is missing"):
        ParallelWriter(file, **{**options, "pins": remit.Pins()})
    assert [one.name for one in tmp_path.iterdir()] == ["t"]
    segments = SegmentsWriter(tmp_path / "s", sequence_length=4, pins=PINS, model="m", precision="f32")
    for ids, values in [([1, 2], [-1, -1]), ([1, 2], [np.nan]), ([1, 2], [np.nan, 1]), ([1] * 5, [np.nan] + [-1] * 4), ([], [])]:
        with pytest.raises(ValueError):
            segments.append(ids, values)
    segments.finish()
    with pytest.raises(remit.ScoresError, match="there is a side-car already"):
        SegmentsWriter(tmp_path / "s", sequence_length=4, pins=PINS, model="m", precision="f32")


def test_token_files(tmp_path: pathlib.Path) -> None:
    np.save(tmp_path / "a.npy", np.array([4, 5, 0, 6, 0, 7], np.uint16))
    file = TokenFile(tmp_path / "a.npy", end=0)
    assert list(file.documents()) == [(0, 3), (3, 5), (5, 6)]
    assert file.ids(1, 4).tolist() == [5, 0, 6]
    with pytest.raises(remit.ScoresError, match="closes no document"):
        list(TokenFile(tmp_path / "a.npy", end=9).documents())
    with pytest.raises(remit.ScoresError, match="give end"):
        list(TokenFile(tmp_path / "a.npy").documents())
    (tmp_path / "b.npy").write_bytes(b"12345")
    with pytest.raises(remit.ScoresError, match="give dtype"):
        TokenFile(tmp_path / "b.npy")
    with pytest.raises(remit.ScoresError, match="no whole number"):
        TokenFile(tmp_path / "b.npy", dtype="uint16")
    np.save(tmp_path / "c.npy", np.zeros((2, 2)))
    with pytest.raises(remit.ScoresError, match="integers in a row"):
        TokenFile(tmp_path / "c.npy")
    (tmp_path / "d.bin").write_bytes(b"1234")
    for index in (b"", b"MMIDIDX\0\0" + b"\1" + b"\0" * 40, b"MMIDIDX\0\0" + (1).to_bytes(8, "little") + b"\4" + b"\xff" * 16):
        (tmp_path / "d.idx").write_bytes(index)
        with pytest.raises(remit.ScoresError):
            TokenFile(tmp_path / "d.bin")


def test_what_no_reader_of_ours_takes_for_ids(tmp_path: pathlib.Path) -> None:
    np.save(tmp_path / "big.npy", np.array([5, 9, 2], ">i4"))
    with pytest.raises(remit.ScoresError, match="little-endian integers, got >i4"):
        TokenFile(tmp_path / "big.npy")
    np.array([5, 9, 2], ">u4").tofile(tmp_path / "bare")
    with pytest.raises(remit.ScoresError, match="little-endian integers, got >u4"):
        TokenFile(tmp_path / "bare", dtype=">u4")
    for dtype, wrong in [(np.int64, 2**32 + 9), (np.uint32, 2**31), (np.int32, -1), (np.int8, -3)]:
        np.save(tmp_path / "wide.npy", np.array([5, 9, wrong, 0], dtype))
        file = TokenFile(tmp_path / "wide.npy", end=0)
        assert file.ids(0, 2).tolist() == [5, 9]
        with pytest.raises(remit.ScoresError, match=f"wide.npy: {wrong} at item 2 is no id"):
            file.ids(1, 4)
        with pytest.raises(remit.ScoresError, match=f"wide.npy: {wrong} at item 2 is no id"):
            list(file.documents())
    np.save(tmp_path / "more.npy", np.array([5, 9], np.int32))
    with open(tmp_path / "more.npy", "ab") as more:
        more.write(b"\1\0\0\0")
    with pytest.raises(remit.ScoresError, match="its header says 2 items of int32, which 12 bytes are not"):
        TokenFile(tmp_path / "more.npy")


def test_megatron_sequences_lie_end_to_end(tmp_path: pathlib.Path) -> None:
    np.arange(8, dtype="<i4").tofile(tmp_path / "pair.bin")

    def index(pointers: list[int], modes: bytes = b"") -> None:
        (tmp_path / "pair.idx").write_bytes(
            b"MMIDIDX\0\0" + (1).to_bytes(8, "little") + bytes([4]) + (3).to_bytes(8, "little") + (3).to_bytes(8, "little")
            + np.array([3, 3, 2], "<i4").tobytes() + np.array(pointers, "<i8").tobytes() + np.array([0, 2, 3], "<i8").tobytes() + modes
        )  # fmt: skip

    index([0, 12, 24], b"\0" * 3)
    assert list(TokenFile(tmp_path / "pair.bin").documents()) == [(0, 6), (6, 8)]
    index([0, 20, 8])
    with pytest.raises(remit.ScoresError, match="sequence 1 begins at byte 20, but the one before ends at byte 12"):
        TokenFile(tmp_path / "pair.bin")
    index([0, 12, 24], b"\0\1\0")
    with pytest.raises(remit.ScoresError, match="multimodal"):
        TokenFile(tmp_path / "pair.bin")


def scored(folder: pathlib.Path, name: str, unit: Unit, ids: np.ndarray, end: int) -> tuple[remit.Scores, TokenFile]:
    """A token file and numbers of it, NaN where a document, or a piece of one, begins."""
    folder.mkdir(exist_ok=True)
    ids.astype("<u2").tofile(folder / "t.npy")
    tokens = TokenFile(folder / "t.npy", dtype="uint16", end=end)
    values = -np.random.default_rng(len(name)).exponential(2.0, tokens.items).astype(np.float32)
    for start, stop in tokens.documents() if unit.kind == "document" else [(0, tokens.items)]:
        values[[first for first, _ in unit.pieces(start, stop)]] = np.nan
    path = write_parallel(tokens, [values], unit=unit, pins=PINS, model=name, precision="f32", out=folder / f"{name}.scores")
    return remit.Scores(path), tokens


@pytest.mark.parametrize("end", [7, 3], ids=["documents joined", "documents split"])
def test_documents_of_another_end_are_refused(tmp_path: pathlib.Path, end: int) -> None:
    """Means were taken over what no teacher saw, and side-cars held segments that no loader would ask for."""
    ids = np.random.default_rng(1).integers(2, 50, 300)
    ids[20::40] = ids[-1] = 0
    ids[40::60] = 3
    ids[100] = 7
    unit = Unit("document", 16)
    (teacher, tokens), (base, _) = (scored(tmp_path, name, unit, ids, 0) for name in ("teacher", "base-of-it"))
    other = TokenFile(tokens.path, dtype="uint16", end=end)
    with pytest.raises(remit.OtherUnit, match=r"documents began elsewhere when the teacher scored them \(item \d+\)"):
        static_weights(teacher, base, other)
    for allow_missing in (False, True):
        with pytest.raises(remit.OtherUnit, match="documents began elsewhere"):
            parallel_to_segments(teacher, other, tmp_path / f"side-{allow_missing}", allow_missing=allow_missing)
    static_weights(teacher, base, tokens)
    parallel_to_segments(teacher, tokens, tmp_path / "side")


@pytest.mark.parametrize("kind", ["document", "chunk"])
def test_a_token_file_of_as_many_items_is_not_the_one_that_was_scored(tmp_path: pathlib.Path, kind: str) -> None:
    ids = np.append(np.random.default_rng(1).integers(1, 50, 99), 0)
    unit = Unit(kind, 16)
    (teacher, tokens), (base, _) = (scored(tmp_path, name, unit, ids, 0) for name in ("teacher", "base-of-it"))
    other = ids.copy()
    other[5] = 60
    other.astype("<u2").tofile(tmp_path / "other.npy")
    another = TokenFile(tmp_path / "other.npy", dtype="uint16", end=0)
    with pytest.raises(remit.ScoresError, match="other.npy is not the file that was scored: its SHA-256 is"):
        static_weights(teacher, base, another)
    if kind == "document":
        with pytest.raises(remit.ScoresError, match="is not the file that was scored"):
            parallel_to_segments(teacher, another, tmp_path / "side")
    static_weights(teacher, base, tokens)


def test_columns(tmp_path: pathlib.Path, corpus: pathlib.Path, documents_of_ids) -> None:
    class DataSet(list):
        def map(self, add, **_):
            return DataSet({**row, **add(row)} for row in self)

    scores = remit.Scores(corpus / "side", unit="document", tokens=LENGTH)
    rows = add_column(DataSet({"input_ids": ids} for ids in documents_of_ids), scores)
    first, second = documents_of_ids[:2]
    packed = add_column(DataSet([{"input_ids": first + second, "starts": [0, len(first)]}]), scores, document_starts="starts")
    assert packed[0]["teacher_logprobs"].tobytes() == b"".join(row["teacher_logprobs"].tobytes() for row in rows[:2])
    back = column_to_segments(
        ((row["input_ids"], row["teacher_logprobs"]) for row in rows), tmp_path / "back", sequence_length=LENGTH,
        pins=scores.pins, model=scores.model, precision=scores.precision,
    )  # fmt: skip
    again = remit.Scores(back, unit="document", tokens=LENGTH)
    assert [again.row(ids).tobytes() for ids in documents_of_ids] == [row["teacher_logprobs"].tobytes() for row in rows]


def test_what_was_not_scored(tmp_path: pathlib.Path, corpus: pathlib.Path) -> None:
    np.array([5, 6, 7, END, 9, END], "<u2").tofile(tmp_path / "other.npy")
    file = TokenFile(tmp_path / "other.npy", dtype="uint16", end=END)
    side = remit.Scores(corpus / "side")
    with pytest.raises(remit.MissingScores, match="items 0"):
        segments_to_parallel(side, file)
    path = segments_to_parallel(side, file, allow_missing=True)
    assert np.isnan(remit.Scores(path, unit="document", tokens=LENGTH).at(0, 6)).all()
    with pytest.raises(remit.MissingScores):
        parallel_to_segments(remit.Scores(path), file, tmp_path / "a")
    assert remit.Scores(parallel_to_segments(remit.Scores(path), file, tmp_path / "b", allow_missing=True)).items == 0


def test_the_command(tmp_path: pathlib.Path, corpus: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    tokens = ["--tokens", str(corpus / "tokens.npy"), "--token-dtype", "uint16", "--end", str(END)]
    side, out, back = str(corpus / "side"), str(tmp_path / "x.scores"), str(tmp_path / "back")
    assert main(["to-parallel", side, *tokens, "--out", out]) == 0
    assert main(["to-segments", out, *tokens, "--out", back]) == 0
    assert main(["verify", back]) == 0 and main(["info", out]) == 0
    assert "document of at most 64 tokens" in capsys.readouterr().out
    assert main(["verify", str(tmp_path)]) == 1
    assert "error:" in capsys.readouterr().err
