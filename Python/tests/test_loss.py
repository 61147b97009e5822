"""The weighted loss against naive loops in f64, the trainer's goldens, the live server and the stock loss."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

import remit
import remit.torch as rt
from conftest import ROOT, Server
from torch.nn.functional import cross_entropy

B, T, V, D = 3, 17, 29, 8


class Case:
    """A batch in f64 with documents, padding and positions that the teacher has not scored."""

    def __init__(self, seed: int = 5, dtype=torch.float64) -> None:
        random = torch.Generator().manual_seed(seed)
        self.logits = (3 * torch.randn(B, T, V, generator=random, dtype=torch.float64)).to(dtype).requires_grad_()
        self.labels = torch.randint(0, V, (B, T), generator=random)
        self.labels[torch.rand(B, T, generator=random) < 0.15] = -100
        self.teacher = -4 * torch.rand(B, T, generator=random)
        self.teacher[torch.rand(B, T, generator=random) < 0.2] = torch.nan
        self.base = -4 * torch.rand(B, T, generator=random)
        self.documents = torch.tensor([[0] * 6 + [1] * 7 + [2] * 4, [0] * 17, [0] * 2 + [1] * 15])

    @property
    def arguments(self) -> dict:
        return dict(teacher_logprobs=self.teacher, documents=self.documents)


def naive(case: Case, weighting: rt.Weighting, z_loss_weight: float = 0.0):
    """The method position by position: loss, weights, N."""
    logp = torch.log_softmax(case.logits.double(), -1)
    log_z = torch.logsumexp(case.logits.double(), -1)
    weights = torch.zeros(B, T, dtype=torch.float64)
    total, plain, z, count, weight_sum = 0.0, 0.0, 0.0, 0, 0.0
    for row in range(B):
        labelled = [t for t in range(T) if case.labels[row, t] != -100]
        scored = [t for t in labelled if not math.isnan(case.teacher[row, t])]
        student = {t: logp[row, t, case.labels[row, t]].item() for t in labelled}
        compared = {t: case.base[row, t].item() for t in scored} if weighting.name == "remit-static" else student
        delta = {t: case.teacher[row, t].item() - compared[t] for t in scored}
        for t in labelled:
            if t not in scored:
                weights[row, t] = 1.0 if weighting.unscored == "neutral" else 0.0
        groups = [scored]
        if weighting.centering == "document":
            groups = [[t for t in scored if case.documents[row, t] == d] for d in range(3)]
        if weighting.name == "rho1":
            kept = sorted(scored, key=lambda t: (-delta[t], t))[: math.ceil(weighting.keep_fraction * len(scored))]
            for t in kept:
                weights[row, t] = 1.0
            count += len(kept) + (len(labelled) - len(scored) if weighting.unscored == "neutral" else 0)
        else:
            count += len(labelled if weighting.unscored == "neutral" else scored)
            for group in groups:
                mean = sum(delta[t] for t in group) / max(1, len(group))
                for t in group:
                    w = 2 / (1 + math.exp(-(delta[t] - mean)))
                    low, high = 1 - weighting.epsilon, 1 + weighting.epsilon
                    weights[row, t] = 1.0 if weighting.name == "ntp" else min(max(w, low), high)
        for t in labelled:
            w = weights[row, t].float().double().item()
            total = total - w * logp[row, t, case.labels[row, t]]
            weight_sum += w
            if w > 0:
                z = z + log_z[row, t] ** 2
    divisor = count if weighting.normalizer == "tokens" else weight_sum
    return (total + z_loss_weight * z) / divisor, weights, count


WEIGHTINGS = [
    rt.Weighting(),
    rt.Weighting(unscored="drop"),
    rt.Weighting(epsilon=0.7, centering="document"),
    rt.Weighting(epsilon=1.0, normalizer="weights"),
    rt.Weighting("remit-static", epsilon=0.5),
    rt.Weighting("remit-static", centering="document", unscored="drop", normalizer="weights"),
    rt.Weighting("ntp", unscored="drop"),
    rt.Weighting("ntp"),
    rt.Weighting("rho1", keep_fraction=0.31),
    rt.Weighting("rho1", unscored="drop"),
    rt.Weighting("rho1", keep_fraction=1.0, normalizer="weights"),
    rt.Weighting(epsilon=0.0),
]


@pytest.mark.parametrize("weighting", WEIGHTINGS, ids=str)
@pytest.mark.parametrize("z_loss_weight", [0.0, 0.05])
def test_loss_and_gradient_are_those_of_a_naive_loop(weighting: rt.Weighting, z_loss_weight: float) -> None:
    case = Case()
    expected, weights, count = naive(case, weighting, z_loss_weight)
    (gradient,) = torch.autograd.grad(expected, case.logits)
    out = rt.weighted_loss(
        case.logits, case.labels, base_logprobs=case.base, weighting=weighting, z_loss_weight=z_loss_weight, **case.arguments
    )
    torch.testing.assert_close(out.loss, expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(out.weights.weights, weights.float(), rtol=0, atol=1e-7)
    assert int(out.weights.tokens) == count
    out.loss.backward()
    torch.testing.assert_close(case.logits.grad, gradient, rtol=1e-10, atol=1e-13)
    if not weighting.is_plain and weighting.name != "rho1":
        raw_low = (weights[weights > 0] == 1 - weighting.epsilon).sum()
        assert int(out.weights.clipped_low) == int(raw_low)
    assert not out.weights.weights.requires_grad and not out.plain_loss.requires_grad


@pytest.mark.parametrize("weighting", WEIGHTINGS, ids=str)
@pytest.mark.parametrize("block", [1, 7, 29, 64])
def test_hidden_states_and_head_give_the_same(weighting: rt.Weighting, block: int) -> None:
    case = Case()
    random = torch.Generator().manual_seed(1)
    hidden = torch.randn(B, T, D, generator=random, dtype=torch.float64, requires_grad=True)
    head = torch.randn(V, D, generator=random, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(V, generator=random, dtype=torch.float64, requires_grad=True)
    options = dict(base_logprobs=case.base, weighting=weighting, z_loss_weight=0.03, **case.arguments)
    for softcap in (None, 2.5):
        logits = hidden @ head.T + bias
        logits = logits if softcap is None else softcap * torch.tanh(logits / softcap)
        expected = rt.weighted_loss(logits, case.labels, **options)
        gradients = torch.autograd.grad(expected.loss, [hidden, head, bias])
        out = rt.weighted_head_loss(hidden, head, case.labels, bias=bias, softcap=softcap, block=block, **options)
        torch.testing.assert_close(out.loss, expected.loss, rtol=1e-12, atol=0)
        torch.testing.assert_close(out.z_loss, expected.z_loss, rtol=1e-12, atol=0)
        for got, wanted in zip(torch.autograd.grad(out.loss, [hidden, head, bias]), gradients):
            torch.testing.assert_close(got, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("block", [1, 7, V, 64, None])
@pytest.mark.parametrize("label", [-1, V, V + 40, -101])
def test_a_label_that_the_head_has_no_row_for_is_refused(label: int, block: int | None) -> None:
    """No block holds its logit, so that its loss would be log Z, and look like one."""
    case = Case(dtype=torch.float32)
    hidden, head = torch.randn(B, T, D), torch.randn(V, D)
    labels = case.labels.clone()
    labels[1, 3] = label
    expected = rf"from 0 to {V - 1}.*ignore_index -100, got {label} at position {T + 3} \(1 such labels\)"
    with pytest.raises(ValueError, match=expected):
        rt.head_losses(hidden, head, labels, block=block)
    with pytest.raises(ValueError, match=expected):
        rt.weighted_head_loss(hidden, head, labels, weighting="ntp", block=block)


@pytest.mark.parametrize("ignore_index", [-1, V])
def test_any_number_may_be_the_one_that_is_ignored(ignore_index: int) -> None:
    case = Case(dtype=torch.float32)
    hidden, head = torch.randn(B, T, D), torch.randn(V, D)
    labels = torch.where(case.labels == -100, ignore_index, case.labels)
    losses, log_z = rt.head_losses(hidden, head, labels, block=7, ignore_index=ignore_index)
    assert (losses[labels == ignore_index] == 0).all() and (log_z[labels == ignore_index] == 0).all()
    torch.testing.assert_close(losses, rt.head_losses(hidden, head, case.labels, block=7)[0], rtol=0, atol=0)


@pytest.mark.filterwarnings("default")  # of the compiler
def test_a_compiled_graph_looks_at_its_labels_too() -> None:
    """In one graph: what reads a value on its way would break it in two."""
    hidden, head, labels = torch.randn(5, D), torch.randn(V, D), torch.tensor([3, -100, 0, 6, 2])
    compiled = torch.compile(lambda *given: rt.head_losses(*given, block=7)[0], fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(hidden, head, labels), rt.head_losses(hidden, head, labels, block=7)[0])
    with pytest.raises(RuntimeError, match=f"from 0 to {V - 1}"):
        compiled(hidden, head, torch.tensor([3, -100, V, 6, 2]))


def test_the_head_passes_finite_differences() -> None:
    random = torch.Generator().manual_seed(2)
    hidden = torch.randn(5, 3, generator=random, dtype=torch.float64, requires_grad=True)
    head = torch.randn(7, 3, generator=random, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([3, -100, 0, 6, 2])
    assert torch.autograd.gradcheck(lambda h, w: rt.head_losses(h, w, labels, block=3, softcap=4.0), (hidden, head))


def test_autocast_is_a_cast_of_the_operands() -> None:
    random = torch.Generator().manual_seed(2)
    hidden = torch.randn(9, 4, generator=random, requires_grad=True)
    head = torch.randn(30, 4, generator=random, requires_grad=True)
    labels = torch.randint(0, 30, (9,), generator=random)
    expected, _ = rt.head_losses(hidden.bfloat16(), head.bfloat16(), labels, block=7)
    wanted = torch.autograd.grad(expected.sum(), [hidden, head])
    with torch.autocast("cpu", torch.bfloat16):
        got, _ = rt.head_losses(hidden, head, labels, block=7)
    assert torch.equal(got, expected) and got.dtype == torch.float32
    for one, other in zip(torch.autograd.grad(got.sum(), [hidden, head]), wanted):
        assert torch.equal(one, other) and one.dtype == torch.float32


def test_no_logits_are_built_from_hidden_states() -> None:
    """No tensor that the forward or backward makes is larger than a block."""
    from torch.utils._python_dispatch import TorchDispatchMode

    sizes: list[int] = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, arguments=(), options=None):
            out = function(*arguments, **(options or {}))
            sizes.extend(one.numel() for one in (out if isinstance(out, (tuple, list)) else [out]) if isinstance(one, torch.Tensor))
            return out

    count, vocabulary = 64, 6_000
    hidden = torch.randn(count, 4, dtype=torch.bfloat16, requires_grad=True)
    head = torch.randn(vocabulary, 4, dtype=torch.bfloat16, requires_grad=True)
    with Watch():
        labels = torch.randint(0, vocabulary, (count,))
        out = rt.weighted_head_loss(hidden, head, labels, teacher_logprobs=-torch.rand(count), block=500)
        out.loss.backward()
    assert max(sizes) <= count * 500
    assert hidden.grad.dtype == head.grad.dtype == torch.bfloat16


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("weighting", [rt.Weighting(epsilon=0), rt.Weighting("ntp"), rt.Weighting("remit-static", epsilon=0)], ids=str)
@pytest.mark.parametrize("num_items", [None, 77, torch.tensor(123)])
def test_epsilon_0_is_the_stock_loss_bit_for_bit(dtype, weighting: rt.Weighting, num_items) -> None:
    stock, ours = Case(dtype=dtype), Case(dtype=dtype)
    labels = torch.nn.functional.pad(stock.labels, (0, 1), value=-100)[..., 1:].contiguous()
    rows = stock.logits.float().view(-1, V)
    if num_items is None:
        expected = cross_entropy(rows, labels.view(-1), ignore_index=-100, reduction="mean")
    else:
        expected = cross_entropy(rows, labels.view(-1), ignore_index=-100, reduction="sum") / num_items
    expected.backward()
    out = rt.weighted_loss(ours.logits, ours.labels, weighting=weighting, num_items=num_items, shift=True, **ours.arguments)
    out.loss.backward()
    assert out.loss.item() == expected.item()
    assert torch.equal(ours.logits.grad, stock.logits.grad)


def test_a_teacher_that_is_the_student_gives_weights_of_exactly_1() -> None:
    case = Case(dtype=torch.float32)
    targets = case.labels.reshape(-1)
    student = -cross_entropy(case.logits.reshape(-1, V), targets, reduction="none", ignore_index=-100).detach().view(B, T)
    out = rt.weighted_loss(case.logits, case.labels, teacher_logprobs=student)
    assert torch.equal(out.weights.weights, (case.labels != -100).float())
    assert out.loss.item() == out.plain_loss.item()
    torch.testing.assert_close(out.loss, rt.weighted_loss(case.logits, case.labels, weighting="ntp").loss)


def test_shifting_is_transformers_own() -> None:
    case = Case(dtype=torch.float32)
    shifted = rt.weighted_loss(case.logits, case.labels, shift=True, weighting=rt.Weighting(centering="document"), **case.arguments)
    by_hand = rt.weighted_loss(
        case.logits[:, :-1], case.labels[:, 1:], teacher_logprobs=case.teacher[:, 1:], documents=case.documents[:, 1:],
        weighting=rt.Weighting(centering="document"),
    )  # fmt: skip
    torch.testing.assert_close(shifted.loss, by_hand.loss, rtol=1e-6, atol=0)
    assert torch.equal(shifted.weights.weights[:, :-1], by_hand.weights.weights)


def test_micro_batches_with_n_given_are_the_whole_batch() -> None:
    for weighting in (rt.Weighting(), rt.Weighting("rho1"), rt.Weighting(unscored="drop")):
        case = Case()
        whole = rt.weighted_loss(case.logits, case.labels, weighting=weighting, shift=True, **case.arguments)
        count = sum(
            rt.count_tokens(case.labels[row], case.teacher[row], weighting=weighting, shift=True) for row in range(B)
        )
        parts = [
            rt.weighted_loss(
                case.logits[row], case.labels[row], teacher_logprobs=case.teacher[row], weighting=weighting, num_items=count, shift=True
            ).loss
            for row in range(B)
        ]
        torch.testing.assert_close(sum(parts), whole.loss, rtol=1e-12, atol=0)
        assert int(count) == int(whole.divisor)


@pytest.mark.parametrize("shift", [False, True])
@pytest.mark.parametrize("epsilon", [0, 0.2])
@pytest.mark.parametrize("unscored", ["drop", "neutral"])
def test_n_leaves_out_what_the_base_lacks(unscored, epsilon: float, shift: bool) -> None:
    """Of remit-static: as the weights do, so that a step's N is the number of positions that were weighed."""
    teacher, base = -torch.rand(2, 8), -torch.rand(2, 8)
    labels = torch.ones(2, 8, dtype=torch.long)
    teacher[0, 5], base[0, 3], base[1, 6] = torch.nan, torch.nan, torch.nan
    weighting = rt.Weighting("remit-static", epsilon, unscored=unscored)
    count = rt.count_tokens(labels, teacher, weighting=weighting, base_logprobs=base, shift=shift)
    out = rt.weighted_loss(
        torch.randn(2, 8, 5), labels, teacher_logprobs=teacher, base_logprobs=base, weighting=weighting, shift=shift
    )
    assert int(count) == int(out.weights.tokens) == (16 if unscored == "neutral" else 13) - 2 * shift


