"""What the trainers built on transformers' do with batches of other makes, and what they refuse: a small model, one step, no server."""

from __future__ import annotations

import pathlib
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

import remit.torch as rt
from conftest import DEMO
from remit.batch import Batch
from remit.integrations.collators import BASE, TEACHER, TeacherCollator

ROWS, LENGTH = 4, 12
IDS = torch.randint(2, 60, (ROWS, LENGTH), generator=torch.Generator().manual_seed(1))
LABELS = torch.where(torch.rand(IDS.shape, generator=torch.Generator().manual_seed(2)) < 0.2, -100, IDS)


def model():
    torch.manual_seed(3)
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
            initializer_range=0.5, attn_implementation="eager",
        )  # fmt: skip
    )


def source(batch: Batch) -> dict[str, np.ndarray]:
    """Log-probs that say of which token they are; the base has some gaps."""
    teacher = -(batch.token_ids * 7 % 50 + 1).astype(np.float32) / 8
    teacher[batch.document_starts] = np.nan
    base = -(batch.token_ids * 11 % 50 + 1).astype(np.float32) / 9
    base[batch.token_ids % 9 == 0] = np.nan
    base[batch.document_starts] = np.nan
    return {TEACHER: teacher, BASE: base}


def stack(examples):
    return {name: torch.tensor([one[name] for one in examples]) for name in ("input_ids", "labels", "attention_mask")}


def shifted(examples):
    """Labels moved by the collator, as those of sequence parallelism do."""
    out = stack(examples)
    return out | {"shift_labels": torch.nn.functional.pad(out["labels"], (0, 1), value=-100)[:, 1:].contiguous()}


def trainer_of(kind: str, folder: pathlib.Path, collator=stack, weighting="remit", **options):
    """A trainer of one step that keeps its loss and the weights of its micro-batches."""
    given = dict(output_dir=str(folder), max_steps=1, per_device_train_batch_size=ROWS, use_cpu=True, report_to=[], save_strategy="no",
                 disable_tqdm=True, remove_unused_columns=False, logging_steps=1, **options.pop("args", {}))  # fmt: skip
    rows = [{"input_ids": ids, "labels": labels, "attention_mask": [1] * LENGTH} for ids, labels in zip(IDS.tolist(), LABELS.tolist())]
    if kind == "trl":
        pytest.importorskip("trl")
        datasets = pytest.importorskip("datasets")
        from remit.integrations.trl import RemitSFTTrainer as base
        from trl import SFTConfig

        tokenizer = transformers.PreTrainedTokenizerFast(
            tokenizer_file=str(DEMO / "base/tokenizer.json"), eos_token="<|endoftext|>", pad_token="<|endoftext|>"
        )
        args = SFTConfig(**given, bf16=False, dataset_kwargs={"skip_prepare_dataset": True})
        options |= dict(train_dataset=datasets.Dataset.from_list(rows), processing_class=tokenizer, source=source, data_collator=collator)
    else:
        from remit.integrations.transformers import RemitTrainer as base

        args = transformers.TrainingArguments(**given)
        options |= dict(train_dataset=rows, data_collator=TeacherCollator(collator, source))

    class Watched(base):
        seen: list[list[float]] = []

        def note(self, weights, plain_loss):
            self.seen.append(weights.weights[weights.counted].tolist())
            super().note(weights, plain_loss)

        def training_step(self, model, inputs, num_items_in_batch=None):
            self.loss = super().training_step(model, inputs, num_items_in_batch)
            return self.loss

    Watched.seen = []
    return Watched(model=model(), args=args, weighting=weighting, **options)


def step(*arguments, **options) -> tuple[float, list[float]]:
    trainer = trainer_of(*arguments, **options)
    trainer.train()
    return float(trainer.loss), sum(trainer.seen, [])


@pytest.mark.parametrize("weighting", [
    rt.Weighting(epsilon=1), rt.Weighting(epsilon=1, centering="document"), rt.Weighting("remit-static", 1, unscored="drop"),
    rt.Weighting("rho1"),
], ids=["remit", "by document", "remit-static", "rho1"])  # fmt: skip
@pytest.mark.parametrize("kind", ["transformers", "trl"])
def test_labels_that_a_collator_has_moved(tmp_path: pathlib.Path, kind: str, weighting: rt.Weighting) -> None:
    """Its log-probs are those of the tokens in place all the same, and weigh the labels that they are of."""
    loss, weights = step(kind, tmp_path, stack, weighting)
    moved_loss, moved_weights = step(kind, tmp_path, shifted, weighting)
    assert weights == moved_weights and len(set(weights)) > 1
    assert loss == pytest.approx(moved_loss, abs=1e-6)
    out = rt.weighted_loss(
        model()(input_ids=IDS).logits, LABELS, shift=True, weighting=weighting, documents=torch.zeros_like(IDS),
        **{name: torch.from_numpy(one).view(ROWS, LENGTH) for name, one in source(Batch.of(IDS.numpy())).items()},
    )  # fmt: skip
    assert loss == pytest.approx(out.loss.item(), abs=1e-5)


