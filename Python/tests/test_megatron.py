"""Megatron-core's own data set and the loss function, on a CPU."""

from __future__ import annotations

import pathlib
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("megatron.core.datasets.gpt_dataset")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

import remit
import remit.torch as rt
from remit.integrations.megatron import ScoredGPTDataset, loss_func
from remit.scores import ParallelWriter, TokenFile, Unit

EOD, LENGTH = 0, 24
PINS = remit.Pins("1" * 64, "2" * 64, "3" * 64)


def write(folder: pathlib.Path, unit: Unit = Unit("document", 16), sequences: int = 1) -> tuple[TokenFile, np.ndarray]:
    """Documents of 2 to 40 ids in Megatron's own builder's files; each item's number is minus its place, so that it can be told."""
    from megatron.core.datasets.indexed_dataset import IndexedDatasetBuilder

    random = np.random.default_rng(8)
    builder = IndexedDatasetBuilder(str(folder / "pair.bin"), dtype=np.int32)
    for _ in range(30):
        ids = np.append(random.integers(1, 90, random.integers(1, 40)), EOD)
        builder.add_document(torch.from_numpy(ids), [len(part) for part in np.array_split(ids, sequences)])
    builder.finalize(str(folder / "pair.idx"))
    tokens = TokenFile(folder / "pair.bin")
    values = -np.arange(1, tokens.items + 1, dtype=np.float32)
    bounds = [(0, tokens.items)] if unit.kind == "chunk" else list(tokens.documents())
    for start, stop in bounds:
        values[start : stop : unit.tokens] = np.nan
    with ParallelWriter(tokens, unit=unit, pins=PINS, model="m", precision="f32") as writer:
        writer.append(values)
    return tokens, values


def data_set(folder: pathlib.Path, **options) -> ScoredGPTDataset:
    from megatron.core.datasets.gpt_dataset import GPTDatasetConfig
    from megatron.core.datasets.indexed_dataset import IndexedDataset
    from megatron.core.datasets.utils import Split

    tokenizer = SimpleNamespace(eod=EOD, pad=-1, vocab_size=1 << 17, unique_identifiers={"class": "ids"})
    config = GPTDatasetConfig(
        random_seed=1, sequence_length=LENGTH, blend=([str(folder / "pair")], None), split="1,0,0", path_to_cache=str(folder / "cache"),
        tokenizer=tokenizer, reset_position_ids=options.pop("reset", True), reset_attention_mask=True, eod_mask_loss=True,
        create_attention_mask=True, **options)  # fmt: skip
    low = IndexedDataset(str(folder / "pair"), mmap=True)
    return ScoredGPTDataset(low, str(folder / "pair"), np.arange(len(low)), 20, Split.train, config)


def test_labels_have_the_numbers_of_their_items_where_the_contexts_agree(tmp_path: pathlib.Path) -> None:
    tokens, values = write(tmp_path)
    dataset = data_set(tmp_path)
    ids = tokens.ids(0, tokens.items)
    scored = unscored = 0
    for at in range(20):
        sample = dataset[at]
        teacher, labelled = rt.decode_mask(sample["loss_mask"])
        assert not labelled[sample["tokens"] == EOD].any()  # eod_mask_loss
        for place in np.flatnonzero(labelled.numpy()):
            value = float(teacher[place])
            if np.isnan(value):
                unscored += 1
                continue
            scored += 1
            item = int(-value) - 1
            assert ids[item] == sample["labels"][place]
            # All that the teacher saw of the document stands before it in the sample, and nothing else of it does.
            seen = (item - max(first for first, _ in tokens.documents() if first <= item)) % 16
            start = item - seen
            assert sample["tokens"][place + 1 - seen : place + 1].tolist() == ids[start:item].tolist()
            assert int(sample["position_ids"][place]) == seen - 1
    assert scored > 100 and unscored > 20
    assert not rt.decode_mask(dataset[None]["loss_mask"])[1].any()


def test_other_units_are_refused(tmp_path: pathlib.Path) -> None:
    write(tmp_path, Unit("chunk", LENGTH))
    with pytest.raises(remit.OtherUnit, match="samples are of documents"):
        data_set(tmp_path)
    write(tmp_path)
    with pytest.raises(remit.OtherUnit, match="sees across documents"):
        data_set(tmp_path, reset=False)


def test_documents_of_several_sequences_are_refused(tmp_path: pathlib.Path) -> None:
    """As sentences are: a sample begins at a sequence, with nothing of the document that the teacher saw before it."""
    write(tmp_path, sequences=2)
    with pytest.raises(remit.OtherUnit, match="pair.idx has documents of several sequences"):
        data_set(tmp_path)


def test_the_loss_function(tmp_path: pathlib.Path) -> None:
    write(tmp_path)
    dataset = data_set(tmp_path)
    samples = [dataset[at] for at in range(4)]
    codes = torch.stack([one["loss_mask"] for one in samples])
    logits = torch.randn(4, LENGTH, 90, generator=torch.Generator().manual_seed(1), requires_grad=True)
    labels = torch.stack([one["labels"] for one in samples])
    losses = torch.nn.functional.cross_entropy(logits.reshape(-1, 90), labels.reshape(-1), reduction="none").view(4, LENGTH)
    teacher, labelled = rt.decode_mask(codes)
    for weighting in (rt.Weighting(), rt.Weighting(unscored="drop", epsilon=1.0), rt.Weighting("rho1")):
        total, tokens, report = loss_func(codes, losses, weighting=weighting)
        expected = rt.weighted_loss(logits, torch.where(labelled, labels, -100), teacher_logprobs=teacher, weighting=weighting)
        torch.testing.assert_close(total / tokens, expected.loss)
        assert int(tokens) == int(expected.divisor) and tokens.dtype == torch.int32
        assert report["lm loss"].tolist() == pytest.approx([total.item(), float(tokens)])
    total, tokens, _ = loss_func(codes, losses, weighting=rt.Weighting(epsilon=0))
    stock = torch.sum(losses.view(-1) * labelled.float().view(-1))
    assert total.item() == stock.item() and int(tokens) == int(labelled.sum())
    (ours,) = torch.autograd.grad(total, logits, retain_graph=True)
    assert torch.equal(ours, torch.autograd.grad(stock, logits)[0])


@pytest.mark.parametrize(
    "weighting",
    ["remit-static", rt.Weighting(normalizer="weights"), rt.Weighting(centering="document")],
    ids=["static", "by weights", "by document"],
)
def test_weightings_that_it_has_not_are_refused(weighting) -> None:
    codes = rt.encode_mask(-torch.rand(2, LENGTH))
    with pytest.raises(ValueError, match="against the student, centred by sequence and divided by tokens"):
        loss_func(codes, torch.rand(2, LENGTH), weighting=weighting)


def test_the_stock_data_sets_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="a mask that holds no log-probs"):
        loss_func(torch.ones(2, LENGTH), torch.rand(2, LENGTH))
