"""Trainers in Python beside remit-trainer: the same steps in the same order give the same losses and weights."""

from __future__ import annotations

import json
import pathlib
import subprocess

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("default"),  # of the trainers; ours are errors in the other tests
]

import order
import remit
import remit.torch as rt
from conftest import BUILD, DEMO, Server
from remit.integrations.collators import FromClient, FromScores, TeacherCollator
from remit.scores import column_to_segments

LENGTH, ROWS, STEPS, RATE, END = 96, 4, 20, 3e-4, 0
# Sums are in other orders here and there; what differs is rounding, which AdamW amplifies step by step.
LOSS_TOLERANCE, WEIGHT_TOLERANCE = 1e-5, 1e-5


@pytest.fixture(scope="module")
def steps(server: Server) -> list[list[list[list[int]]]]:
    """Windows of each step, each a list of documents."""
    client = remit.Client(server.url)
    texts = [json.loads(line)["text"] for line in (DEMO / "corpus.jsonl").read_text().splitlines()]
    documents = [[*client.tokenize(text).token_ids.tolist(), END] for text in texts]
    windows = order.windows(documents, LENGTH)[: ROWS * STEPS]
    return [windows[first : first + ROWS] for first in range(0, len(windows), ROWS)]


class Reference:
    """A run of remit-trainer: losses by step, and the weights it ends with."""

    def __init__(self, server: Server, folder: pathlib.Path, *flags: object) -> None:
        result = subprocess.run(
            [str(one) for one in (
                BUILD / "remit-trainer", "anneal", "--server", server.url, "--student", DEMO / "base", "--corpus", DEMO / "corpus.jsonl",
                "--sequence-length", LENGTH, "--batch-sequences", ROWS, "--steps", STEPS, "--learning-rate", RATE, "--schedule", "constant",
                "--weight-decay", 0, "--grad-clip", 0, "--seed", 0, "--out", folder, "--out-dtype", "f32", "--threads", 1, *flags)],
            capture_output=True, text=True)  # fmt: skip
        assert result.returncode == 0, result.stderr
        lines = [json.loads(line) for line in next(folder.rglob("*.jsonl")).read_text().splitlines()]
        records = [line for line in lines if "weighted_loss" in line]
        assert len(records) == STEPS
        self.losses = [record["weighted_loss"] for record in records]
        self.scored = [record["scored_tokens"] for record in records]
        self.mean_weights = [record["mean_weight"] for record in records]
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    def check(self, losses: list[float], model) -> None:
        np.testing.assert_allclose(losses, self.losses, rtol=0, atol=LOSS_TOLERANCE)
        ours, theirs = model.state_dict(), self.model.state_dict()
        assert set(ours) == set(theirs)
        difference = sum(float((ours[name].double() - theirs[name].double()).square().sum()) for name in theirs) ** 0.5
        size = sum(float(value.double().square().sum()) for value in theirs.values()) ** 0.5
        assert difference / size < WEIGHT_TOLERANCE