def test_losses_that_a_trainer_has_already() -> None:
    case = Case()
    losses = cross_entropy(case.logits.reshape(-1, V), case.labels.reshape(-1), reduction="none", ignore_index=-100).view(B, T)
    labelled = case.labels != -100
    losses = torch.where(labelled, losses, torch.tensor(torch.inf, dtype=losses.dtype))
    code = rt.encode_mask(case.teacher, labelled)
    assert ((code >= 2) == (labelled & ~case.teacher.isnan())).all() and ((code > 0) == labelled).all()
    teacher, decoded = rt.decode_mask(code)
    assert torch.equal(decoded, labelled)
    out = rt.weighted_mean(losses, labelled, teacher_logprobs=case.teacher)
    coded = rt.weighted_mean(losses, decoded, teacher_logprobs=teacher)
    expected = rt.weighted_loss(case.logits, case.labels, teacher_logprobs=case.teacher)
    torch.testing.assert_close(out.loss, expected.loss, rtol=1e-12, atol=0)
    torch.testing.assert_close(coded.loss, expected.loss, rtol=1e-6, atol=0)
    with pytest.raises(ValueError, match="scaled on its way"):
        rt.decode_mask(code / 3)


def test_a_mask_of_0_and_1_is_no_code() -> None:
    """Of a data set that was left as it was: read as log-probs it would say that the teacher is certain of every token."""
    certain = rt.encode_mask(torch.zeros(3))
    assert certain.tolist() == [2, 2, 2] and rt.decode_mask(certain)[0].tolist() == [0, 0, 0]
    for mask in (torch.ones(2, 5), torch.tensor([0, 1, 1, 0]), torch.tensor([True, False])):
        with pytest.raises(ValueError, match="a mask that holds no log-probs"):
            rt.decode_mask(mask)


