"""LLaMA-Factory's own v1 trainer, on a CPU."""

from __future__ import annotations

import pathlib

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("llamafactory.v1.trainers.sft_trainer")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

import remit
import remit.torch as rt
import transformers
from conftest import DEMO, Server
from remit.integrations.llama_factory import FromClient, RemitSFTTrainer

CUTOFF = 96


def samples(documents: list[str]) -> list[dict]:
    """Each a prompt without and an answer with a loss."""
    return [
        {"messages": [{"role": "user", "content": [{"type": "text", "value": "A story"}]},
                      {"role": "assistant", "content": [{"type": "text", "value": text}]}]}
        for text in documents
    ]  # fmt: skip


def trainer_of(folder: pathlib.Path, server: Server, data: list[dict], weighting, **options) -> RemitSFTTrainer:
    from llamafactory.v1.config import TrainingArguments
    from llamafactory.v1.core.utils.rendering import Renderer

    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(DEMO / "base/tokenizer.json"), pad_token="<|endoftext|>")
    args = TrainingArguments(
        output_dir=str(folder), micro_batch_size=2, global_batch_size=4, cutoff_len=CUTOFF, learning_rate=3e-4, max_steps=3, bf16=False,
        batching_workers=0, **options)  # fmt: skip
    return RemitSFTTrainer(
        args=args, model=transformers.AutoModelForCausalLM.from_pretrained(DEMO / "base", dtype=torch.float32),
        renderer=Renderer(template="chatml", processor=tokenizer), train_dataset=data, source=FromClient(remit.Client(server.url)),
        weighting=weighting,
    )  # fmt: skip


def test_its_steps_are_those_of_plain_torch(tmp_path: pathlib.Path, server: Server, documents: list[str]) -> None:
    trainer = trainer_of(tmp_path, server, samples(documents[:12]), rt.Weighting(epsilon=0.3))
    model = transformers.AutoModelForCausalLM.from_pretrained(DEMO / "base", dtype=torch.float32)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    client = remit.Client(server.url)
    expected, got, seen = [], [], []

    compute = trainer.compute_loss

    def watch(batch):
        seen.append({key: value.clone() for key, value in batch.items() if isinstance(value, torch.Tensor)})
        return compute(batch)

    trainer.compute_loss = watch
    log = trainer.callback_handler.on_step_end
    trainer.callback_handler.on_step_end = lambda args, state: (got.append(state.loss), log(args, state))
    trainer.fit()
    assert len(seen) == 6
    for step in range(3):
        batches = seen[2 * step : 2 * step + 2]
        count = sum(int((one["labels"] != -100).sum()) for one in batches)
        total = torch.zeros(())
        for one in batches:
            rows = [ids[mask == 1] for ids, mask in zip(one["input_ids"], one["attention_mask"])]
            teacher = torch.full(one["labels"].shape, torch.nan)
            for row, values in enumerate(client.logprobs([ids.numpy() for ids in rows]).split()):
                teacher[row, : len(values)] = torch.tensor(values)
            logits = model(input_ids=one["input_ids"], attention_mask=one["attention_mask"], position_ids=one["position_ids"]).logits
            total = total + rt.weighted_loss(
                logits, one["labels"], teacher_logprobs=teacher, weighting=rt.Weighting(epsilon=0.3), shift=True, num_items=count
            ).loss
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), trainer.args.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        expected.append(total.item())
    assert got == pytest.approx(expected, abs=1e-5)
    for one, other in zip(trainer.model.parameters(), model.parameters()):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_what_it_has_not_is_refused(tmp_path: pathlib.Path, server: Server, documents: list[str]) -> None:
    for weighting in (rt.Weighting("rho1"), rt.Weighting(unscored="drop"), rt.Weighting(centering="document")):
        with pytest.raises(ValueError):
            trainer_of(tmp_path, server, samples(documents[:4]), weighting)
    weighted = samples(documents[:4])
    weighted[0]["messages"][1]["loss_weight"] = 0.7
    trainer = trainer_of(tmp_path, server, weighted, "remit")
    with pytest.raises(ValueError, match="other than 0 and 1"):
        trainer.fit()