@pytest.fixture(scope="module")
def by_document(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return Reference(server, tmp_path_factory.mktemp("by-document"), "--centering", "document")


@pytest.fixture(scope="module")
def by_sequence(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return Reference(server, tmp_path_factory.mktemp("by-sequence"))


def student():
    return transformers.AutoModelForCausalLM.from_pretrained(DEMO / "base", dtype=torch.float32)


def arguments(folder: pathlib.Path, kind=None, **options):
    return (kind or transformers.TrainingArguments)(
        output_dir=str(folder), max_steps=STEPS, learning_rate=RATE, lr_scheduler_type="constant", weight_decay=0.0, adam_beta2=0.95,
        max_grad_norm=0.0, train_sampling_strategy="sequential", report_to=[], save_strategy="no", use_cpu=True, logging_steps=1,
        disable_tqdm=True, optim="adamw_torch", **options)  # fmt: skip


def watched(kind):
    """A trainer that keeps the loss of every step, at full precision."""

    class Watched(kind):
        def __init__(self, *given, **options):
            self.losses: list[float] = []
            super().__init__(*given, **options)

        def training_step(self, model, inputs, num_items_in_batch=None):
            loss = super().training_step(model, inputs, num_items_in_batch)
            at = self.state.global_step
            self.losses.extend([0.0] * (at + 1 - len(self.losses)))
            self.losses[at] += float(loss)
            return loss

    return Watched


def rows_of_windows(examples):
    """Packed rows, padded: documents are told by position_ids, and padding by documents of one token."""
    width = max(len(one["input_ids"]) for one in examples)
    out = {name: torch.full((len(examples), width), value) for name, value in [("input_ids", 0), ("labels", -100), ("position_ids", 0)]}
    for row, one in enumerate(examples):
        for name in out:
            out[name][row, : len(one[name])] = torch.tensor(one[name])
    return out


def packed(window: list[list[int]]) -> dict:
    """A window as one example; each document's first label counts for nothing."""
    return {
        "input_ids": sum(window, []),
        "labels": sum(([-100, *document[1:]] for document in window), []),
        "position_ids": sum((list(range(len(document))) for document in window), []),
    }


def trainer_of(kind, model, folder, server, steps, weighting, collator=rows_of_windows, source=None, **options):
    return watched(kind)(
        model=model, args=arguments(folder, **options), train_dataset=[packed(window) for step in steps for window in step],
        data_collator=TeacherCollator(collator, source or FromClient(remit.Client(server.url))), weighting=weighting,
    )  # fmt: skip


@pytest.mark.parametrize(("rows", "accumulation"), [(ROWS, 1), (1, ROWS)])
def test_transformers_trainer(tmp_path, server, steps, by_sequence, rows, accumulation) -> None:
    from remit.integrations.transformers import RemitTrainer

    model = student()
    trainer = trainer_of(
        RemitTrainer, model, tmp_path, server, steps, "remit", per_device_train_batch_size=rows, gradient_accumulation_steps=accumulation
    )
    trainer.train()
    by_sequence.check(trainer.losses, model)
    logged = [line["mean_weight"] for line in trainer.state.log_history if "mean_weight" in line]
    np.testing.assert_allclose(logged, by_sequence.mean_weights, atol=1e-5)


def test_transformers_trainer_on_scores_with_workers(tmp_path, server, steps, by_document) -> None:
    """Log-probs from a side-car, looked up in worker processes."""
    from remit.integrations.transformers import RemitTrainer

    client = remit.Client(server.url)
    documents = [document for step in steps for window in step for document in window]
    scored = client.logprobs(documents)
    path = column_to_segments(
        zip(documents, scored.split()), tmp_path / "scores", sequence_length=LENGTH, pins=client.pins, model="teacher", precision="f32"
    )
    source = FromScores(remit.Scores(path, unit="document", tokens=LENGTH))
    model = student()
    trainer = trainer_of(
        RemitTrainer, model, tmp_path, server, steps, rt.Weighting(centering="document"), source=source,
        per_device_train_batch_size=ROWS, dataloader_num_workers=2,
    )  # fmt: skip
    trainer.train()
    by_document.check(trainer.losses, model)


@pytest.mark.parametrize("weighting", [rt.Weighting(epsilon=0), rt.Weighting("ntp")], ids=str)
def test_epsilon_0_is_transformers_own_run_bit_for_bit(tmp_path, server, steps, weighting) -> None:
    from remit.integrations.transformers import RemitTrainer

    models = []
    for kind in (transformers.Trainer, RemitTrainer):
        model = student()
        options = {"weighting": weighting} if kind is RemitTrainer else {}
        collator = TeacherCollator(rows_of_windows, FromClient(remit.Client(server.url))) if options else rows_of_windows
        trainer = watched(kind)(
            model=model, args=arguments(tmp_path, per_device_train_batch_size=2, gradient_accumulation_steps=2), data_collator=collator,
            train_dataset=[packed(window) for step in steps[:5] for window in step], **options)  # fmt: skip
        trainer.args.max_steps = 5
        trainer.train()
        models.append((trainer.losses, model.state_dict()))
    assert models[0][0] == models[1][0]
    assert all(torch.equal(models[0][1][name], models[1][1][name]) for name in models[0][1])


def test_static_weights_and_dropped_positions(tmp_path, server, steps) -> None:
    """N is what the weighting counts; the base's log-probs come with the teacher's; columns of a data set do as well."""
    from remit.integrations.transformers import RemitTrainer

    client = remit.Client(server.url)
    rows = []
    for window in steps[0]:
        answer = client.weights([sum(window, [])], document_starts=[np.cumsum([0, *map(len, window[:-1])])], weighting="remit-static")
        teacher = answer.teacher_logprobs.copy()
        teacher[5:9] = np.nan
        rows.append(packed(window) | {"teacher_logprobs": teacher, "base_logprobs": answer.student_logprobs})

    def collate(examples):
        out = rows_of_windows(examples)
        out["attention_mask"] = torch.tensor([[1] * len(one["input_ids"]) + [0] * (out["labels"].shape[1] - len(one["input_ids"])) for one in examples])
        return out

    for weighting in (rt.Weighting("remit-static", unscored="drop"), rt.Weighting("rho1")):
        trainer = watched(RemitTrainer)(
            model=student(), args=arguments(tmp_path, per_device_train_batch_size=2, gradient_accumulation_steps=2), train_dataset=rows,
            data_collator=TeacherCollator(collate), weighting=weighting)  # fmt: skip
        trainer.args.max_steps = 1
        model = student()
        batch = TeacherCollator(collate)(rows)
        logits = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], attention_mask=batch["attention_mask"]).logits
        expected = rt.weighted_loss(
            logits, batch["labels"], teacher_logprobs=batch["teacher_logprobs"], base_logprobs=batch["base_logprobs"], weighting=weighting,
            shift=True)  # fmt: skip
        trainer.train()
        assert trainer.losses[0] == pytest.approx(expected.loss.item(), abs=1e-5)


