"""The service, seen from a trainer. Each call blocks until it has an answer, its deadline has passed, or trying again would not help."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from remit import checks
from remit.answers import Info, LogProbs, Timing, Tokens, Weights
from remit.batch import Batch
from remit.errors import TooLarge, WrongAnswer
from remit.pins import Pins
from remit.rotation import Backoff
from remit.stopping import Stop
from remit.tensors import Array, decode, encode
from remit.transport import Reply, Settings, Transport, Wait

_JSON, _TENSORS = "application/json", "application/vnd.safetensors"
#: Requests of no more than this are sent without asking for the server's limits first: they are within the defaults. A server that was
#: given lower ones refuses them, and is asked then.
_SMALL_TOKENS, _SMALL_INPUTS = 32_768, 1_024

#: What is scored: a `Batch`, sequences of ids, rows of ids [B, T], or texts.
Inputs = Batch | Sequence[npt.ArrayLike] | npt.NDArray[Any] | Sequence[str]

_Answer = TypeVar("_Answer", bound=LogProbs)
_Value = TypeVar("_Value")
#: Reads a reply: tensors, metadata, the batch, the options that were sent, whether ids belong in the answer.
_Read = Callable[[Reply, dict[str, Array], dict[str, str], Batch, dict[str, str], bool], _Answer]
#: Options that are no strings in JSON.
_OPTION_TYPES: dict[str, Callable[[str], Any]] = {
    "epsilon": float, "keep_fraction": float, "top_k": int, "entropy": json.loads, "temperatures": json.loads,
}  # fmt: skip


class Client:
    """One or more servers that hold the same teacher.

    Any number of threads may call at once. A client may be pickled (spawned workers), and may be used on both sides of a fork:
    each process has its own connections.

        client = Client(["http://teacher-1:8080", "http://teacher-2:8080"], api_key=key)
        answer = client.weights(sequences, student_logprobs=student)

    Args:
        urls: the servers. The one that answered last is asked again; one that fails rests while the others are asked.
        pins: fingerprints that every answer must have. What they leave open is pinned by the first answer, so that all servers of
            a run agree; `pins` of this object has them then.
        pin_first: False leaves open what `pins` leaves open.
        timeout: seconds for a whole call, retries and waits included.
        attempt_timeout: seconds for one attempt.
        first: index of the server that is asked first; by default the rank (RANK in the environment, as torchrun sets it), so
            that ranks begin with different servers.
        connections: to one server, kept open for the next calls.
        backoff: how long a server that failed is left alone.
        max_response_bytes: above it an answer is cut and refused.
        on_wait: told before each wait, on the thread of the call.
    """

    def __init__(
        self, urls: str | Iterable[str], *, api_key: str | None = None, ca_file: str | None = None, pins: Pins = Pins(),
        pin_first: bool = True, timeout: float = 600.0, attempt_timeout: float = 120.0, first: int | None = None,
        connections: int = 8, backoff: Backoff = Backoff(), max_response_bytes: int = 1 << 30,
        on_wait: Callable[[Wait], None] | None = None,
    ) -> None:  # fmt: skip
        addresses = (urls,) if isinstance(urls, str) else tuple(urls)
        rank = os.environ.get("RANK", "0")
        start = first if first is not None else int(rank) if rank.isdecimal() else 0
        self._transport = Transport(
            Settings(
                addresses, api_key=api_key, ca_file=ca_file, timeout=timeout, attempt_timeout=attempt_timeout, first=start,
                connections=connections, backoff=backoff, max_response_bytes=max_response_bytes, on_wait=on_wait,
            )  # fmt: skip
        )
        #: Fingerprints that answers must have.
        self.pins = pins
        self._pin_first = pin_first
        self._limits: tuple[int, int] | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """The servers' addresses."""
        return self._transport.settings.urls

    @property
    def connections(self) -> int:
        """Calls at once that each have a kept connection to a server."""
        return self._transport.settings.connections

    def __repr__(self) -> str:
        return f"Client({list(self.urls)!r}, pins={self.pins!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections; a later call opens new ones."""
        self._transport.close()

    # MARK: - About the server

    def info(self, *, timeout: float | None = None, stop: Stop | None = None) -> Info:
        """What a server says of its default teacher, its limits and its speed."""
        reply = self._transport.send("GET", "/info", headers={"Accept": _JSON}, timeout=timeout, stop=stop)
        return self._reading(reply, lambda members: Info.of(reply.url, members))

    def pin(self, *, timeout: float | None = None) -> Pins:
        """Asks for the default teacher and pins its fingerprints where none is pinned. To be called before ranks or workers part.

        Raises `WrongAnswer` where the server has another teacher than was pinned.
        """
        info = self.info(timeout=timeout)
        difference = self.pins.difference(info.pins)
        if difference:
            raise WrongAnswer(f"{info.url}: {difference}")
        self.pins = self.pins.completed(info.pins)
        return self.pins

    # MARK: - Scoring

    def logprobs(
        self, inputs: Inputs, *, document_starts: Sequence[npt.ArrayLike | None] | None = None, top_k: int = 0,
        entropy: bool = False, temperatures: Sequence[float] = (), model: str | None = None, add_special_tokens: bool = True,
        timeout: float | None = None, stop: Stop | None = None,
    ) -> LogProbs:  # fmt: skip
        """The teacher's log-probs of every token given those before it in its document.

        A batch above the server's limits is sent in several requests.

        Args:
            document_starts: where documents begin, of each sequence; of a `Batch` in the batch itself.
            top_k: how many of the likeliest tokens at each position.
            entropy: whether `teacher_entropy` is wanted.
            temperatures: at which `logsumexp` and `tempered_entropy` are wanted: up to four, from 0.01 to 100. With `top_k`, the
                log-probs of the likeliest tokens at temperature T are `topk_logprobs / T - logsumexp[i][:, None]`.
            model: a teacher's name or model fingerprint; by default the server's default teacher.
            add_special_tokens: of texts: a BOS, where the tokenizer has one, stands first.
            timeout: seconds for the whole call, in place of the client's.

        Raises:
            RemitError: a subclass says which failure.
        """
        options: dict[str, str] = {"top_k": str(top_k)} if top_k else {}
        if entropy:
            options["entropy"] = "true"
        if len(temperatures):
            options["temperatures"] = json.dumps([float(temperature) for temperature in temperatures])
        if model is not None:
            options["model"] = model
        texts = _texts(inputs)
        if texts is not None:
            if document_starts is not None:
                raise ValueError("document_starts: expected none with texts, which are one document each")
            return self._texts("/v1/logprobs", texts, options, add_special_tokens, timeout, stop, self._read_logprobs)
        batch = inputs if isinstance(inputs, Batch) else Batch.of(_sequences(inputs), document_starts=document_starts)
        if isinstance(inputs, Batch) and document_starts is not None:
            raise ValueError("document_starts: expected them in the Batch")
        batch = replace(batch, loss_mask=None, student_logprobs=None)
        return self._score("/v1/logprobs", batch, options, timeout, stop, self._read_logprobs)

    def weights(
        self, inputs: Inputs, *, student_logprobs: Sequence[npt.ArrayLike] | None = None,
        document_starts: Sequence[npt.ArrayLike | None] | None = None, loss_mask: Sequence[npt.ArrayLike] | None = None,
        weighting: str = "remit", epsilon: float = 0.2, centering: str = "sequence", keep_fraction: float | None = None,
        model: str | None = None, add_special_tokens: bool = True, timeout: float | None = None, stop: Stop | None = None,
    ) -> Weights:  # fmt: skip
        """Token weights from the student's log-probs that are posted, or from the base that the server holds.

        Args:
            student_logprobs: of each sequence, one a token; what stands at unscored positions is not read.
            loss_mask: of each sequence; 0 is context only.
            weighting: remit, remit-static, ntp or rho1.
            epsilon: half the width of the clip, 0 to 1.
            centering: sequence or document, over which the mean difference is taken.
            keep_fraction: of rho1, above 0 and up to 1.

        The other arguments are those of `logprobs`.
        """
        options = {"weighting": weighting, "epsilon": repr(float(epsilon)), "centering": centering}
        if keep_fraction is not None:
            options["keep_fraction"] = repr(float(keep_fraction))
        if model is not None:
            options["model"] = model
        sides = {"student_logprobs": student_logprobs, "loss_mask": loss_mask, "document_starts": document_starts}
        texts = _texts(inputs)
        if texts is not None or isinstance(inputs, Batch):
            given = [name for name, side in sides.items() if side is not None]
            if given:
                raise ValueError(f"{given[0]}: expected with sequences of ids only, or in the Batch")
        if texts is not None:
            return self._texts("/v1/weights", texts, options, add_special_tokens, timeout, stop, self._read_weights)
        batch = inputs if isinstance(inputs, Batch) else Batch.of(_sequences(inputs), **sides)  # type: ignore[arg-type]
        return self._score("/v1/weights", batch, options, timeout, stop, self._read_weights)

    # MARK: - Tokens

    def tokenize(
        self, text: str, *, add_special_tokens: bool = True, model: str | None = None, timeout: float | None = None,
        stop: Stop | None = None,
    ) -> Tokens:  # fmt: skip
        """A text's ids under the teacher's tokenizer, with the bytes that each stands for."""
        members: dict[str, Any] = {"text": text, "add_special_tokens": add_special_tokens}

        def read(answer: dict[str, Any]) -> Tokens:
            return Tokens(
                str(answer["tokenizer_fingerprint"]), np.asarray(answer["token_ids"], np.int32), list(answer["tokens"]),
                np.asarray(answer["offsets"], np.int64).reshape(-1, 2),
            )  # fmt: skip

        return self._ask("/v1/tokenize", members, model, timeout, stop, read)

    def detokenize(
        self, token_ids: npt.ArrayLike, *, skip_special_tokens: bool = False, model: str | None = None,
        timeout: float | None = None, stop: Stop | None = None,
    ) -> str:  # fmt: skip
        """The text of ids; bytes that are no UTF-8 become U+FFFD."""
        ids = np.asarray(token_ids).astype(np.int64).tolist()
        members: dict[str, Any] = {"token_ids": ids, "skip_special_tokens": skip_special_tokens}
        return self._ask("/v1/detokenize", members, model, timeout, stop, lambda answer: str(answer["text"]))

    # MARK: -

    def _ask(
        self, path: str, members: dict[str, Any], model: str | None, timeout: float | None, stop: Stop | None,
        read: Callable[[dict[str, Any]], _Value],
    ) -> _Value:  # fmt: skip
        if model is not None:
            members["model"] = model
        body = json.dumps({**members, **self.pins.members()}, ensure_ascii=False).encode()
        headers = {"Accept": _JSON, "Content-Type": _JSON}
        return self._reading(self._transport.send("POST", path, body=body, headers=headers, timeout=timeout, stop=stop), read)

    @staticmethod
    def _reading(reply: Reply, read: Callable[[dict[str, Any]], _Value]) -> _Value:
        try:
            return read(json.loads(reply.body))
        except (ValueError, KeyError, TypeError) as error:
            raise WrongAnswer(f"{reply.url} answered what cannot be read: {error!r}. Is it a remit-server?") from error

    def _parts(self, batch: Batch, timeout: float | None, stop: Stop | None) -> list[Batch]:
        is_small = len(batch.token_ids) <= _SMALL_TOKENS and len(batch.sequence_starts) - 1 <= _SMALL_INPUTS
        if is_small and self._limits is None:
            return [batch]
        return list(batch.parts(*self._known_limits(timeout, stop)))

    def _known_limits(self, timeout: float | None, stop: Stop | None) -> tuple[int, int]:
        """Tokens and inputs of a request, asked for once."""
        if self._limits is None:
            limits = self.info(timeout=timeout, stop=stop).limits
            # A token is 9 bytes of a request with mask and student; the rest of the body is left for starts and the header.
            self._limits = (min(limits.max_request_tokens, limits.max_body_bytes // 26), limits.max_inputs)
        return self._limits

    def _score(
        self, path: str, batch: Batch, options: dict[str, str], timeout: float | None, stop: Stop | None,
        read: _Read[_Answer],
    ) -> _Answer:  # fmt: skip
        """Sends a batch in as many requests as the limits ask for, all before one deadline."""
        deadline = time.monotonic() + (self._transport.settings.timeout if timeout is None else timeout)

        def left() -> float:
            return max(deadline - time.monotonic(), 0.001)

        answers, parts = [], self._parts(batch, timeout, stop)
        while parts:
            part = parts.pop(0)
            body = encode(_tensors(part), {**options, **self.pins.members()})
            headers = {"Accept": _TENSORS, "Content-Type": _TENSORS}
            try:
                reply = self._transport.send("POST", path, body=body, headers=headers, timeout=left(), stop=stop)
            except TooLarge:
                # Limits may be below the defaults, within which nobody asked for them.
                smaller = list(part.parts(*self._known_limits(left(), stop)))
                if len(smaller) == 1:
                    raise
                parts = smaller + parts
                continue
            answers.append(self._answered(reply, part, options, read))
        return _joined(answers)

    def _texts(
        self, path: str, texts: list[str], options: dict[str, str], add_special_tokens: bool, timeout: float | None,
        stop: Stop | None, read: _Read[_Answer],
    ) -> _Answer:  # fmt: skip
        members: dict[str, Any] = {name: _OPTION_TYPES.get(name, str)(value) for name, value in options.items()}
        members |= self.pins.members()
        members |= {"add_special_tokens": add_special_tokens, "inputs": [{"text": text} for text in texts]}
        body = json.dumps(members, ensure_ascii=False).encode()
        headers = {"Accept": _TENSORS, "Content-Type": _JSON}
        reply = self._transport.send("POST", path, body=body, headers=headers, timeout=timeout, stop=stop)
        return self._answered(reply, len(texts), options, read)

    def _answered(
        self, reply: Reply, asked: Batch | int, options: dict[str, str], read: _Read[_Answer]
    ) -> _Answer:
        try:
            tensors, metadata = decode(reply.body)
            if isinstance(asked, Batch):
                batch = asked
            else:
                starts = checks.tensor(tensors, "sequence_starts", (asked + 1,))
                ids = checks.tensor(tensors, "token_ids", (int(starts[-1]),))
                batch = Batch(ids, starts, starts[:-1])
            answer = read(reply, tensors, metadata, batch, options, not isinstance(asked, Batch))
        except ValueError as error:
            raise WrongAnswer(f"{reply.url} answered what cannot be: {error}. Nothing of it was used") from error
        if self._pin_first:
            self.pins = self.pins.completed(answer.pins)
        return answer

    def _read_logprobs(
        self, reply: Reply, tensors: dict[str, Array], metadata: dict[str, str], batch: Batch, options: dict[str, str],
        with_ids: bool,
    ) -> LogProbs:  # fmt: skip
        pins = checks.identity(batch, tensors, metadata, self.pins)
        count, k = len(batch.token_ids), int(options.get("top_k", 0))
        teacher = checks.tensor(tensors, "teacher_logprobs", (count,))
        checks.logprobs(teacher, batch)
        rows = (len(json.loads(options["temperatures"])), count) if "temperatures" in options else None
        numbers = {
            name: checks.distributions(tensors, name, shape, teacher)
            for name, shape in {"teacher_entropy": (count,), "logsumexp": rows, "tempered_entropy": rows}.items()
            if shape is not None and (name != "teacher_entropy" or "entropy" in options)
        }
        return LogProbs(
            model=metadata.get("model", ""), pins=pins, sequence_starts=batch.sequence_starts, teacher_logprobs=teacher,
            token_ids=batch.token_ids if with_ids else None,
            topk_token_ids=checks.tensor(tensors, "topk_token_ids", (count, k)) if k else None,
            topk_logprobs=checks.tensor(tensors, "topk_logprobs", (count, k)) if k else None,
            teacher_entropy=numbers.get("teacher_entropy"), logsumexp=numbers.get("logsumexp"),
            tempered_entropy=numbers.get("tempered_entropy"),
            timing=Timing.of(reply.headers),
        )  # fmt: skip

    def _read_weights(
        self, reply: Reply, tensors: dict[str, Array], metadata: dict[str, str], batch: Batch, options: dict[str, str],
        with_ids: bool,
    ) -> Weights:  # fmt: skip
        scores = self._read_logprobs(reply, tensors, metadata, batch, {}, with_ids)
        count, sequences = len(batch.token_ids), len(batch.sequence_starts) - 1
        for name in ("weighting", "centering"):
            if metadata.get(name) != options[name]:
                raise checks.Unanswered(f"expected {name} {options[name]}, got {metadata.get(name)}")
        for name in ("epsilon", "keep_fraction"):
            if name in options and name in metadata and float(metadata[name]) != float(options[name]):
                raise checks.Unanswered(f"expected {name} {options[name]}, got {metadata[name]}")
        weights = checks.tensor(tensors, "weights", (count,))
        checks.weights(weights, batch.scored, options["weighting"], float(options["epsilon"]))
        scored = checks.tensor(tensors, "scored_tokens", (sequences,))
        if not np.array_equal(scored, np.add.reduceat(batch.scored.astype(np.int64), batch.sequence_starts[:-1])):
            raise checks.Unanswered("scored_tokens are not those of the request")
        keep = metadata.get("keep_fraction")
        return Weights(
            **vars(scores), weights=weights, scored_tokens=scored,
            student_logprobs=checks.tensor(tensors, "student_logprobs", (count,)) if "student_logprobs" in tensors else None,
            clipped_low=checks.tensor(tensors, "clipped_low", (sequences,)),
            clipped_high=checks.tensor(tensors, "clipped_high", (sequences,)),
            mean_weight=checks.tensor(tensors, "mean_weight", (sequences,)), weighting=options["weighting"],
            epsilon=float(options["epsilon"]), centering=options["centering"],
            keep_fraction=None if keep is None else float(keep),
            base_scores_fingerprint=metadata.get("base_scores_fingerprint"),
        )  # fmt: skip


def _tensors(batch: Batch) -> dict[str, Array]:
    tensors: dict[str, Array] = {
        "token_ids": batch.token_ids, "sequence_starts": batch.sequence_starts, "document_starts": batch.document_starts,
    }  # fmt: skip
    if batch.loss_mask is not None:
        tensors["loss_mask"] = batch.loss_mask.astype(np.uint8)
    if batch.student_logprobs is not None:
        tensors["student_logprobs"] = batch.student_logprobs.astype(np.float32)
    return tensors


def _texts(inputs: Inputs) -> list[str] | None:
    if isinstance(inputs, str):
        raise ValueError("expected a list of texts, got one text: put it into a list")
    if isinstance(inputs, (Batch, np.ndarray)) or not inputs or not all(isinstance(one, str) for one in inputs):
        return None
    return [str(one) for one in inputs]


def _sequences(inputs: Inputs) -> Sequence[npt.ArrayLike]:
    return inputs  # type: ignore[return-value]


def _joined(parts: list[_Answer]) -> _Answer:
    """The answers of a batch that was sent in pieces, as one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    members: dict[str, Any] = dict(vars(first))
    for name, value in members.items():
        others = [vars(part)[name] for part in parts]
        if name == "sequence_starts":
            ends = np.cumsum([starts[-1] for starts in others])
            members[name] = np.concatenate([others[0], *(starts[1:] + end for starts, end in zip(others[1:], ends))])
        elif isinstance(value, np.ndarray):
            members[name] = np.concatenate(others, axis=1 if name in ("logsumexp", "tempered_entropy") else 0)
        elif isinstance(value, Timing):
            members[name] = sum(others, Timing())
        elif any(other != value for other in others):
            raise WrongAnswer(f"the pieces of a batch were answered with different {name}: {value} and others")
    return type(first)(**members)
