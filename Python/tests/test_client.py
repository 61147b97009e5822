"""The client against a live remit-server."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle

import numpy as np
import pytest

import remit
from conftest import Server

SEQUENCES = [[17, 23, 293, 221, 18, 21], [5, 9, 2, 7, 11], [3]]


@pytest.fixture
def client(server: Server) -> remit.Client:
    return remit.Client(server.url)


def test_logprobs_have_the_bits_of_the_json_form(client: remit.Client) -> None:
    answer = client.logprobs(SEQUENCES)
    assert answer.teacher_logprobs.dtype == np.float32
    assert [len(one) for one in answer.split()] == [6, 5, 1]
    assert np.flatnonzero(np.isnan(answer.teacher_logprobs)).tolist() == [0, 6, 11]
    alone = [client.logprobs([ids]).teacher_logprobs for ids in SEQUENCES]
    assert answer.teacher_logprobs.tobytes() == np.concatenate(alone).tobytes()
    assert answer.model == client.info().model
    assert answer.pins.scores_fingerprint == client.info().pins.scores_fingerprint
    assert answer.token_ids is None


def test_documents_begin_anew(client: remit.Client) -> None:
    packed = client.logprobs([SEQUENCES[0] + SEQUENCES[1]], document_starts=[[0, 6]]).teacher_logprobs
    assert packed.tobytes() == client.logprobs(SEQUENCES[:2]).teacher_logprobs.tobytes()


def test_texts_are_scored_as_their_ids(client: remit.Client, documents: list[str]) -> None:
    texts = documents[:3]
    answer = client.logprobs(texts)
    assert answer.token_ids is not None
    ids = [client.tokenize(text).token_ids for text in texts]
    assert answer.token_ids.tolist() == np.concatenate(ids).tolist()
    assert answer.teacher_logprobs.tobytes() == client.logprobs(ids).teacher_logprobs.tobytes()
    weights = client.weights(texts, epsilon=0.1)
    assert weights.student_logprobs is not None and weights.base_scores_fingerprint
    assert client.weights(ids, epsilon=0.1).weights.tobytes() == weights.weights.tobytes()


def test_tokens_there_and_back(client: remit.Client) -> None:
    tokens = client.tokenize("17 + 25 = 42")
    assert client.detokenize(tokens.token_ids) == "17 + 25 = 42"
    assert "".join(tokens.tokens) == "17 + 25 = 42"
    assert tokens.offsets.shape == (len(tokens.token_ids), 2)


@pytest.mark.parametrize("centering", ["sequence", "document"])
def test_weights_are_those_of_numpy(client: remit.Client, centering: str) -> None:
    random = np.random.default_rng(3)
    sequences = [random.integers(0, 600, 40) for _ in range(3)]
    starts = [[0, 11, 25], [0], [0, 2]]
    student = [np.minimum(random.normal(-9, 4, 40), 0).astype(np.float32) for _ in range(3)]
    masks = [random.random(40) > 0.2 for _ in range(3)]
    answer = client.weights(
        sequences, document_starts=starts, student_logprobs=student, loss_mask=masks, epsilon=0.3, centering=centering
    )
    for index, (teacher, weights) in enumerate(zip(answer.split(), answer.split(answer.weights))):
        expected = np.zeros(40)
        scored = masks[index].copy()
        scored[starts[index]] = False
        spans = list(zip(starts[index], [*starts[index][1:], 40])) if centering == "document" else [(0, 40)]
        for begin, end in spans:
            here = np.flatnonzero(scored[begin:end]) + begin
            if len(here):
                delta = teacher[here].astype(np.float64) - student[index][here]
                expected[here] = np.clip(2 / (1 + np.exp(delta.mean() - delta)), 0.7, 1.3)
        np.testing.assert_allclose(weights, expected, atol=1e-6)
        assert answer.scored_tokens[index] == scored.sum()
    assert (answer.weighting, answer.epsilon, answer.centering) == ("remit", 0.3, centering)


@pytest.mark.parametrize("weighting", ["remit-static", "ntp", "rho1"])
def test_every_weighting(client: remit.Client, weighting: str) -> None:
    answer = client.weights(SEQUENCES, weighting=weighting, keep_fraction=0.5 if weighting == "rho1" else None)
    kept = {"ntp": [5, 4, 0], "rho1": [3, 2, 0]}.get(weighting)
    if kept:
        assert [int(part.sum()) for part in answer.split(answer.weights)] == kept
    assert np.isnan(answer.mean_weight[2])


def test_the_likeliest_tokens(client: remit.Client) -> None:
    answer = client.logprobs(SEQUENCES, top_k=3)
    assert answer.topk_token_ids is not None and answer.topk_logprobs is not None
    assert answer.topk_token_ids.shape == (12, 3)
    assert (np.diff(answer.topk_logprobs[1:6], axis=1) <= 0).all()


def test_entropies_and_normalizers(client: remit.Client) -> None:
    info = client.info()
    plain = client.logprobs(SEQUENCES)
    answer = client.logprobs(SEQUENCES, top_k=info.limits.max_top_k, entropy=True, temperatures=[2, 0.5, 1])
    assert answer.teacher_logprobs.tobytes() == plain.teacher_logprobs.tobytes() and plain.teacher_entropy is None
    assert answer.teacher_entropy is not None and answer.logsumexp is not None and answer.tempered_entropy is not None
    assert answer.topk_logprobs is not None
    assert answer.logsumexp.shape == answer.tempered_entropy.shape == (3, 12)
    known = ~np.isnan(plain.teacher_logprobs)
    assert (np.isnan(answer.teacher_entropy) == ~known).all() and (np.isnan(answer.logsumexp[0]) == ~known).all()
    np.testing.assert_allclose(answer.logsumexp[2][known], 0, atol=1e-5)
    np.testing.assert_allclose(answer.tempered_entropy[2], answer.teacher_entropy, atol=1e-6)
    assert (answer.tempered_entropy[0][known] > answer.teacher_entropy[known]).all()
    for row, temperature in enumerate([2, 0.5, 1]):
        tempered = answer.topk_logprobs[known] / temperature - answer.logsumexp[row][known][:, None]
        assert (np.exp(tempered).sum(axis=1) < 1 + 1e-5).all()
    with pytest.raises(remit.RemitError):
        client.logprobs(SEQUENCES, temperatures=[0])


def test_a_batch_above_the_limits_is_sent_in_pieces(tmp_path, client: remit.Client) -> None:
    small = Server(tmp_path / "small", "--threads", "1", "--max-inputs", "600", "--max-request-tokens", "4096")
    try:
        sequences = [np.arange(index % 7 + 1) for index in range(2_000)]
        with remit.Client(small.url) as one:
            answer = one.weights(sequences, document_starts=[None] * 2_000)
            tempered = one.logprobs(sequences, entropy=True, temperatures=[2, 3])
        assert answer.sequence_starts[-1] == sum(len(ids) for ids in sequences)
        assert tempered.logsumexp is not None and tempered.logsumexp.shape == (2, answer.sequence_starts[-1])
        expected = [client.weights([np.arange(length)]).weights for length in range(1, 8)]
        for ids, weights in zip(sequences, answer.split(answer.weights)):
            assert weights.tobytes() == expected[len(ids) - 1].tobytes()
    finally:
        small.stop()


def test_limits_below_the_defaults_are_asked_for_when_a_request_is_refused(tmp_path, client: remit.Client) -> None:
    small = Server(tmp_path / "small", "--threads", "1", "--max-inputs", "8", "--max-request-tokens", "100", "--max-sequence-tokens", "60")
    try:
        for sequences in ([np.arange(1, 31)] * 7, [np.arange(1, 4)] * 20):
            with remit.Client(small.url) as one:
                answer, expected = one.logprobs(sequences), client.logprobs(sequences)
                assert answer.teacher_logprobs.tobytes() == expected.teacher_logprobs.tobytes()
                assert answer.sequence_starts.tolist() == expected.sequence_starts.tolist()
                with pytest.raises(remit.TooLarge) as large:
                    one.logprobs([np.arange(1, 31), np.arange(1, 70)])
                assert large.value.limit == 60
    finally:
        small.stop()


def test_pins(server: Server, client: remit.Client) -> None:
    assert client.pins == remit.Pins()
    pins = client.pin()
    assert client.logprobs([[1, 2]]).pins == pins == client.pins
    first = remit.Client(server.url)
    first.logprobs([[1, 2]])
    assert first.pins == pins
    assert remit.Client(server.url, pins=pins).weights([[1, 2]]).pins == pins
    other = remit.Client(server.url, pins=remit.Pins(scores_fingerprint="0" * 64))
    for call in (lambda: other.logprobs([[1, 2]]), lambda: other.tokenize("a")):
        with pytest.raises(remit.FingerprintMismatch) as caught:
            call()
        assert (caught.value.expected, caught.value.actual) == ("0" * 64, pins.scores_fingerprint)
    with pytest.raises(remit.WrongAnswer, match="scores_fingerprint"):
        other.pin()
    with pytest.raises(ValueError, match="64 hexadecimal"):
        remit.Pins(model_fingerprint="ABC")


def test_refusals_are_typed(client: remit.Client) -> None:
    with pytest.raises(remit.InvalidInput) as invalid:
        client.logprobs([[1, 2], [3, 640, 4]])
    assert (invalid.value.item, invalid.value.position, invalid.value.status) == (1, 1, 422)
    assert pickle.loads(pickle.dumps(invalid.value)).position == 1
    with pytest.raises(remit.TooLarge) as large:
        client.logprobs([np.arange(600)])
    assert large.value.limit == 512
    with pytest.raises(remit.UnknownModel):
        client.logprobs([[1, 2]], model="nobody")
    with pytest.raises(remit.BadRequest):
        client.weights([[1, 2]], epsilon=1.5)
    with pytest.raises(remit.InvalidInput, match="above 0"):
        client.weights([[1, 2]], student_logprobs=[[0, 1.5]])


def test_keys(tmp_path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("checks:a-key-of-the-tests\n")
    server = Server(tmp_path / "keyed", "--threads", "1", "--api-key-file", str(keys))
    try:
        with pytest.raises(remit.Unauthorized):
            remit.Client(server.url).info()
        client = remit.Client(server.url, api_key="a-key-of-the-tests")
        assert client.info().limits.max_sequence_tokens == 512
        assert "a-key" not in repr(client)
    finally:
        server.stop()


def test_asynchronous_calls_are_the_same_calls(server: Server, client: remit.Client) -> None:
    async def run() -> tuple[list[remit.LogProbs], remit.Weights, remit.Tokens, str, remit.Info]:
        async with remit.AsyncClient(server.url) as one:
            scores = await asyncio.gather(*(one.logprobs([ids]) for ids in SEQUENCES))
            tokens = await one.tokenize("17 + 25")
            text = await one.detokenize(tokens.token_ids)
            assert one.pins.model_fingerprint
            return scores, await one.weights(SEQUENCES), tokens, text, await one.info()

    scores, weights, tokens, text, info = asyncio.run(run())
    joined = np.concatenate([one.teacher_logprobs for one in scores])
    assert joined.tobytes() == client.logprobs(SEQUENCES).teacher_logprobs.tobytes()
    assert weights.weights.tobytes() == client.weights(SEQUENCES).weights.tobytes()
    assert text == "17 + 25" and info.url == server.url


def _in_another_process(client: remit.Client, queue: multiprocessing.Queue) -> None:
    queue.put(client.logprobs(SEQUENCES).teacher_logprobs.tobytes())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_client_crosses_processes(client: remit.Client, method: str) -> None:
    expected = client.logprobs(SEQUENCES).teacher_logprobs.tobytes()  # its connection is open now
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=_in_another_process, args=(client, queue))
    child.start()
    try:
        assert queue.get(timeout=60) == expected
        assert client.logprobs(SEQUENCES).teacher_logprobs.tobytes() == expected
    finally:
        child.join()


def test_ranks_begin_with_different_servers(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    away = "http://127.0.0.1:9"
    monkeypatch.setenv("RANK", "5")
    waits: list[remit.Wait] = []
    client = remit.Client([away, server.url], on_wait=waits.append)
    assert client.info().url == server.url and not waits
    monkeypatch.setenv("RANK", "2")
    assert remit.Client([away, server.url]).info().url == server.url  # the first is away: the next is asked


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": []}, "at least one"),
        ({"inputs": [[]]}, r"sequences\[0\]"),
        ({"inputs": [[1.5]]}, r"sequences\[0\]: expected one or more integers"),
        ({"inputs": [[1, -2]]}, "ids from 0"),
        ({"inputs": [[1, 2]], "document_starts": [[1]]}, r"document_starts\[0\]"),
        ({"inputs": [[1, 2]], "document_starts": [[0, 2]]}, r"document_starts\[0\]"),
        ({"inputs": [[1, 2]], "document_starts": []}, "expected 1 entries"),
        ({"inputs": "text"}, "a list of texts"),
        ({"inputs": ["text"], "document_starts": [[0]]}, "expected none with texts"),
    ],
)
def test_impossible_inputs_are_refused_here(client: remit.Client, arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        client.logprobs(**arguments)


@pytest.mark.parametrize(
    ("urls", "options"),
    [([], {}), ("ftp://host", {}), ("http://user:key@host", {}), ("host:80", {}), ("http://host?x", {}),
     ("http://host", {"api_key": "two\nlines"}), ("http://host", {"timeout": 0})],
)  # fmt: skip
def test_impossible_settings_are_refused(urls: object, options: dict) -> None:
    with pytest.raises(ValueError):
        remit.Client(urls, **options)  # type: ignore[arg-type]
