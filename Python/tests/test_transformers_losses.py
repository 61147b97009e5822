"""What `transformers.Trainer` and its models add to a loss, beside the weighted one: on tiny models, without a server."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]  # of the trainers

import remit.torch as rt
from remit.integrations.collators import TEACHER

#: A weighting that is not known to be plain, with weights of 1: all that is left is the loss around it.
ONES = rt.Weighting("own", rule=lambda tokens: torch.ones_like(tokens.student))
# The stock loss is summed in f32, ours in f64.
TOLERANCE = 1e-6


def mixture(**options):
    """A mixture of experts whose routers are far from balanced."""
    torch.manual_seed(3)
    return transformers.Qwen3MoeForCausalLM(transformers.Qwen3MoeConfig(
        vocab_size=50, hidden_size=16, intermediate_size=32, moe_intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, num_experts=4, num_experts_per_tok=2, initializer_range=0.5, **options,
    ))  # fmt: skip


def rows(count: int = 4, length: int = 12):
    ids = torch.randint(0, 50, (count, length), generator=torch.Generator().manual_seed(1))
    return [{"input_ids": row, "labels": row.clone()} for row in ids]


def collate(examples):
    batch = {name: torch.stack([one[name] for one in examples]) for name in examples[0]}
    return batch | {TEACHER: -torch.ones(batch["labels"].shape)}


def trained(kind, model, folder, **options):
    """Loss and gradients of one step, of two micro-batches."""
    losses = []

    class Watched(kind):
        def training_step(self, model, inputs, num_items_in_batch=None):
            if kind is transformers.Trainer:
                inputs = {name: value for name, value in inputs.items() if name != TEACHER}
            losses.append(super().training_step(model, inputs, num_items_in_batch).item())
            return torch.tensor(losses[-1])

    class Kept(transformers.TrainerCallback):
        def on_pre_optimizer_step(self, *arguments, **given):
            gradients.update({name: one.grad.clone() for name, one in given["model"].named_parameters()})

    gradients: dict[str, torch.Tensor] = {}
    arguments = transformers.TrainingArguments(
        output_dir=str(folder), max_steps=1, per_device_train_batch_size=2, gradient_accumulation_steps=2, use_cpu=True, report_to=[],
        save_strategy="no", disable_tqdm=True, max_grad_norm=0.0, remove_unused_columns=False,
    )  # fmt: skip
    Watched(model=model, args=arguments, train_dataset=rows(), data_collator=collate, callbacks=[Kept()], **options).train()
    return losses, gradients


@pytest.mark.parametrize("coefficient", [0.0, 0.5])
def test_the_routers_of_a_mixture_are_balanced_as_without_weights(tmp_path, coefficient: float) -> None:
    from remit.integrations.transformers import RemitTrainer

    options = dict(output_router_logits=True, router_aux_loss_coef=coefficient)
    stock, wanted = trained(transformers.Trainer, mixture(**options), tmp_path)
    losses, gradients = trained(RemitTrainer, mixture(**options), tmp_path, weighting=ONES)
    assert losses == pytest.approx(stock, abs=TOLERANCE)
    for name in wanted:
        torch.testing.assert_close(gradients[name], wanted[name], rtol=1e-5, atol=TOLERANCE)
    without, plain = trained(RemitTrainer, mixture(), tmp_path, weighting=ONES)
    gates = [name for name in wanted if name.endswith("mlp.gate.weight")]
    assert len(gates) == 2
    for name in gates:
        assert torch.equal(gradients[name], plain[name]) == (coefficient == 0)
    assert (losses == without) == (coefficient == 0)


def test_a_coefficient_that_nobody_knows_is_asked_for(tmp_path, monkeypatch) -> None:
    from remit.integrations.transformers import RemitTrainer

    model = mixture(output_router_logits=True)
    del model.router_aux_loss_coef, model.config.router_aux_loss_coef
    monkeypatch.delattr(type(model.config), "router_aux_loss_coef", raising=False)
    with pytest.raises(ValueError, match="Qwen3MoeForCausalLM.*no router_aux_loss_coef"):
        trained(RemitTrainer, model, tmp_path, weighting=ONES)


@pytest.mark.parametrize("name", ["label_smoothing_factor", "compute_loss_func"])
def test_a_loss_that_would_not_be_used_is_refused(tmp_path, name: str) -> None:
    from remit.integrations.transformers import RemitTrainer

    smoothing = 0.1 if name == "label_smoothing_factor" else 0.0
    arguments = transformers.TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[], label_smoothing_factor=smoothing)
    options = {} if smoothing else {"compute_loss_func": lambda *_, **__: None}
    with pytest.raises(ValueError, match=name):
        RemitTrainer(model=mixture(), args=arguments, weighting="remit", **options)
    RemitTrainer(model=mixture(), args=arguments, weighting="ntp", **options)
