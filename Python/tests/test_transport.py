"""Retries, waits, deadlines and wrong answers, against servers that answer what the test says."""

from __future__ import annotations

import asyncio
import re

import numpy as np
import pytest

import remit
from conftest import ROOT, problem
from remit import Backoff, errors
from remit.batch import Batch
from remit.rotation import Rotation
from remit.tensors import decode, encode

PINS = {"model_fingerprint": "1" * 64, "tokenizer_fingerprint": "2" * 64, "scores_fingerprint": "3" * 64}
BATCH = Batch.of([[5, 9, 2], [7, 1]])


def answer(change=lambda tensors, metadata: None, batch: Batch = BATCH) -> tuple[int, dict[str, str], bytes]:
    teacher = np.array([np.nan, -1, -2, np.nan, -3], np.float32)
    tensors = {"teacher_logprobs": teacher, "sequence_starts": batch.sequence_starts}
    metadata = {"model": "m", **PINS, "token_ids_sha256": batch.digest()}
    change(tensors, metadata)
    return 200, {"Content-Type": "application/vnd.safetensors"}, encode(tensors, metadata)


def client(*urls: str, **options) -> remit.Client:
    return remit.Client(urls, **{"timeout": 60, **options})


def test_a_busy_server_is_left_alone_for_as_long_as_it_says(scripted) -> None:
    waits: list[remit.Wait] = []
    server = scripted(problem("queue-full", 429, headers={"Retry-After": "1"}), answer())
    one = client(server.url, on_wait=waits.append, backoff=Backoff(first=0.001))
    assert one.logprobs(BATCH).model == "m"
    assert len(waits) == 1 and 0.01 < waits[0].seconds <= 1 and "queue-full" in waits[0].reason


def test_another_server_is_asked_meanwhile(scripted) -> None:
    waits: list[remit.Wait] = []
    busy, well = scripted(problem("draining", 503, headers={"Retry-After": "200"})), scripted(answer())
    both = client(busy.url, well.url, on_wait=waits.append)
    for _ in range(3):
        both.logprobs(BATCH)
    assert not waits and len(busy.requests) == 1 and len(well.requests) == 3


def test_a_connection_that_breaks_is_tried_again(scripted) -> None:
    server = scripted(None, answer())
    assert client(server.url).logprobs(BATCH).model == "m"
    assert len(server.requests) == 2


def test_server_errors_are_borne_a_few_times(scripted) -> None:
    server = scripted(problem("internal", 500))
    one = client(server.url, backoff=Backoff(first=0.001))
    with pytest.raises(remit.ServerFailed):
        one.logprobs(BATCH)
    assert len(server.requests) == 4


def test_a_refusal_is_final(scripted) -> None:
    server = scripted(problem("invalid-input", 422, item=3))
    with pytest.raises(remit.InvalidInput) as caught:
        client(server.url).logprobs(BATCH)
    assert caught.value.item == 3 and len(server.requests) == 1


def test_one_server_with_another_model_is_passed_over(scripted) -> None:
    wrong = problem("fingerprint-mismatch", 409, expected="2" * 64, actual="1" * 64)
    other, right = scripted(wrong), scripted(answer())
    assert client(other.url, right.url).logprobs(BATCH).model == "m"
    with pytest.raises(remit.FingerprintMismatch):
        client(other.url, scripted(wrong).url).logprobs(BATCH)


def test_deadlines_end_a_call(scripted) -> None:
    server = scripted(problem("loading", 503, headers={"Retry-After": "100"}))
    with pytest.raises(remit.DeadlineExceeded) as caught:
        client(server.url, timeout=20).logprobs(BATCH, timeout=20)
    assert caught.value.attempts == 1 and isinstance(caught.value.__cause__, remit.Unavailable)
    assert isinstance(caught.value, TimeoutError)

    def hang(scripted, _):
        scripted.released.wait()
        return answer()

    with pytest.raises(remit.DeadlineExceeded):
        client(scripted(hang).url).logprobs(BATCH, timeout=0.3)


def test_a_server_is_told_how_long_the_client_waits(scripted) -> None:
    server = scripted(answer())
    client(server.url, timeout=7, api_key="k").logprobs(BATCH)
    headers = server.requests[0][1]
    assert 0 < float(headers["X-Request-Timeout"]) <= 7
    assert headers["Authorization"] == "Bearer k"


def test_a_cancelled_task_ends_its_transfer(scripted) -> None:
    def hang(scripted, _):
        scripted.released.wait()
        return answer()

    server = scripted(hang)

    async def run() -> None:
        async with remit.AsyncClient(server.url, timeout=600) as one:
            call = asyncio.create_task(one.logprobs(BATCH))
            await asyncio.to_thread(server.arrived.wait)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            one._threads.shutdown(wait=True)  # returns only if the thread's transfer was ended

    asyncio.run(run())


