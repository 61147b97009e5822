"""remit.read: corpora of other formats as lines of JSON. What needs pyarrow or transformers is in test_read_tables.py."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from conftest import ROOT, Scripted
from remit.read import BadRow, Filter, Options, Reader, ReadError, serve
from remit.read.__main__ import main
from remit.read.chat import conversation
from remit.read.places import Place

ROWS: list[dict[str, Any]] = [
    {"text": "ä\n\"b\"", "id": 7, "domain": "web", "score": 0.5, "raw": {"content": "inner", "tags": ["x", "y"]}},
    {"prompt": "1 + 1 = ", "completion": "2", "score": None},
    {"ids": [5, 9], "mask": [0, 1], "score": 1},
    {"text": None, "input_ids": [4]},
]


def documents(path: object, **options: Any) -> list[Any]:
    return [one if isinstance(one, BadRow) else json.loads(one) for one in Reader(Options(**options)).documents(str(path))]


def lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize(("end", "packed"), [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_lines_are_read_whatever_they_are_packed_with(tmp_path: pathlib.Path, end: str, packed: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"a.jsonl{end}"
    path.write_bytes(packed(b"\xef\xbb\xbf" + lines(ROWS[:2]) + b"\n") + packed(lines(ROWS[2:])))
    assert documents(path) == [
        {"text": "ä\n\"b\"", "id": "7", "domain": "web"}, {"prompt": "1 + 1 = ", "completion": "2"}, {"ids": [5, 9], "mask": [0, 1]}, {"ids": [4]},
    ]  # fmt: skip


@pytest.mark.parametrize(("end", "packed"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_a_packed_file_that_is_cut_is_an_error(tmp_path: pathlib.Path, end: str, packed: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"a.jsonl{end}"
    path.write_bytes(packed(lines(ROWS * 100))[:-12])
    with pytest.raises(ReadError, match="a.jsonl"):
        documents(path)


def test_a_row_that_is_none_is_told_and_the_rest_is_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text":"a"}\n\n{"text":3}\nx\n[1]\n{"other":1}\n{"text":"\\ud800"}\n{"ids":[1],"mask":[2]}\n{"ids":[true]}\n' + lines(ROWS[:1]))
    found = documents(path)
    assert [one for one in found if isinstance(one, dict)] == [{"text": "a"}, {"text": "ä\n\"b\"", "id": "7", "domain": "web"}]
    assert sorted(one.row for one in found if isinstance(one, BadRow)) == [3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("columns", "row", "expected"),
    [
        ({"text": "raw.content"}, ROWS[0], {"text": "inner", "id": "7", "domain": "web"}),
        ({"text": "raw.tags.1"}, ROWS[0], {"text": "y", "id": "7", "domain": "web"}),
        ({"text": "a.b"}, {"a.b": "literal", "a": {"b": "nested"}}, {"text": "literal"}),
        ({"prompt": "q", "completion": "a"}, {"q": "1", "a": "2", "text": "3"}, {"prompt": "1", "completion": "2"}),
        ({"ids": "tokens"}, {"tokens": [1], "text": "x"}, {"ids": [1]}),
        ({"id": "raw.tags.0", "domain": "score"}, ROWS[0], {"text": "ä\n\"b\"", "id": "x", "domain": "0.5"}),
        ({"text": "text"}, {"text": "a", "prompt": "b", "completion": "c"}, {"text": "a"}),
    ],
)
def test_fields_are_named(tmp_path: pathlib.Path, columns: dict[str, str], row: dict[str, Any], expected: dict[str, Any]) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([row]))
    assert documents(tmp_path / "a.jsonl", columns=columns) == [expected]


def test_a_mask_that_is_named_needs_ids_beside_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([{"text": "abc", "m": [0, 1, 1]}, {"text": "abc"}, {"ids": [1, 2], "m": [0, 1]}]))
    one, *others = documents(path, columns={"mask": "m"})
    assert isinstance(one, BadRow) and one.row == 1 and "needs ids" in one.reason
    assert others == [{"text": "abc"}, {"ids": [1, 2], "mask": [0, 1]}]


def prompts(path: object, **options: Any) -> list[Any]:
    return [one if isinstance(one, BadRow) else json.loads(one) for one in Reader(Options(**options)).prompts(str(path))]


def test_prompts_have_the_rest_of_their_row_beside_them(tmp_path: pathlib.Path) -> None:
    rows = [
        {"prompt": "1 + 1 =", "answer": 2, "meta": {"level": [1, None]}, "completion": "2", "id": 12345678901234567890},
        {"prompt": "ü\n"}, {"prompt": "a", "x": 0.1, "messages": None},
    ]  # fmt: skip
    (tmp_path / "a.jsonl").write_bytes(lines(rows))
    rest = [{name: value for name, value in row.items() if name != "prompt"} for row in rows]
    assert prompts(tmp_path / "a.jsonl") == [
        {"prompt": "1 + 1 =", "fields": rest[0]}, {"prompt": "ü\n"}, {"prompt": "a", "fields": rest[2]},
    ]  # fmt: skip
    named = prompts(tmp_path / "a.jsonl", columns={"prompt": "completion"}, where=Filter("meta.level is not None"))
    assert named == [{"prompt": "2", "fields": {name: value for name, value in rows[0].items() if name != "completion"}}]


def test_a_row_without_a_prompt_is_told(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text":"a"}\n{"prompt":""}\n{"prompt":7}\n{"prompt":"a","b":"\\ud800"}\n{"prompt":"a","b":NaN}\nx\n{"prompt":"b"}\n')
    found = prompts(path)
    assert sorted(one.row for one in found if isinstance(one, BadRow)) == [1, 2, 3, 4, 5, 6]
    assert [one for one in found if isinstance(one, dict)] == [{"prompt": "b"}]


def test_prompts_are_asked_for_by_their_name(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([{"prompt": "a", "answer": 1}, {"text": "b"}]))
    out = io.BytesIO()
    serve(Reader(), [json.dumps({"prompts": str(path)}).encode() + b"\n"], out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert answers[0] == {"prompt": "a", "fields": {"answer": 1}} and answers[1]["bad"]["row"] == 2 and answers[2] == {"end": 2}


def test_every_character_comes_through(tmp_path: pathlib.Path) -> None:
    texts = [f"a{chr(code)}b" for code in [*range(128), 0x85, 0x2028, 0xFFFF, 0x1F95A]] + ["\\\"\n\t\r\x00", "\\n"]
    (tmp_path / "a.jsonl").write_bytes(lines([{"text": text} for text in texts]))
    assert [one["text"] for one in documents(tmp_path / "a.jsonl")] == texts


def test_text_beside_prompt_and_completion_is_refused_unless_it_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([{"text": "a", "prompt": "b", "completion": "c"}]))
    (found,) = documents(tmp_path / "a.jsonl")
    assert isinstance(found, BadRow) and "not both" in found.reason


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("score >= 0.5", True), ("score > 0.5", False), ("lang == 'en' and score < 1", True), ("lang != 'en'", False), ("not lang == 'de'", True),
        ("lang in ('en', 'de')", True), ("'x' in raw.tags", True), ("raw.tags.missing == 1", False), ("nothing is None", True),
        ("nothing != 1", False), ("nothing > 1", False), ("score > 'a'", False), ("len(lang) == 2 or score > 3", True), ("0 < score < 1", True),
        ("len(nothing) > 1", False), ("score is not None", True), ("score == -1", False),
    ],
)  # fmt: skip
def test_conditions(tmp_path: pathlib.Path, condition: str, holds: bool) -> None:
    row = {"text": "a", "lang": "en", "score": 0.5, "raw": {"tags": ["x"]}, "nothing": None}
    (tmp_path / "a.jsonl").write_bytes(lines([row]))
    assert len(documents(tmp_path / "a.jsonl", where=Filter(condition))) == int(holds)


@pytest.mark.parametrize("condition", ["score >", "print(1)", "__import__('os')", "a[0] == 1", "lambda: 1", "score + 1 > 2", "f().x == 1"])
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(ReadError, match="--where"):
        Filter(condition)


def test_texts_are_documents_and_folders_and_patterns_what_they_hold(tmp_path: pathlib.Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / ".hidden.txt").write_text("no")
    (tmp_path / "b.pdf").write_text("no")
    (tmp_path / "dataset_infos.json").write_text("{}")
    (tmp_path / "train/a.txt.xz").write_bytes(lzma.compress("ü".encode()))
    (tmp_path / "test-0.md").write_bytes(b"t")
    assert documents(tmp_path) == [{"text": "t"}, {"text": "ü"}]
    assert documents(tmp_path, split="train") == documents(tmp_path / "train/*.xz") == [{"text": "ü"}]
    assert documents(tmp_path / "train/a.txt.xz", columns={"text": "raw.content"}) == [{"text": "ü"}]
    for path, message in [("none", "no such file"), ("b.pdf", "expected a name"), ("train", "split valid")]:
        with pytest.raises(ReadError, match=message):
            documents(tmp_path / path, split="valid" if path == "train" else None)


def test_requests_are_answered_with_documents_and_their_number(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([{"body": "a"}, {"body": None}, {"body": "c"}]))
    path, out = str(tmp_path / "a.jsonl"), io.BytesIO()
    serve(Reader(), [json.dumps({"read": path, "text_field": "body"}).encode(), b"\n", json.dumps({"key": path}).encode()], out)
    *found, key = [json.loads(line) for line in out.getvalue().splitlines()]
    assert found == [
        {"text": "a"}, {"bad": {"row": 2, "reason": "it has no document: none of body"}}, {"text": "c"}, {"end": 3},
    ]  # fmt: skip
    assert key == {"key": Reader().key(path)}
    (tmp_path / "a.jsonl").write_bytes(lines([{"body": "other"}]))
    assert Reader().key(path) != key["key"]


@pytest.mark.parametrize("request_line", [b"a.parquet", b"[]", b"{}", b'{"read": 1}', b'{"read": "a.jsonl", "text_field": 1}'])
def test_what_is_no_request_is_refused(request_line: bytes) -> None:
    with pytest.raises(ReadError, match="a request is"):
        serve(Reader(), [request_line], io.BytesIO())


def test_the_command(tmp_path: pathlib.Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([{"q": "1", "a": "2", "n": 1}, {"q": "3", "a": "4", "n": 2}]))
    path = str(tmp_path / "a.jsonl")
    assert main([path, "--column", "prompt=q", "--column", "completion=a", "--where", "n > 1"]) == 0
    assert [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()] == [{"prompt": "3", "completion": "4"}, {"end": 1}]
    for wrong in [["nowhere.jsonl"], [path, "--column", "q"], [path, "--column", "thing=q"], [path, "--batch-mib", "0"], [path, "--where", ")"]]:
        assert main(wrong) == 1
        assert capfdbinary.readouterr().err.startswith(b"remit.read: ")


def test_the_program_ends_with_its_input_and_when_nobody_reads(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([{"text": "x" * 1000}] * 10_000))
    program = [sys.executable, "-m", "remit.read"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "Python/src")}
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None and process.stdout is not None
        for _ in range(2):  # the second request to the same process
            process.stdin.write(json.dumps({"read": str(tmp_path / "a.jsonl")}).encode() + b"\n")
            process.stdin.flush()
            answered = [process.stdout.readline() for _ in range(10_001)]
            assert json.loads(answered[-1]) == {"end": 10_000}
        process.stdin.close()
        assert process.wait(60) == 0
    program.append(str(tmp_path / "a.jsonl"))
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.wait(60) == 1 and process.stderr.read() == b""


def web(data: bytes, *, etag: str | None = '"1"', ranges: bool = True, changes: bool = False, cut: bool = False) -> Callable[..., Any]:
    """An answer of a web server that has a file."""

    def answer(server: Scripted, _: bytes) -> tuple[int, dict[str, str], bytes]:
        tag = '"2"' if changes and len(server.requests) > 2 else etag
        headers = {"ETag": tag} if tag else {}
        asked = server.requests[-1][1].get("Range")
        if ranges:
            headers["Accept-Ranges"] = "bytes"
        if asked and ranges and not (changes and len(server.requests) > 2):
            first, last = map(int, asked.removeprefix("bytes=").split("-"))
            return 206, headers, data[first : last + 1]
        return 200, headers, data[:-7] if cut and len(server.requests) > 1 else data

    return answer


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_of_a_web_server_is_read(scripted: Callable[..., Scripted], ranges: bool) -> None:
    data = lines([{"text": str(number) * 50} for number in range(1000)])
    server = scripted(web(bz2.compress(data), ranges=ranges))
    path = server.url + "/a.jsonl.bz2?x=1"
    assert [one["text"] for one in documents(path)] == [str(number) * 50 for number in range(1000)]
    assert "etag=\"1\"" in Reader().key(path)


def test_a_file_that_changes_while_it_is_read_is_an_error(scripted: Callable[..., Scripted]) -> None:
    server = scripted(web(b"\n" * (6 << 20), changes=True))
    with pytest.raises(ReadError, match="changed while it was read"):
        documents(server.url + "/a.jsonl")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((404, {}, b""), "answers 404"),
        (web(b"{}", etag=None), "neither an ETag"),
    ],
)
def test_what_a_web_server_does_not_give_is_an_error(scripted: Callable[..., Scripted], answer: Any, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        Reader().key(scripted(answer).url + "/a.jsonl")


class Store:
    """A file system as fsspec has them, of one object."""

    def __init__(self, info: dict[str, Any] | Exception) -> None:
        self._info = info

    def info(self, path: str) -> dict[str, Any]:
        if isinstance(self._info, Exception):
            raise self._info
        return self._info

    def open(self, path: str, mode: str, block_size: int) -> Any:
        raise RuntimeError("no credentials")


@pytest.mark.parametrize(
    ("info", "version"),
    [
        ({"size": 3, "ETag": '"abc"', "LastModified": "now"}, "size=3 etag=abc"),
        ({"size": 3, "etag": "abc", "generation": 5}, "size=3 etag=abc"),
        ({"size": 3, "generation": 5, "updated": "now"}, "size=3 generation=5"),
        ({"size": 3, "LastModified": "now"}, "size=3 lastmodified=now"),
    ],
)
def test_a_far_file_is_known_by_size_and_etag(info: dict[str, Any], version: str) -> None:
    assert Place("s3://bucket/a", system=Store(info), inner="bucket/a").version() == version


def test_what_a_store_refuses_is_an_error_of_reading() -> None:
    for info, message in [({"size": 3}, "neither an ETag"), (RuntimeError("no credentials"), "RuntimeError: no credentials")]:
        with pytest.raises(ReadError, match=message):
            Place("s3://bucket/a", system=Store(info), inner="bucket/a").version()
    with pytest.raises(ReadError, match="s3://bucket/a: RuntimeError: no credentials"):
        Place("s3://bucket/a", system=Store({}), inner="bucket/a").open()


def test_a_scheme_that_nothing_opens_is_an_error() -> None:
    with pytest.raises(ReadError, match="fsspec"):
        documents("nothing-of-the-kind://bucket/a.jsonl")


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([{"role": "user", "content": "a", "name": None}], [{"role": "user", "content": "a"}]),
        ('[{"role": "assistant", "content": null}]', [{"role": "assistant", "content": None}]),
        ([{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]),
    ],
)
def test_conversations_have_one_form(messages: Any, expected: Any) -> None:
    assert conversation(messages) == expected


@pytest.mark.parametrize("messages", [[], {}, "x", 1, [1], [{"content": "a"}], [{"from": "nobody", "value": "a"}]])
def test_what_is_no_conversation_is_refused(messages: Any) -> None:
    with pytest.raises(ValueError, match="message"):
        conversation(messages)