@pytest.mark.parametrize("kind", ["transformers", "trl"])
def test_log_probs_stay_f32_where_deepspeed_trains_in_bf16(tmp_path: pathlib.Path, kind: str) -> None:
    """Of -9.03 and -9.01 bf16 makes one number."""
    trainer = trainer_of(kind, tmp_path)
    trainer.is_deepspeed_enabled = True
    config = SimpleNamespace(dtype=lambda: torch.bfloat16)
    trainer.accelerator = SimpleNamespace(state=SimpleNamespace(deepspeed_plugin=SimpleNamespace(hf_ds_config=config)))
    logprobs = torch.tensor([[torch.nan, -9.03, -9.01]])
    given = {"input_ids": IDS[:1, :3], "pixels": torch.rand(3), TEACHER: logprobs, BASE: logprobs.clone()}
    prepared = trainer._prepare_inputs(given)
    assert prepared["pixels"].dtype == torch.bfloat16 and prepared["input_ids"].dtype == torch.int64
    for name in (TEACHER, BASE):
        assert prepared[name].dtype == torch.float32 and torch.equal(prepared[name][:, 1:], given[name][:, 1:])


@pytest.mark.parametrize("says_lengths", [False, True])
def test_flattened_batches_have_no_sequence(tmp_path: pathlib.Path, says_lengths: bool) -> None:
    """One row of all examples: centring by sequence would be by micro-batch, and rho1 would rank over it."""
    flat = transformers.DataCollatorWithFlattening(return_flash_attn_kwargs=says_lengths)
    with pytest.raises(ValueError, match="in which a sequence is not defined"):
        step("transformers", tmp_path, flat, "remit")
    for weighting in (rt.Weighting(epsilon=1, centering="document"), rt.Weighting("rho1"), rt.Weighting("rho1", unscored="drop")):
        loss, weights = step("transformers", tmp_path, flat, weighting)
        expected_loss, expected = step("transformers", tmp_path, stack, weighting)
        assert sorted(weights) == pytest.approx(sorted(expected), abs=1e-5)
        assert loss == pytest.approx(expected_loss, abs=1e-5)


def test_documents_that_are_told_by_lengths_alone_are_refused() -> None:
    """The teacher would be asked for the row as one document."""
    rows = [{"input_ids": ids} for ids in IDS.tolist()]
    for name in ("return_flash_attn_kwargs", "return_seq_idx"):
        collator = transformers.DataCollatorWithFlattening(return_position_ids=False, **{name: True})
        with pytest.raises(ValueError, match="expected position_ids with them"):
            TeacherCollator(collator, source)(rows)


LOSSES = {
    "label_smoothing_factor": dict(args={"label_smoothing_factor": 0.1}),
    "compute_loss_func": dict(compute_loss_func=lambda *_, **__: None),
}


@pytest.mark.parametrize("other", LOSSES)
@pytest.mark.parametrize("kind", ["transformers", "trl"])
def test_other_losses_are_refused(tmp_path: pathlib.Path, kind: str, other: str) -> None:
    """They would be trained without weights, beside a log that shows some."""
    for weighting in ("remit", rt.Weighting("ntp", unscored="drop")):
        with pytest.raises(ValueError, match=f"{other}: tokens are weighted in the next-token loss alone"):
            trainer_of(kind, tmp_path, weighting=weighting, **LOSSES[other])
    trainer_of(kind, tmp_path, weighting="ntp", **LOSSES[other])


def test_trl_with_weights_of_1_is_its_own(tmp_path: pathlib.Path) -> None:
    """Label smoothing and all: another loss than without."""
    plain, smooth = (step("trl", tmp_path, weighting="ntp", args=dict(label_smoothing_factor=factor)) for factor in (0.0, 0.1))
    assert plain[0] != smooth[0] and plain[1] == smooth[1] == []


@pytest.mark.parametrize("kind", ["transformers", "trl"])
def test_what_would_be_divided_or_centred_otherwise_is_refused(tmp_path: pathlib.Path, kind: str) -> None:
    with pytest.raises(ValueError, match="normalizer: expected tokens, the trainer's N, got weights"):
        trainer_of(kind, tmp_path, weighting=rt.Weighting(normalizer="weights"))
    trainer = trainer_of(kind, tmp_path)
    for parallel in (dict(sp_enabled=True, cp_enabled=False), dict(cp_enabled=True)):
        trainer.accelerator = SimpleNamespace(parallelism_config=SimpleNamespace(**parallel))
        with pytest.raises(ValueError, match="a rank has parts of sequences"):
            trainer._require_weighed()