def sft(tmp_path, server, dataset, model, weighting, **options):
    pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    from remit.integrations.trl import RemitSFTTrainer
    from trl import SFTConfig

    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(DEMO / "base/tokenizer.json"), eos_token="<|endoftext|>", pad_token="<|endoftext|>")
    return watched(RemitSFTTrainer)(
        model=model, train_dataset=datasets.Dataset.from_list(dataset), processing_class=tokenizer, weighting=weighting,
        args=arguments(tmp_path, SFTConfig, dataset_kwargs={"skip_prepare_dataset": True}, bf16=False, **options),
        source=FromClient(remit.Client(server.url)),
    )  # fmt: skip


def test_trl_packed_and_padding_free(tmp_path, server, steps, by_document) -> None:
    rows = [
        {"input_ids": sum(window, []), "labels": sum(window, []), "seq_lengths": [len(one) for one in window]}
        for step in steps for window in step
    ]  # fmt: skip
    model = student()
    trainer = sft(
        tmp_path, server, rows, model, rt.Weighting(centering="document"), padding_free=True, max_length=None, per_device_train_batch_size=2,
        gradient_accumulation_steps=2,
    )  # fmt: skip
    trainer.train()
    by_document.check(trainer.losses, model)


def test_trl_refuses_a_centring_that_is_not_defined(tmp_path, server, steps) -> None:
    rows = [{"input_ids": steps[0][0][0], "labels": steps[0][0][0]}]
    trainer = sft(tmp_path, server, rows, student(), "remit", padding_free=True, max_length=None)
    with pytest.raises(ValueError, match="a sequence is not defined"):
        trainer.train()