def test_documents_by_positions_and_by_lengths() -> None:
    assert rt.documents_of_positions(torch.tensor([[0, 1, 2, 0, 1, 0]])).tolist() == [[1, 1, 1, 2, 2, 3]]
    assert rt.documents_of_lengths([3, 2], 7).tolist() == [0, 0, 0, 1, 1, 2, 2]
    with pytest.raises(ValueError, match="at most 4"):
        rt.documents_of_lengths([3, 2], 4)


def test_rows_may_be_several_sequences() -> None:
    case = Case()
    flat = rt.weighted_loss(
        case.logits.reshape(-1, V), case.labels.reshape(-1), teacher_logprobs=case.teacher.reshape(-1),
        sequences=torch.arange(B).repeat_interleave(T),
    )  # fmt: skip
    torch.testing.assert_close(flat.loss, rt.weighted_loss(case.logits, case.labels, teacher_logprobs=case.teacher).loss)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(teacher_logprobs=None), "needs the teacher's"),
        (dict(weighting="remit-static"), "needs the base's"),
        (dict(weighting=rt.Weighting(centering="document"), documents=None), "needs documents"),
        (dict(teacher_logprobs=torch.full((B, T), 0.5)), "at most 0, got 0.5"),
        (dict(teacher_logprobs=torch.full((B, T), -torch.inf)), "finite"),
        (dict(teacher_logprobs=torch.zeros(B, T - 1)), r"expected shape \(3, 17\)"),
        (dict(weighting=rt.Weighting(unscored="drop"), teacher_logprobs=torch.full((B, T), torch.nan)), "no position"),
        (dict(weighting=rt.Weighting(normalizer="weights"), num_items=4), "behind its last forward"),
        (dict(weighting="loss-of-mine"), "expected one of remit"),
    ],
)
def test_what_cannot_be_is_refused(change: dict, message: str) -> None:
    case = Case()
    with pytest.raises(ValueError, match=message):
        rt.weighted_loss(case.logits, case.labels, **{**case.arguments, **change})