def test_an_answer_without_end_is_cut(scripted) -> None:
    one = client(scripted((200, {}, b"x" * 4_000_000)).url, max_response_bytes=2_000_000)
    with pytest.raises(remit.WrongAnswer, match="more than 2000000 bytes"):
        one.logprobs(BATCH)


def _value(at: int, value: float):
    def change(tensors, _):
        tensors["teacher_logprobs"][at] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_value(1, 0.5), "flat position 1: expected a finite number of at most 0, got 0.5"),
        (_value(1, -np.inf), "flat position 1"),
        (_value(2, np.nan), "flat position 2"),
        (_value(3, -1), "flat position 3: expected none"),
        (lambda tensors, _: tensors.update(sequence_starts=np.array([0, 2, 5])), "sequence_starts"),
        (lambda tensors, _: tensors.pop("teacher_logprobs"), "got none"),
        (lambda tensors, _: tensors.update(teacher_logprobs=np.zeros(4, np.float32)), "of shape"),
        (lambda tensors, _: tensors.update(teacher_logprobs=np.zeros(5)), "got float64"),
        (lambda _, metadata: metadata.update(token_ids_sha256="4" * 64), "of other ids"),
        (lambda _, metadata: metadata.update(model_fingerprint="no"), "model_fingerprint"),
        (lambda _, metadata: metadata.update(scores_fingerprint="5" * 64), "as pinned"),
    ],
)
def test_answers_that_cannot_be_are_refused(scripted, change, message: str) -> None:
    one = client(scripted(answer(change)).url, pins=remit.Pins(scores_fingerprint="3" * 64))
    with pytest.raises(remit.WrongAnswer, match=message):
        one.logprobs(BATCH)


@pytest.mark.parametrize("body", [b"", b"\xff" * 40, b"\x02" + b"\0" * 7 + b"{}", b"\x08" + b"\0" * 7 + b'{"a":{}}'])
def test_hostile_bytes_are_a_wrong_answer(scripted, body: bytes) -> None:
    with pytest.raises(remit.WrongAnswer):
        client(scripted((200, {}, body)).url).logprobs(BATCH)
    with pytest.raises(remit.WrongAnswer):
        client(scripted((200, {}, body)).url).info()


def test_a_proxy_in_between_is_told_apart(scripted) -> None:
    with pytest.raises(remit.ProblemError, match="<html>") as caught:
        client(scripted((418, {"Content-Type": "text/html"}, b"<html>tea")).url).logprobs(BATCH)
    assert caught.value.status == 418


def test_every_problem_of_the_contract_has_its_class() -> None:
    contract = (ROOT / "openapi.yaml").read_text()
    kinds = set(re.findall(r"^ +- urn:remit:problem:([a-z-]+)$", contract, re.MULTILINE))
    assert len(kinds) > 30 and kinds == set(errors.PROBLEMS)


def test_rotation() -> None:
    backoff = Backoff(first=1, longest=4, longest_retry_after=10)
    assert [backoff.delay(failures, 0) for failures in (1, 2, 3, 4, 100)] == [1, 2, 4, 4, 4]
    assert backoff.delay(1, 1) == 0.5
    rotation = Rotation(2, backoff, first=3)
    assert rotation.next(0)[0] == 1
    rotation.failed(1, began=0, now=0, retry_after=None, random=0)
    assert rotation.next(0) == (0, float("-inf"))
    rotation.failed(0, began=0, now=0, retry_after=7, random=0)
    assert rotation.next(0) == (1, 1)
    rotation.failed(1, began=-1, now=0.5, retry_after=None, random=0)  # the same failure, seen by another thread
    assert rotation.next(0.5) == (1, 1)
    rotation.failed(1, began=2, now=2, retry_after=1e6, random=0)
    assert rotation.next(2) == (0, 7)
    rotation.succeeded(0)
    assert rotation.next(2) == (0, float("-inf"))


def test_tensors_are_proved_to_lie_in_the_body() -> None:
    body = encode({"a": np.arange(3, dtype=np.float32)}, {"k": "v"})
    tensors, metadata = decode(body)
    assert tensors["a"].tolist() == [0, 1, 2] and metadata == {"k": "v"}
    for old, new in [(b"[3]", b"[4]"), (b"[0,12]", b"[0,13]"), (b"F32", b"F99"), (b"[3]", b"[-3]"), (b'"k"', b"[k]")]:
        with pytest.raises(ValueError):
            decode(body.replace(old, new.ljust(len(old))))


def test_a_refused_request_is_no_failure_of_its_server(scripted) -> None:
    waits: list[remit.Wait] = []
    refusals = [problem("invalid-input", 422), problem("unknown-model", 404), problem("internal", 501)]
    one = client(scripted(*refusals, answer()).url, on_wait=waits.append)
    for _ in refusals:
        with pytest.raises(remit.ProblemError):
            one.logprobs(BATCH)
    assert one.logprobs(BATCH).model == "m" and not waits
