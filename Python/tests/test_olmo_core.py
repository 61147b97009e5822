"""OLMo-core's own data set, collator and train module, on a CPU."""

from __future__ import annotations

import pathlib
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("olmo_core")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

import remit
import remit.torch as rt
from remit.integrations.olmo_core import RemitTrainModule, ScoredCollator, scored, weighing
from remit.scores import ParallelWriter, TokenFile, Unit

LENGTH, VOCABULARY = 16, 64
PINS = remit.Pins("1" * 64, "2" * 64, "3" * 64)


def write(path: pathlib.Path, count: int, seed: int, unit: Unit = Unit("chunk", LENGTH)) -> np.ndarray:
    random = np.random.default_rng(seed)
    random.integers(1, VOCABULARY, count).astype(np.uint16).tofile(path)
    values = -random.exponential(2.0, count).astype(np.float32)
    values[:: unit.tokens] = np.nan
    values[5::31] = np.nan
    with ParallelWriter(TokenFile(path, dtype="uint16"), unit=unit, pins=PINS, model="m", precision="f32") as writer:
        writer.append(values)
    return values


def data_set(folder: pathlib.Path, **options):
    from olmo_core.data import NumpyDatasetDType, NumpyFSLDatasetConfig, TokenizerConfig

    config = NumpyFSLDatasetConfig(
        paths=[str(folder / "a.npy"), str(folder / "b.npy")], sequence_length=LENGTH, work_dir=str(folder / "work"),
        dtype=NumpyDatasetDType.uint16,
        tokenizer=TokenizerConfig(vocab_size=VOCABULARY, eos_token_id=0, pad_token_id=0), **options)  # fmt: skip
    dataset = config.build()
    dataset.prepare()
    return dataset


def module(**options):
    from olmo_core.nn.transformer import TransformerConfig
    from olmo_core.optim import AdamWConfig
    from olmo_core.train.train_module import TransformerTrainModuleConfig

    torch.manual_seed(3)
    model = TransformerConfig.llama_like(d_model=32, vocab_size=VOCABULARY, n_layers=2, n_heads=2).build(init_device="cpu")
    config = TransformerTrainModuleConfig(
        rank_microbatch_size=2 * LENGTH, max_sequence_length=LENGTH, optim=AdamWConfig(lr=1e-3), **options)  # fmt: skip
    built = config.build(model, device=torch.device("cpu"))
    built.model.init_weights(max_seq_len=LENGTH, device=torch.device("cpu"))
    built.recorded = {}
    built._trainer = SimpleNamespace(record_metric=lambda name, value, *_, **__: built.recorded.__setitem__(name, value), global_step=1)
    built._trainer.record_ce_loss = lambda value, *_, **__: built.recorded.__setitem__("CE", value)
    return built


@pytest.fixture
def batches(tmp_path: pathlib.Path):
    write(tmp_path / "a.npy", 10 * LENGTH + 5, 1)
    write(tmp_path / "b.npy", 6 * LENGTH, 2)
    dataset = scored(data_set(tmp_path))
    collate = ScoredCollator(pad_token_id=0)
    masks = np.random.default_rng(5).random((16, LENGTH)) > 0.1
    out = []
    for step in range(4):
        items = [dataset[4 * step + at] | {"label_mask": torch.tensor(masks[4 * step + at])} for at in range(4)]
        items = [one | {"instance_mask": not (step == 1 and at == 2)} for at, one in enumerate(items)]
        out.append(collate(items))
    return out


def copied(batch):
    return {key: value.clone() if isinstance(value, torch.Tensor) else value for key, value in batch.items()}


def test_instances_have_the_numbers_of_their_items(tmp_path: pathlib.Path) -> None:
    values = [write(tmp_path / "a.npy", 10 * LENGTH + 5, 1), write(tmp_path / "b.npy", 6 * LENGTH, 2)]
    dataset = scored(data_set(tmp_path))
    assert len(dataset) == 16
    for at in (0, 9, 10, 15, -1):
        file, chunk = (0, at) if 0 <= at < 10 else (1, at % 16 - 10)
        ids = np.fromfile(tmp_path / ("a.npy", "b.npy")[file], np.uint16)[chunk * LENGTH : (chunk + 1) * LENGTH]
        assert dataset[at]["input_ids"].tolist() == ids.tolist()
        np.testing.assert_array_equal(dataset[at]["teacher_logprobs"], values[file][chunk * LENGTH : (chunk + 1) * LENGTH])
    padded = ScoredCollator(pad_token_id=0)([dataset[0], {**dataset[1], "input_ids": dataset[1]["input_ids"][:9], "teacher_logprobs": dataset[1]["teacher_logprobs"][:9]}])
    assert padded["teacher_logprobs"].dtype == torch.float32 and padded["teacher_logprobs"][1, 9:].isnan().all()


