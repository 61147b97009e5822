"""Ranks that share a step give one process's loss and gradient."""

from __future__ import annotations

import pathlib

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

import remit.torch as rt
import torch.distributed as dist
import torch.multiprocessing as multiprocessing

B, T, V = 4, 12, 11
WEIGHTINGS = [
    rt.Weighting(),
    rt.Weighting(centering="document", unscored="drop"),
    rt.Weighting("rho1", keep_fraction=0.4),
    rt.Weighting(normalizer="weights"),
    rt.Weighting(epsilon=0),
]
# Zigzag, as load-balanced context parallelism cuts sequences: each rank has a part of the front and its mirror at the back.
PARTS = [[0, 1, 2, 9, 10, 11], [3, 4, 5, 6, 7, 8]]


def batch():
    random = torch.Generator().manual_seed(4)
    logits = torch.randn(B, T, V, generator=random, dtype=torch.float64) * 3
    labels = torch.randint(0, V, (B, T), generator=random)
    labels[torch.rand(B, T, generator=random) < 0.3] = -100
    labels[0] = -100  # a rank with little to say
    labels[1, :9] = -100
    teacher = -4 * torch.rand(B, T, generator=random, dtype=torch.float64)
    teacher[torch.rand(B, T, generator=random) < 0.2] = torch.nan
    documents = torch.tensor([0] * 4 + [1] * 6 + [2] * 2).expand(B, T)
    return logits, labels, teacher, documents


def loss_of(rows, columns, weighting, parallel=rt.Parallel()):
    logits, labels, teacher, documents = (side[rows][:, columns] for side in batch())
    logits = logits.clone().requires_grad_()
    out = rt.weighted_loss(
        logits, labels, teacher_logprobs=teacher, documents=documents, weighting=weighting, parallel=parallel
    )
    out.loss.backward()
    return out.loss.detach(), logits.grad


def run(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    everybody = dist.new_group([0, 1])
    everything = slice(None)
    results = []
    for weighting in WEIGHTINGS:
        rows = slice(2 * rank, 2 * rank + 2)
        results.append(loss_of(rows, everything, weighting, rt.Parallel(tokens=everybody)))
        results.append(loss_of(rows, everything, weighting, rt.Parallel(tokens=everybody, averages_gradients=False)))
        context = rt.Parallel(tokens=everybody, context=everybody)
        results.append(loss_of(everything, PARTS[rank], weighting, context))
    torch.save(results, f"{folder}/{rank}.pt")
    dist.barrier()
    dist.destroy_process_group()


def test_two_ranks(tmp_path: pathlib.Path) -> None:
    multiprocessing.spawn(run, (str(tmp_path),), nprocs=2)
    ranks = [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)]
    for index, weighting in enumerate(WEIGHTINGS):
        loss, gradient = loss_of(slice(None), slice(None), weighting)
        averaged, plain, context = (tuple(rank[3 * index + kind] for rank in ranks) for kind in range(3))
        # DDP averages gradients over the ranks: the rows of the other rank have gradient 0 here.
        torch.testing.assert_close(sum(one for one, _ in averaged) / 2, loss, rtol=1e-12, atol=0)
        torch.testing.assert_close(torch.cat([one for _, one in averaged]) / 2, gradient, rtol=1e-10, atol=1e-14)
        torch.testing.assert_close(sum(one for one, _ in plain), loss, rtol=1e-12, atol=0)
        torch.testing.assert_close(torch.cat([one for _, one in plain]), gradient, rtol=1e-10, atol=1e-14)
        together = torch.zeros_like(gradient)
        for columns, (_, one) in zip(PARTS, context):
            together[:, columns] = one / 2
        torch.testing.assert_close(sum(one for one, _ in context) / 2, loss, rtol=1e-12, atol=0)
        torch.testing.assert_close(together, gradient, rtol=1e-10, atol=1e-14)
