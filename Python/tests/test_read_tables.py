"""remit.read on Parquet, Arrow, data sets and messages, against pyarrow, datasets and transformers."""

from __future__ import annotations

import json
import os
import pathlib
import random
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from conftest import BUILD, DEMO, ROOT
from remit.read import BadRow, Filter, Options, Reader, ReadError
from remit.read.chat import Chat

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

COUNT = 1000
MARKED = (
    "{% for one in messages %}<|im_start|>{{ one.role }}\n{% if one.role == 'assistant' %}{% generation %}{{ one.content }}<|im_end|>\n"
    "{% endgeneration %}{% else %}{{ one.content }}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
UNMARKED = MARKED.replace("{% generation %}", "").replace("{% endgeneration %}", "")


def documents(path: object, **options: Any) -> list[Any]:
    return [one if isinstance(one, BadRow) else json.loads(one) for one in Reader(Options(**options)).documents(str(path))]


def words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choice(["seven", "eggs,", "Ada", "12 + 5", "ü", "日本", "🥚🥚", "\n", '"x"', "\t", "a\u0301"]) for _ in range(count))


def rows() -> list[dict[str, Any]]:
    rng = random.Random(3)
    return [
        {
            "raw": {"content": words(rng, rng.randrange(40)), "lang": rng.choice(["en", "de"])},
            "input_ids": [rng.randrange(600) for _ in range(rng.randrange(1, 20))], "score": rng.random() if number % 7 else None, "id": number,
            "domain": rng.choice(["web", "code", None]),
            "messages": [
                {"role": ("user", "assistant")[turn % 2], "content": words(rng, rng.randrange(12)).strip()}
                for turn in range(rng.randrange(2, 7))
            ],
        }
        for number in range(COUNT)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("tokenizer")
    one = transformers.AutoTokenizer.from_pretrained(DEMO / "base")
    one.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    one.chat_template = UNMARKED
    one.save_pretrained(folder)
    (folder / "marked.jinja").write_text(MARKED)
    return folder


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("parquet") / "train-00000-of-00001.parquet"
    pytest.importorskip("datasets").Dataset.from_list(rows()).to_parquet(path, batch_size=300)
    return path


def test_parquet_is_what_datasets_reads(parquet: pathlib.Path) -> None:
    loaded = pytest.importorskip("datasets").load_dataset("parquet", data_files=str(parquet), split="train", cache_dir=str(parquet.parent / "cache"))
    assert len(loaded) == COUNT
    found = documents(parquet, columns={"text": "raw.content"})
    assert [one["text"] for one in found] == [row["raw"]["content"] for row in loaded]
    assert [(one["id"], one.get("domain")) for one in found] == [(str(row["id"]), row["domain"]) for row in loaded]
    assert [one["ids"] for one in documents(parquet, columns={"ids": "input_ids"})] == [row["input_ids"] for row in loaded]
    some = documents(parquet, columns={"text": "raw.content"}, where=Filter("score >= 0.5 and raw.lang == 'en'"), batch_bytes=1)
    assert [one["id"] for one in some] == [
        str(row["id"]) for row in loaded if row["score"] is not None and row["score"] >= 0.5 and row["raw"]["lang"] == "en"
    ]
    assert documents(parquet.parent / "train-*", split="train", columns={"text": "raw.content"}) == found


@pytest.mark.parametrize("template", [None, "marked.jinja"])
def test_messages_are_what_transformers_renders(parquet: pathlib.Path, tokenizer: pathlib.Path, template: str | None) -> None:
    """Ids and masks of every row; without marks in the template the mask is that of the same template with them."""
    one = pytest.importorskip("transformers").AutoTokenizer.from_pretrained(tokenizer)
    one.chat_template = MARKED
    options: dict[str, Any] = {"columns": {"messages": "messages"}, "tokenizer": str(tokenizer)}
    found = documents(parquet, **options, chat_template=None if template is None else str(tokenizer / template))
    assert len(found) == COUNT
    for row, document in zip(rows(), found, strict=True):
        expected = one.apply_chat_template(row["messages"], return_dict=True, return_assistant_tokens_mask=True)
        assert document["ids"] == list(expected["input_ids"])
        assert document["mask"] == list(expected["assistant_masks"]), row["messages"]
        assert sum(document["mask"]) > 0


@pytest.mark.parametrize("name", ["cohere", "gemma", "gemma3", "lfm2", "lfm2_v2", "qwen2_5_vl", "qwen3_instruct_2507", "qwen3_vl"])
def test_a_model_s_template_gives_the_mask_of_its_template_with_marks(tokenizer: pathlib.Path, name: str) -> None:
    """TRL has these templates twice: as the models have them, and with marks for training."""
    folder = pathlib.Path(pytest.importorskip("trl").__file__).parent / "chat_templates"
    one = pytest.importorskip("transformers").AutoTokenizer.from_pretrained(tokenizer)
    one.chat_template = (folder / f"{name}_training.jinja").read_text()
    chat = Chat(str(tokenizer), str(folder / f"{name}.jinja"))
    for row in rows()[:60]:
        messages = row["messages"][: len(row["messages"]) // 2 * 2]
        if all(message["content"] for message in messages):
            expected = one.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
            assert chat.encode(messages) == (list(expected["input_ids"]), list(expected["assistant_masks"]))


@pytest.mark.parametrize("trims", [True, False])
@pytest.mark.parametrize("marked", [True, False])
def test_blanks_are_the_assistant_s_whatever_a_tokenizer_s_spans_leave_out(tmp_path: pathlib.Path, trims: bool, marked: bool) -> None:
    transformers, tokenizers = pytest.importorskip("transformers"), pytest.importorskip("tokenizers")
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    merges = [("\u010a", "\u0120"), ("\u0120", "\u0120")]
    vocabulary = {token: place for place, token in enumerate([*letters, *(left + right for left, right in merges)])}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=merges))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.post_processor = tokenizers.processors.ByteLevel(trim_offsets=trims)
    one = transformers.PreTrainedTokenizerFast(tokenizer_object=made)
    said = "{% generation %}{{ one.content }};{% endgeneration %}" if marked else "{{ one.content }};"
    one.chat_template = (
        "{% for one in messages %}[{{ one.role }}]\n{% if one.role == 'assistant' %}" + said + "{% else %}{{ one.content }};{% endif %}"
        "{% endfor %}{% if add_generation_prompt %}[assistant]\n{% endif %}"
    )
    one.save_pretrained(tmp_path)
    ids, mask = Chat(str(tmp_path)).encode([{"role": "user", "content": "a"}, {"role": "assistant", "content": "  x    y"}])
    tokens = {place: token for token, place in vocabulary.items()}
    scored = [tokens[token] for token, of in zip(ids, mask, strict=True) if of]
    assert scored == ["\u010a\u0120", "\u0120", "x", "\u0120\u0120", "\u0120\u0120", "y", ";"]