def test_trl_padded_rows_are_documents(tmp_path, server, steps) -> None:
    """Unpacked, a row is a document: either centring is the same, and N counts what is scored."""
    documents = [document for step in steps[:4] for window in step for document in window][:16]
    losses = []
    for centering in ("sequence", "document"):
        trainer = sft(tmp_path, server, [{"input_ids": one, "labels": one} for one in documents], student(), rt.Weighting(centering=centering),
                      per_device_train_batch_size=8, gradient_accumulation_steps=2)  # fmt: skip
        trainer.args.max_steps = 1
        trainer.train()
        losses.append(trainer.losses[0])
    model = student()
    logprobs = remit.Client(server.url).logprobs(documents).split()
    total = count = 0.0
    for document, teacher in zip(documents, logprobs):
        out = rt.weighted_loss(
            model(torch.tensor([document])).logits[0], torch.tensor(document), teacher_logprobs=torch.tensor(teacher), shift=True
        )
        total, count = total + out.loss.item() * (len(document) - 1), count + len(document) - 1
    assert losses == pytest.approx([total / count] * 2, abs=1e-5)


def loop(rank: int, folder: str, url: str, steps) -> None:
    """Twenty steps in plain torch: each rank has half of the windows of a step, gradients are averaged."""
    import torch.distributed as dist

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    group = dist.new_group([0, 1])
    model = torch.nn.parallel.DistributedDataParallel(student())
    optimizer = torch.optim.AdamW(model.parameters(), RATE, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0)
    loader = [rows_of_windows([packed(window) for window in step[rank::2]]) for step in steps]
    losses = []
    for batch in remit.Prefetch(loader, remit.Client(url), ahead=2):
        # Without a cache: with one, transformers does not look for documents in position_ids.
        logits = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False).logits
        out = rt.weighted_loss(
            logits, batch["labels"], teacher_logprobs=batch["teacher_logprobs"], shift=True, parallel=rt.Parallel(tokens=group)
        )
        out.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(out.loss.detach())
    losses = torch.stack(losses)
    dist.all_reduce(losses)
    if rank == 0:
        torch.save({"losses": losses / 2, "model": model.module.state_dict()}, f"{folder}/end.pt")
    dist.barrier()
    dist.destroy_process_group()


def test_plain_torch_on_two_ranks(tmp_path, server, steps, by_sequence) -> None:
    torch.multiprocessing.spawn(loop, (str(tmp_path), server.url, steps), nprocs=2)
    end = torch.load(tmp_path / "end.pt")
    model = student()
    model.load_state_dict(end["model"])
    by_sequence.check(end["losses"].tolist(), model)


def test_stopped_and_resumed_on_another_server(tmp_path, server, steps) -> None:
    """A run that ends at a checkpoint and goes on in a new trainer, from a server that was started since: the undisturbed weights."""
    from conftest import Server
    from remit.integrations.transformers import RemitTrainer

    def train(folder, url, model, until, resume=None, **options):
        given = arguments(folder, per_device_train_batch_size=ROWS, dataloader_num_workers=1, **options)
        given.max_steps, given.save_strategy, given.save_steps = until, transformers.trainer_utils.SaveStrategy.STEPS, 4
        trainer = watched(RemitTrainer)(
            model=model, args=given, train_dataset=[packed(window) for step in steps for window in step],
            data_collator=TeacherCollator(rows_of_windows, FromClient(remit.Client(url, pins=pins))), weighting="remit")  # fmt: skip
        trainer.train(resume_from_checkpoint=resume)
        return trainer.model.state_dict()

    pins = remit.Client(server.url).pin()
    whole = train(tmp_path / "whole", server.url, student(), 8)
    train(tmp_path / "parts", server.url, student(), 4)
    another = Server(tmp_path / "another", "--threads", "2")
    try:
        resumed = train(tmp_path / "parts", another.url, student(), 8, resume=str(tmp_path / "parts/checkpoint-4"))
    finally:
        another.stop()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