@pytest.mark.parametrize("options", [dict(epsilon=1.1), dict(keep_fraction=0), dict(centering="batch"), dict(unscored="skip")])
def test_options_have_ranges(options: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        rt.Weighting(**options)


@pytest.mark.parametrize(("name", "normalizer", "z"), [("weighted_step", "tokens", 0.0), ("weighted_step_normalized", "weights", 0.05)])
@pytest.mark.parametrize("with_head", [False, True])
def test_the_trainers_golden_step(name: str, normalizer, z: float, with_head: bool) -> None:
    """Loss and every gradient of the step that remit-trainer is held to (transformers, f64, packed windows, masked prompts)."""
    from safetensors.torch import load_file
    from transformers import LlamaForCausalLM

    goldens = ROOT / "Tests/Trainer/AnnealingTests/Goldens"
    golden = load_file(goldens / f"{name}.safetensors")
    model = LlamaForCausalLM.from_pretrained(goldens / "student", dtype=torch.float64)
    ids, bounds = golden["token_ids"].long(), [*golden["segment_starts"].tolist(), len(golden["token_ids"])]
    windows = golden["window_starts"].tolist()
    labels = torch.where(golden["scored"] == 1, ids, -100)
    sequences = torch.zeros_like(ids)
    sequences[windows[1] :] = 1
    hidden = torch.cat([model.model(ids[None, a:b]).last_hidden_state[0] for a, b in zip(bounds, bounds[1:])])
    arguments = dict(
        teacher_logprobs=golden["teacher"], sequences=sequences, shift=True, z_loss_weight=z,
        weighting=rt.Weighting(normalizer=normalizer),
    )  # fmt: skip
    head = model.lm_head.weight
    out = (
        rt.weighted_head_loss(hidden, head, labels, block=11, **arguments)
        if with_head
        else rt.weighted_loss(hidden @ head.T, labels, **arguments)
    )
    loss, plain, _, z_loss = golden["scalars"].tolist()
    # the golden's norms and softmax are f64 throughout, transformers' own are f32 here
    assert out.loss.item() == pytest.approx(loss + z_loss, abs=2e-6)
    assert out.plain_loss.item() * (out.divisor / out.weights.tokens).item() == pytest.approx(plain, abs=2e-6)
    assert out.z_loss.item() == pytest.approx(z_loss, abs=2e-6)
    np.testing.assert_allclose(out.weights.weights[:-1], golden["weights"][1:], atol=2e-6)
    out.loss.backward()
    compared = 0
    for parameter, value in model.named_parameters():
        wanted = golden.get(f"gradient.{parameter}", golden.get(f"grad.{parameter}"))
        if wanted is not None:
            torch.testing.assert_close(value.grad, wanted.double(), rtol=1e-4, atol=1e-6)
            compared += 1
    assert compared == len(list(model.parameters()))


@pytest.mark.parametrize("centering", ["sequence", "document"])
@pytest.mark.parametrize("name", ["remit", "remit-static", "rho1", "ntp"])
def test_weights_are_the_servers(server: Server, name, centering) -> None:
    random = np.random.default_rng(9)
    ids = random.integers(0, 600, (4, 50))
    starts = [0, 13, 20]
    student = np.minimum(random.normal(-9, 4, (4, 50)), 0).astype(np.float32)
    client = remit.Client(server.url)
    sides = {} if name == "remit-static" else {"student_logprobs": student}
    answer = client.weights(ids, document_starts=[starts] * 4, weighting=name, centering=centering, epsilon=0.3, **sides)
    if name == "remit-static":
        student = answer.student_logprobs.reshape(4, 50)
    weights = rt.token_weights(
        torch.tensor(student), torch.tensor(answer.teacher_logprobs.reshape(4, 50)), torch.ones(4, 50, dtype=torch.bool),
        weighting=rt.Weighting(name, epsilon=0.3, centering=centering, unscored="drop"),
        documents=torch.tensor([0] * 13 + [1] * 7 + [2] * 30).expand(4, 50),
    )  # fmt: skip
    if name == "ntp":
        weights.weights[:, starts] = 0
    np.testing.assert_array_max_ulp(weights.weights.numpy().ravel(), answer.weights, 1)
    if name.startswith("remit"):
        assert int(weights.clipped_low) == answer.clipped_low.sum()


def own_remit(tokens: rt.WeighedTokens) -> torch.Tensor:
    """The method, written as a rule of one's own."""
    delta = torch.where(tokens.scored, tokens.teacher - tokens.student, 0.0).double()
    mean = delta.sum(-1, keepdim=True) / tokens.scored.sum(-1, keepdim=True)
    return (2 * torch.sigmoid(delta - mean)).clamp(0.8, 1.2)


@pytest.mark.parametrize("unscored", ["neutral", "drop"])
def test_a_rule_of_ones_own(unscored):
    case = Case()
    own = rt.Weighting("own", rule=own_remit, unscored=unscored)
    got = rt.weighted_loss(case.logits, case.labels, weighting=own, **case.arguments)
    expected = rt.weighted_loss(case.logits, case.labels, weighting=rt.Weighting(unscored=unscored), **case.arguments)
    torch.testing.assert_close(got.weights.weights, expected.weights.weights, rtol=1e-6, atol=0)
    torch.testing.assert_close(got.loss, expected.loss, rtol=1e-6, atol=0)
    assert torch.equal(got.divisor, expected.divisor)
    assert got.weights.tokens == rt.count_tokens(case.labels, case.teacher, weighting=own)
    assert not own.is_plain and not rt.Weighting("own", rule=own_remit, epsilon=0).is_plain


@pytest.mark.parametrize("shift", [False, True])
def test_a_rule_of_entropies(shift):
    """They stand where the log-probs stand, and are moved as those are."""
    case = Case()
    # Any positive numbers will do, as long as each has its place: here the negatives of the log-probs.
    own = rt.Weighting("own", rule=lambda tokens: (tokens.teacher_entropy == -tokens.teacher).float() + tokens.teacher_entropy)
    logprobs = torch.where(case.labels != -100, case.teacher.nan_to_num(-1.0), torch.nan)
    got = rt.weighted_loss(
        case.logits, case.labels, weighting=own, teacher_logprobs=logprobs, teacher_entropy=-logprobs, shift=shift
    )
    moved = torch.nn.functional.pad(logprobs, (0, 1), value=torch.nan)[..., 1:] if shift else logprobs
    scored = ~moved.isnan()
    torch.testing.assert_close(got.weights.weights[scored], 1 - moved[scored].float())
    with pytest.raises(ValueError, match="teacher_entropy: expected finite numbers"):
        rt.weighted_loss(case.logits, case.labels, weighting=own, teacher_logprobs=logprobs, teacher_entropy=logprobs - 1)


def test_a_rule_needs_no_teacher():
    case = Case()
    own = rt.Weighting("own", rule=lambda tokens: (tokens.student < -3).float())
    got = rt.weighted_loss(case.logits, case.labels, weighting=own)
    losses = cross_entropy(case.logits.view(-1, V), case.labels.view(-1), reduction="none").view(B, T)
    count = (case.labels != -100).sum()
    torch.testing.assert_close(got.loss, losses[(losses > 3) & (case.labels != -100)].sum() / count)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda tokens: torch.full_like(tokens.student, -1), "0 or more, got -1"),
        (lambda tokens: tokens.student[..., 1:], "shape"),
        (lambda tokens: torch.full_like(tokens.student, torch.nan), "got nan"),
    ],
)
def test_what_a_rule_cannot_give(rule, message):
    case = Case()
    with pytest.raises(ValueError, match=message):
        rt.weighted_loss(case.logits, case.labels, weighting=rt.Weighting("own", rule=rule), **case.arguments)


@pytest.mark.parametrize("options", [{"name": "own"}, {"name": "remit", "rule": own_remit}])
def test_own_and_no_other_has_a_rule(options):
    with pytest.raises(ValueError, match="rule"):
        rt.Weighting(**options)
