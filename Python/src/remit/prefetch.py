"""A data loader whose batches come with the teacher's log-probs, asked for several batches ahead."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import numpy as np

from remit.batch import Batch, Floats, scatter
from remit.client import Client
from remit.stopping import Stop

_B = TypeVar("_B")


class Prefetch(Generic[_B]):
    """Goes through a loader and adds `teacher_logprobs` to its batches.

        for batch in Prefetch(DataLoader(...), client, ahead=4):
            batch["teacher_logprobs"]            # [B, T], NaN where there is none

    Batches are mappings with `input_ids` [B, T], and optionally `attention_mask` [B, T] and `position_ids` (where they are 0 a
    document begins); tensors of torch are answered with one of torch. Others need `read` and `write`.

    Wrap the loader, not its dataset: its workers then know nothing of the client, whether they are forked or spawned; each rank
    wraps its own. The loader is read on the thread that iterates, `ahead` batches early.

    Args:
        ahead: batches that are asked for before they are needed; 0 asks when one is.
        read: the tokens of a batch; None for a batch without any, which is passed on as it is.
        write: a batch with its log-probs, [N] in the order of what `read` returned.
        on_wait: told the seconds that the trainer waited for a batch, each time it did.
    """

    def __init__(
        self, loader: Iterable[_B], client: Client, *, ahead: int = 4, read: Callable[[_B], Batch | None] | None = None,
        write: Callable[[_B, Floats], _B] | None = None, on_wait: Callable[[float], None] | None = None,
    ) -> None:  # fmt: skip
        if (read is None) != (write is None):
            raise ValueError("expected read and write together")
        if ahead < 0:
            raise ValueError(f"ahead: expected a number of at least 0, got {ahead}")
        self.loader = loader
        self.client = client
        self.ahead = ahead
        self._read = read or _read
        self._write = write or _write
        self._on_wait = on_wait
        #: Seconds that the trainer has waited for the teacher, in all.
        self.waited = 0.0
        #: Seconds that it waited for the last batch.
        self.last_wait = 0.0
        self._state: Any = None

    def __len__(self) -> int:
        return len(self.loader)  # type: ignore[arg-type]

    def state_dict(self) -> Any:
        """State of the loader behind the batch that was handed out last, not behind those that are read ahead."""
        return self._state if self._state is not None else self.loader.state_dict()  # type: ignore[attr-defined]

    def load_state_dict(self, state: Any) -> None:
        """Lets the loader go on behind the batch that the state was taken at."""
        self._state = None
        self.loader.load_state_dict(state)  # type: ignore[attr-defined]

    def __iter__(self) -> Iterator[_B]:
        source = iter(self.loader)  # before there are threads, so that workers may be forked
        has_state = hasattr(self.loader, "state_dict")
        waiting: deque[tuple[_B, Future[Floats | None], Any]] = deque()
        failure: BaseException | None = None
        finished = False
        stop = Stop()
        threads = ThreadPoolExecutor(max(1, min(self.ahead, self.client.connections)), thread_name_prefix="remit-prefetch")
        try:
            while True:
                while not finished and len(waiting) <= self.ahead:
                    try:
                        batch = next(source)
                        tokens = self._read(batch)
                    except StopIteration:
                        finished = True
                    except Exception as error:  # raised in its turn, behind the batches before it
                        finished, failure = True, error
                    else:
                        state = self.loader.state_dict() if has_state else None  # type: ignore[attr-defined]
                        waiting.append((batch, threads.submit(self._ask, tokens, stop), state))
                if not waiting:
                    if failure is not None:
                        raise failure
                    return
                batch, asked, self._state = waiting.popleft()
                began = time.monotonic()
                values = asked.result()
                self.last_wait = time.monotonic() - began
                self.waited += self.last_wait
                if self._on_wait is not None:
                    self._on_wait(self.last_wait)
                yield batch if values is None else self._write(batch, values)
        finally:
            stop.set()
            threads.shutdown(wait=True, cancel_futures=True)

    def _ask(self, tokens: Batch | None, stop: Stop) -> Floats | None:
        return None if tokens is None else self.client.logprobs(tokens, stop=stop).teacher_logprobs


def _arrays(batch: Any) -> tuple[Batch, Any]:
    def array(name: str) -> Any:
        value = batch.get(name)
        return None if value is None else np.asarray(value.cpu() if hasattr(value, "cpu") else value)

    ids = array("input_ids")
    if ids is None:
        raise ValueError("a batch has no input_ids: give read and write")
    return Batch.padded(ids, array("attention_mask"), position_ids=array("position_ids"))


def _read(batch: Any) -> Batch | None:
    return _arrays(batch)[0]


def _write(batch: Any, values: Floats) -> Any:
    out = scatter(values, _arrays(batch)[1])
    like = batch["input_ids"]
    batch["teacher_logprobs"] = like.new_tensor(out, dtype=_float32(like)) if hasattr(like, "new_tensor") else out
    return batch


def _float32(tensor: Any) -> Any:
    """torch's float32, by a module that is loaded where there is a tensor."""
    return sys.modules[type(tensor).__module__.split(".")[0]].float32