def test_rows_of_messages_that_cannot_be_rendered_are_told(tmp_path: pathlib.Path, tokenizer: pathlib.Path) -> None:
    template = tmp_path / "strict.jinja"
    template.write_text("{% if messages[0].role != 'user' %}{{ raise_exception('no user') }}{% endif %}" + UNMARKED)
    path = tmp_path / "a.jsonl"
    good = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "id": "good"}
    path.write_text("\n".join(json.dumps(one) for one in [good, {"messages": [{"role": "system", "content": "a"}]}, {"messages": "x"}, good]))
    one, two, three, four = documents(path, tokenizer=str(tokenizer), chat_template=str(template))
    assert one == four and one["id"] == "good" and 0 < sum(one["mask"]) < len(one["ids"])
    assert isinstance(two, BadRow) and "no user" in two.reason and isinstance(three, BadRow)
    with pytest.raises(ReadError, match="--tokenizer"):
        documents(path)
    with pytest.raises(ReadError, match="no chat template"):
        documents(path, tokenizer=str(DEMO / "base"))


def test_a_template_that_forgets_shows_what_it_keeps(tmp_path: pathlib.Path, tokenizer: pathlib.Path) -> None:
    """Thinking blocks that only the last turn keeps: the last is said, those before are what is left of them."""
    template = tmp_path / "thinking.jinja"
    template.write_text(
        "{% for one in messages %}<|im_start|>{{ one.role }}\n{% if one.role == 'assistant' %}"
        "{% if loop.last %}<think>\n\n</think>\n\n{% endif %}{{ one.content.split('</think>')[-1] }}{% else %}{{ one.content }}{% endif %}"
        "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    chat = Chat(str(tokenizer), str(template))
    messages = [{"role": role, "content": text} for role, text in [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]]
    ids, mask = chat.encode(messages)
    one = pytest.importorskip("transformers").AutoTokenizer.from_pretrained(tokenizer)
    said = [one.decode([token for token, scored in zip(ids, mask, strict=True) if scored])]
    assert said == ["b<|im_end|>\n<think>\n\n</think>\n\nd<|im_end|>\n"]


@pytest.mark.parametrize("indices", [False, True])
def test_a_folder_of_datasets_is_what_datasets_reads(tmp_path: pathlib.Path, indices: bool) -> None:
    datasets = pytest.importorskip("datasets")
    whole = datasets.Dataset.from_list([{"text": row["raw"]["content"] + "x", "n": row["id"]} for row in rows()])
    if indices:
        whole = whole.filter(lambda row: row["n"] % 3 == 0).shuffle(seed=1)
    datasets.DatasetDict({"train": whole, "test": whole.select(range(5))}).save_to_disk(tmp_path / "both", num_shards={"train": 3, "test": 1})
    loaded = datasets.load_from_disk(tmp_path / "both")
    for split in ("train", "test"):
        expected = [{"text": text} for text in loaded[split]["text"]]
        assert documents(tmp_path / "both", split=split) == documents(tmp_path / "both" / split) == expected
    for split, message in [(None, "say which"), ("valid", "no split valid")]:
        with pytest.raises(ReadError, match=message):
            documents(tmp_path / "both", split=split)
    before = Reader(Options(split="train")).key(str(tmp_path / "both"))
    (file, *_) = (tmp_path / "both/train").glob("*.arrow")
    os.utime(file, (1, 1))
    assert Reader(Options(split="train")).key(str(tmp_path / "both")) != before
    file.unlink()
    with pytest.raises(ReadError, match="no such file"):
        documents(tmp_path / "both", split="train")


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_arrow_files_and_streams(tmp_path: pathlib.Path, compression: str) -> None:
    pa, feather = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.feather")
    texts = [row["raw"]["content"] + "x" for row in rows()]
    table = pa.table({"text": pa.array(texts, pa.large_string()), "kind": pa.array(["a", "b"] * (COUNT // 2)).dictionary_encode(), "x": list(range(COUNT))})
    feather.write_feather(table, tmp_path / "a.feather", compression=compression)
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=77)
    for name in ("a.feather", "a.arrow"):
        found = documents(tmp_path / name, columns={"domain": "kind"}, batch_bytes=100)
        assert [one["text"] for one in found] == texts and [one["domain"] for one in found] == ["a", "b"] * (COUNT // 2)
    whole = (tmp_path / "a.arrow").read_bytes()
    (tmp_path / "a.arrow").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReadError, match="a.arrow"):
        documents(tmp_path / "a.arrow")


def test_tables_that_are_none_or_lack_a_column_are_refused(tmp_path: pathlib.Path, parquet: pathlib.Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet.read_bytes()[:-100])
    with pytest.raises(ReadError, match="a.parquet"):
        documents(tmp_path / "a.parquet")
    for options, message in [
        ({"columns": {"text": "body"}}, "expected a column body; its columns are raw"),
        ({"columns": {"text": "raw.body"}}, "expected a column raw.body"),
        ({"columns": {"text": "raw.content"}, "where": Filter("quality > 1")}, "no column quality"),
    ]:
        with pytest.raises(ReadError, match=message):
            documents(parquet, **options)


def test_what_fsspec_opens(parquet: pathlib.Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    for name in ("one/train-0.parquet", "one/test-0.parquet", "one/_SUCCESS"):
        system.pipe(f"/bucket/{name}", parquet.read_bytes() if name.endswith("parquet") else b"")
    options: dict[str, Any] = {"columns": {"text": "raw.content"}}
    expected = documents(parquet, **options)
    assert documents("memory://bucket/one/train-0.parquet", **options) == expected
    assert documents("memory://bucket/one/*.parquet", **options) == documents("memory://bucket/one", **options) == expected + expected
    assert documents("memory://bucket/one", split="test", **options) == expected
    with pytest.raises(ReadError, match="no such file"):
        documents("memory://bucket/two", **options)


def test_zstandard(tmp_path: pathlib.Path) -> None:
    pa = pytest.importorskip("pyarrow")
    data = json.dumps({"text": "x" * 100}).encode() + b"\n"
    packed = [pa.compress(data * 50, "zstd", asbytes=True) for _ in range(2)]
    (tmp_path / "a.jsonl.zst").write_bytes(b"".join(packed))
    assert len(documents(tmp_path / "a.jsonl.zst")) == 100


MEASURED = """
import sys
from remit.read.__main__ import main
status = main(sys.argv[1:])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(status)
"""


def test_memory_does_not_grow_with_a_row_group(tmp_path: pathlib.Path) -> None:
    """One row group of 16 MiB of text and one of 128 MiB, which no other allocation explains."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rng = random.Random(1)
    peaks = []
    for count in (4_000, 32_000):
        path = tmp_path / f"{count}.parquet"
        texts = [rng.randbytes(2048).hex() for _ in range(count)]
        pq.write_table(pa.table({"text": texts}), path, row_group_size=count, compression="snappy")
        assert pq.ParquetFile(path).num_row_groups == 1
        del texts
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "Python/src")},
        )  # fmt: skip
        assert json.loads(done.stdout.splitlines()[-1]) == {"end": count}
        peaks.append(int(done.stderr) / 1024)
    assert peaks[1] - peaks[0] < 32, peaks


def test_the_example_of_the_page_runs(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"raw": [{"content": "a"}, {"content": None}, {"content": "c"}], "score": [0.7, 0.8, 0.1]}), tmp_path / "data.parquet")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "Python/docs/read.md").read_text(), re.DOTALL)
    exec(compile(block, "read.md", "exec"), {})
    first, second = capsys.readouterr().out.splitlines()
    assert first == r"""b'{"text":"a"}\n'""" and second.startswith("2 it has no document")


def trained_on(folder: pathlib.Path, student: pathlib.Path, *flags: str) -> list[tuple[list[int], list[int]]]:
    """Ids and masks of the documents that remit-trainer has from a program of --reader, out of its token cache."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REMIT_")}
    environment["PYTHONPATH"] = str(ROOT / "Python/src")
    command = [
        BUILD / "remit-trainer", "anneal", "--weighting", "ntp", "--steps", "1", "--batch-sequences", "1", "--sequence-length", "64",
        "--threads", "1", "--student", student, "--out", folder / "out", *flags,
    ]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (cache,) = (folder / "out/tokens").iterdir()
    tokens = np.fromfile(cache / "tokens.i32", "<i4")
    bits = cache / "mask.bits"
    mask = np.unpackbits(np.fromfile(bits, np.uint8), bitorder="little")[: len(tokens)] if bits.exists() else np.ones(len(tokens), np.uint8)
    table = np.fromfile(cache / "documents.bin", [("start", "<u8"), ("count", "<u4"), ("context", "<u4"), ("rest", "V16")])
    found = []
    for row in table:
        place = slice(int(row["start"]), int(row["start"] + row["count"]))
        mask[place][: row["context"]] = 0
        found.append((tokens[place].tolist(), mask[place].tolist()))
    return found


def test_remit_trainer_has_the_ids_of_transformers(tmp_path: pathlib.Path, parquet: pathlib.Path) -> None:
    """Nested text of a thousand rows, by --reader."""
    one = pytest.importorskip("transformers").AutoTokenizer.from_pretrained(DEMO / "base")
    end = json.loads((DEMO / "base/config.json").read_text())["eos_token_id"]
    texts = [row["raw"]["content"] for row in rows() if row["raw"]["content"]]
    found = trained_on(tmp_path, DEMO / "base", "--corpus", str(parquet), "--reader", f"parquet='{sys.executable}' -m remit.read --text-field raw.content")
    assert [ids for ids, _ in found] == [[*one(text)["input_ids"], end] for text in texts]
    assert all(all(mask) for _, mask in found)


def test_remit_trainer_scores_what_the_assistant_says(tmp_path: pathlib.Path, parquet: pathlib.Path, tokenizer: pathlib.Path) -> None:
    """The student's own chat template, by the default program's flags; a student whose embedding has rows for the added tokens."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    student = tmp_path / "student"
    one = transformers.AutoTokenizer.from_pretrained(tokenizer)
    model = transformers.AutoModelForCausalLM.from_pretrained(DEMO / "base", dtype=torch.float32)
    model.resize_token_embeddings(len(one), mean_resizing=False)
    model.save_pretrained(student)
    one.save_pretrained(student)
    found = trained_on(tmp_path, student, "--corpus", str(parquet), "--reader", f"parquet='{sys.executable}' -m remit.read --column messages=messages")
    one.chat_template = MARKED
    end = json.loads((student / "config.json").read_text())["eos_token_id"]
    assert len(found) == COUNT
    for row, (ids, mask) in zip(rows(), found, strict=True):
        expected = one.apply_chat_template(row["messages"], return_dict=True, return_assistant_tokens_mask=True)
        closing = expected["assistant_masks"][-1]
        assert ids == [*expected["input_ids"], end]
        assert mask == [*expected["assistant_masks"], closing]


def prompts(path: object, tokenizer: pathlib.Path | None = None, **options: Any) -> list[Any]:
    found = Reader(Options(**options)).prompts(str(path), tokenizer=None if tokenizer is None else str(tokenizer))
    return [one if isinstance(one, BadRow) else json.loads(one) for one in found]


def test_conversations_are_prompts_as_transformers_renders_them(parquet: pathlib.Path, tokenizer: pathlib.Path) -> None:
    one = pytest.importorskip("transformers").AutoTokenizer.from_pretrained(tokenizer)
    found = prompts(parquet, tokenizer)
    expected = rows()
    assert len(found) == COUNT
    asked = 0
    for line, row in zip(found, expected, strict=True):
        if row["messages"][-1]["role"] == "assistant":
            assert isinstance(line, BadRow) and "the assistant's" in line.reason
            continue
        asked += 1
        assert line["prompt"] == one.apply_chat_template(row["messages"], tokenize=False, add_generation_prompt=True)
        assert line["ids"] == one.apply_chat_template(row["messages"], tokenize=True, return_dict=True, add_generation_prompt=True)["input_ids"]
        assert line["fields"] == row
    assert asked > 100


@pytest.mark.parametrize("end", ["parquet", "arrow"])
def test_fields_of_any_type_reach_the_judge(tmp_path: pathlib.Path, end: str) -> None:
    import datetime
    import decimal

    pa = pytest.importorskip("pyarrow")
    feather, parquet = pytest.importorskip("pyarrow.feather"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({
        "prompt": ["a", "b"], "answer": [[1, 2], None], "when": [datetime.date(2026, 1, 2), None], "raw": [b"\x00\xff", b""],
        "price": [decimal.Decimal("1.50"), None], "deep": [{"x": [{"y": 1}]}, None],
    })  # fmt: skip
    path = tmp_path / f"a.{end}"
    (parquet.write_table if end == "parquet" else feather.write_feather)(table, path)
    assert prompts(path) == [
        {"prompt": "a", "fields": {"answer": [1, 2], "when": "2026-01-02", "raw": "AP8=", "price": "1.50", "deep": {"x": [{"y": 1}]}}},
        {"prompt": "b", "fields": {"answer": None, "when": None, "raw": "", "price": None, "deep": None}},
    ]
    with pytest.raises(ReadError, match="expected a column prompt or messages or conversations"):
        prompts(_written(tmp_path, pa.table({"text": ["a"]})))


def _written(folder: pathlib.Path, table: Any) -> pathlib.Path:
    pytest.importorskip("pyarrow.parquet").write_table(table, folder / "text.parquet")
    return folder / "text.parquet"
