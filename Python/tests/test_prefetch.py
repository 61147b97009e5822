"""Batches that come with the teacher's log-probs."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import remit
from conftest import Server


class Loader:
    """Padded batches; counts what was read, and can be resumed."""

    def __init__(self, count: int, fails_at: int | None = None) -> None:
        self.count, self.fails_at, self.at = count, fails_at, 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self):
        while self.at < self.count:
            if self.at == self.fails_at:
                raise OSError("the disk is away")
            self.at += 1
            random = np.random.default_rng(self.at)
            mask = np.arange(9) < random.integers(1, 10, 3)[:, None]
            yield {"input_ids": random.integers(0, 600, (3, 9)), "attention_mask": mask, "number": self.at}

    def state_dict(self):
        return {"at": self.at}

    def load_state_dict(self, state) -> None:
        self.at = state["at"]


def expected(client: remit.Client, batch) -> np.ndarray:
    out = np.full((3, 9), np.nan, np.float32)
    for row, (ids, mask) in enumerate(zip(batch["input_ids"], batch["attention_mask"])):
        out[row, : mask.sum()] = client.logprobs([ids[: mask.sum()]]).teacher_logprobs
    return out


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_batches_come_in_order_with_their_logprobs(server: Server, ahead: int) -> None:
    client = remit.Client(server.url)
    waits: list[float] = []
    prefetch = remit.Prefetch(Loader(7), client, ahead=ahead, on_wait=waits.append)
    assert len(prefetch) == 7
    numbers = []
    for batch in prefetch:
        numbers.append(batch["number"])
        np.testing.assert_array_equal(batch["teacher_logprobs"], expected(client, batch))
        assert prefetch.state_dict() == {"at": batch["number"]}
    assert numbers == list(range(1, 8))
    assert len(waits) == 7 and prefetch.waited == pytest.approx(sum(waits)) and prefetch.last_wait == waits[-1]


def test_a_resumed_loader_goes_on_behind_what_was_handed_out(server: Server) -> None:
    client = remit.Client(server.url)
    prefetch = remit.Prefetch(Loader(8), client, ahead=3)
    batches = iter(prefetch)
    assert [next(batches)["number"] for _ in range(2)] == [1, 2]
    state = prefetch.state_dict()
    batches.close()
    resumed = remit.Prefetch(Loader(8), client, ahead=3)
    resumed.load_state_dict(state)
    assert [batch["number"] for batch in resumed] == [3, 4, 5, 6, 7, 8]


def test_what_the_loader_raises_comes_behind_the_batches_before_it(server: Server) -> None:
    seen = []
    with pytest.raises(OSError, match="the disk is away"):
        for batch in remit.Prefetch(Loader(9, fails_at=3), remit.Client(server.url), ahead=6):
            seen.append(batch["number"])
    assert seen == [1, 2, 3]


def test_what_the_client_raises_is_raised(server: Server) -> None:
    client = remit.Client(server.url, pins=remit.Pins(model_fingerprint="0" * 64))
    before = threading.active_count()
    with pytest.raises(remit.FingerprintMismatch):
        next(iter(remit.Prefetch(Loader(9), client)))
    assert threading.active_count() <= before


def test_documents_of_packed_rows_and_readers_of_ones_own(server: Server) -> None:
    client = remit.Client(server.url)
    ids, positions = np.arange(20, 28)[None], np.array([[0, 1, 2, 0, 1, 0, 1, 2]])
    (packed,) = remit.Prefetch([{"input_ids": ids, "position_ids": positions}], client)
    alone = client.logprobs([ids[0, :3], ids[0, 3:5], ids[0, 5:]]).teacher_logprobs
    np.testing.assert_array_equal(packed["teacher_logprobs"][0], alone)

    own = remit.Prefetch(
        [[5, 9, 2], []], client,
        read=lambda batch: remit.Batch.of([batch]) if batch else None, write=lambda batch, values: [batch, values.tolist()],
    )  # fmt: skip
    scored, empty = list(own)
    assert scored[0] == [5, 9, 2] and len(scored[1]) == 3 and empty == []
    with pytest.raises(ValueError, match="together"):
        remit.Prefetch([], client, read=lambda batch: None)
    with pytest.raises(ValueError, match="no input_ids"):
        list(remit.Prefetch([{"text": "a"}], client))


def test_a_server_that_is_restarted_is_waited_for(tmp_path) -> None:
    """The client waits while nobody listens, and goes on with the same numbers."""
    first = Server(tmp_path / "first", "--threads", "1")
    port = first.url.rsplit(":", 1)[1]
    waits: list[remit.Wait] = []
    restarted: list[Server] = []

    def waiting(wait: remit.Wait) -> None:
        waits.append(wait)
        if not restarted:
            restarted.append(Server(tmp_path / "second", "--threads", "1", "--port", port))

    client = remit.Client(first.url, on_wait=waiting)
    loader = Loader(6)
    try:
        batches = []
        for batch in remit.Prefetch(loader, client, ahead=0):
            batches.append(batch)
            if batch["number"] == 3:
                first.stop()
        assert waits and restarted
        for batch in batches:
            np.testing.assert_array_equal(batch["teacher_logprobs"], expected(client, batch))
        assert [batch["number"] for batch in batches] == [1, 2, 3, 4, 5, 6]
    finally:
        for one in [first, *restarted]:
            one.stop()
