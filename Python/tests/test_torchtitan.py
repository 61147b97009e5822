"""torchtitan's own loss beside the weighted one, and the way that log-probs take."""

from __future__ import annotations

import pathlib
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchtitan.components.loss")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]

import remit.torch as rt
from remit.integrations.torchtitan import RemitLoss, TeacherBatches

B, T, V = 3, 20, 37


def case():
    random = torch.Generator().manual_seed(6)
    logits = torch.randn(B, T, V, generator=random, requires_grad=True)
    labels = torch.randint(0, V, (B, T), generator=random)
    labels[torch.rand(B, T, generator=random) < 0.2] = -100
    teacher = -3 * torch.rand(B, T, generator=random)
    teacher[torch.rand(B, T, generator=random) < 0.2] = torch.nan
    return logits, labels, teacher


class Base:
    """As torchtitan's trainer has it: what is left of the batch goes to the model."""

    def post_dataloading_process(self, input_dict, labels):
        return input_dict["input"], labels, {key: value for key, value in input_dict.items() if key != "input"}


class Trainer(TeacherBatches, Base):
    def __init__(self, weighting, **options) -> None:
        self.loss_fn = RemitLoss.Config(weighting=weighting).build(compile_config=None)
        self.parallel_dims = SimpleNamespace(pp_enabled=False, **options)


def test_a_step_of_two_micro_batches() -> None:
    logits, labels, teacher = case()
    trainer = Trainer(rt.Weighting(epsilon=0.4))
    valid = torch.tensor(int((labels != -100).sum()))
    total = torch.zeros(())
    for rows in (slice(0, 2), slice(2, 3)):
        batch = {"input": labels[rows], "positions": labels[rows], "teacher_logprobs": teacher[rows]}
        _, given, extra = trainer.post_dataloading_process(batch, labels[rows])
        assert set(extra) == {"positions"} and "teacher_logprobs" in batch
        loss, metrics = trainer.loss_fn(logits[rows], given, valid, positions=extra["positions"])
        assert 0.6 <= float(metrics["remit/mean_weight"]) <= 1.4
        total = total + loss
    expected = rt.weighted_loss(logits, labels, teacher_logprobs=teacher, weighting=rt.Weighting(epsilon=0.4)).loss
    torch.testing.assert_close(total, expected)
    (ours,), (theirs,) = torch.autograd.grad(total, logits), torch.autograd.grad(expected, logits)
    torch.testing.assert_close(ours, theirs)


def test_epsilon_0_is_its_own_loss_bit_for_bit() -> None:
    from torchtitan.components.loss import CrossEntropyLoss

    logits, labels, teacher = case()
    valid = torch.tensor(77)
    stock, _ = CrossEntropyLoss.Config().build(compile_config=None)(logits, labels, valid)
    trainer = Trainer(rt.Weighting(epsilon=0))
    trainer.post_dataloading_process({"input": labels, "teacher_logprobs": teacher}, labels)
    loss, _ = trainer.loss_fn(logits, labels, valid)
    assert loss.item() == stock.item()
    (ours,), (theirs,) = torch.autograd.grad(loss, logits), torch.autograd.grad(stock, logits)
    assert torch.equal(ours, theirs)
    validated, metrics = trainer.loss_fn(logits.detach(), labels, valid)
    assert validated.item() == stock.item() and not metrics


def test_what_it_has_not_is_refused() -> None:
    logits, labels, _ = case()
    for weighting in (rt.Weighting("rho1"), rt.Weighting(unscored="drop"), rt.Weighting(centering="document")):
        with pytest.raises(ValueError):
            Trainer(weighting)
    with pytest.raises(ValueError, match="had no teacher_logprobs"):
        Trainer(rt.Weighting()).loss_fn(logits, labels, torch.tensor(9))
    trainer = Trainer(rt.Weighting())
    trainer.parallel_dims.pp_enabled = True
    with pytest.raises(ValueError, match="pipeline"):
        trainer.post_dataloading_process({"input": labels, "teacher_logprobs": logits[..., 0]}, labels)


def test_the_hook_is_where_it_was_read() -> None:
    """The trainer's own method is the one that is taken over, and hands its labels and the loss's inputs as it did."""
    import ast
    import importlib.util

    folder = importlib.util.find_spec("torchtitan").submodule_search_locations[0]
    source = pathlib.Path(folder, "trainer.py").read_text()
    methods = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    assert [one.arg for one in methods["post_dataloading_process"].args.args] == ["self", "input_dict", "labels"]
    body = ast.unparse(methods["_forward_backward_body"])
    assert "self.loss_fn(pred, labels, global_valid_tokens, **loss_kwargs)" in body