def test_other_units_and_other_lengths_are_refused(tmp_path: pathlib.Path) -> None:
    write(tmp_path / "b.npy", 6 * LENGTH, 2)
    for unit in (Unit("document", LENGTH), Unit("chunk", 2 * LENGTH)):
        write(tmp_path / "a.npy", 4 * LENGTH, 1, unit)
        with pytest.raises(remit.OtherUnit):
            scored(data_set(tmp_path))
    write(tmp_path / "a.npy", 4 * LENGTH, 1)
    with pytest.raises(remit.ScoresError, match="generate_doc_lengths"):
        scored(data_set(tmp_path, generate_doc_lengths=True))
    with open(tmp_path / "a.npy", "ab") as file:
        file.write(bytes(2 * LENGTH))
    with pytest.raises(remit.ScoresError, match="has numbers for"):
        scored(data_set(tmp_path))


@pytest.mark.parametrize("weighting", [rt.Weighting(), rt.Weighting(epsilon=0.5, unscored="drop")], ids=str)
def test_its_steps_are_those_of_plain_torch(batches, weighting: rt.Weighting) -> None:
    """Two micro-batches a step, masked labels, one masked instance; loss and weights after four steps."""
    ours, plain = weighing(module(), weighting), module()
    assert isinstance(ours, RemitTrainModule)
    plain._set_model_mode("train")
    for batch in batches:
        ours.zero_grads()
        ours.train_batch(copied(batch))
        ours.optim.step()
        labels = batch["input_ids"].masked_fill(~batch["label_mask"], -100).masked_fill(~batch["instance_mask"][:, None], -100)
        teacher = batch["teacher_logprobs"]
        count = int(rt.count_tokens(labels, teacher, weighting=weighting, shift=True))
        count += LENGTH * int((~batch["instance_mask"]).sum())
        plain.zero_grads()
        loss = rt.weighted_loss(plain.model(batch["input_ids"]), labels, teacher_logprobs=teacher, weighting=weighting, num_items=count, shift=True).loss
        loss.backward()
        plain.optim.step()
        assert float(ours.recorded["CE"]) == pytest.approx(loss.item(), abs=1e-6)
    pairs = [(one.detach().double(), other.detach().double()) for one, other in zip(ours.model.parameters(), plain.model.parameters())]
    difference, size = (sum(float(one.square().sum()) for one in sides) ** 0.5 for sides in ([a - b for a, b in pairs], [b for _, b in pairs]))
    assert difference / size < 1e-5


def test_epsilon_0_is_its_own_run_bit_for_bit(batches) -> None:
    ours, stock = weighing(module(z_loss_multiplier=1e-3), rt.Weighting(epsilon=0)), module(z_loss_multiplier=1e-3)
    for batch in batches:
        for one in (ours, stock):
            given = copied(batch)
            if one is stock:
                given.pop("teacher_logprobs")
            one.zero_grads()
            one.train_batch(given)
            one.optim.step()
        assert float(ours.recorded["CE"]) == float(stock.recorded["CE"])
    assert all(torch.equal(one, other) for one, other in zip(ours.model.parameters(), stock.model.parameters()))


def test_a_z_loss_goes_along(batches) -> None:
    ours = weighing(module(z_loss_multiplier=1e-3))
    ours.zero_grads()
    ours.train_batch(copied(batches[0]))
    assert float(ours.recorded["Z loss"]) > 0


@pytest.mark.parametrize("weighting", [rt.Weighting("rho1"), rt.Weighting(centering="document"), rt.Weighting(normalizer="weights")], ids=str)
def test_what_it_has_not_is_refused(weighting: rt.Weighting) -> None:
    with pytest.raises(ValueError, match="expected remit or ntp"):
        weighing(module(), weighting)
    with pytest.raises(ValueError, match="expected a TransformerTrainModule"):
        weighing(weighing(module()))


def test_batches_without_scores_are_refused(batches) -> None:
    ours = weighing(module())
    batch = copied(batches[0])
    batch.pop("teacher_logprobs")
    with pytest.raises(remit.ScoresError, match="has no teacher_logprobs"):
        ours.train_batch(batch)
