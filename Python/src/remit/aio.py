"""The client for asynchronous programs.

The calls are `Client`'s own, each on a thread of a pool: one transfer waits for seconds on one answer, so a thread a call costs
nothing, and there is one set of retries, deadlines and checks. A task that is cancelled ends its transfer at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy.typing as npt

from remit.answers import Info, LogProbs, Tokens, Weights
from remit.client import Client, Inputs
from remit.pins import Pins
from remit.stopping import Stop

_Answer = TypeVar("_Answer")


class AsyncClient:
    """`Client` with awaitable calls; it takes the same arguments. At most `connections` calls run at once, further ones wait."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        #: The client that makes the calls.
        self.client = Client(*arguments, **options)
        self._threads = ThreadPoolExecutor(self.client.connections, thread_name_prefix="remit-async")

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections, and refuses further calls."""
        self._threads.shutdown(wait=False)
        self.client.close()

    @property
    def pins(self) -> Pins:
        """Fingerprints that answers must have."""
        return self.client.pins

    async def info(self, *, timeout: float | None = None) -> Info:
        """As `Client.info`."""
        return await self._run(self.client.info, timeout=timeout)

    async def logprobs(self, inputs: Inputs, **options: Any) -> LogProbs:
        """As `Client.logprobs`."""
        return await self._run(self.client.logprobs, inputs, **options)

    async def weights(self, inputs: Inputs, **options: Any) -> Weights:
        """As `Client.weights`."""
        return await self._run(self.client.weights, inputs, **options)

    async def tokenize(self, text: str, **options: Any) -> Tokens:
        """As `Client.tokenize`."""
        return await self._run(self.client.tokenize, text, **options)

    async def detokenize(self, token_ids: npt.ArrayLike, **options: Any) -> str:
        """As `Client.detokenize`."""
        return await self._run(self.client.detokenize, token_ids, **options)

    async def _run(self, call: Callable[..., _Answer], *arguments: Any, **options: Any) -> _Answer:
        stop = Stop()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: call(*arguments, **options, stop=stop)
            )
        except asyncio.CancelledError:
            stop.set()
            raise
