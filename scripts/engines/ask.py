"""Asks for the log-probs of many segments over many connections, and says how long that took and what it cost.

usage: ask.py vllm|remit URL SEGMENTS.json CONNECTIONS OUT.json

`vllm` asks vLLM itself, one segment a request, as a trainer in Python would; `remit` asks a remit-server, 64 segments a request, in
the binary form. A process of its own, so that its CPU seconds are its own.
"""

import asyncio
import json
import os
import sys
import time

import aiohttp

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../load"))
from client import read_tensors, tensors  # noqa: E402
from vllm_server import MODEL  # noqa: E402

SEGMENTS_A_REQUEST = 64


async def ask_vllm(session, url, segments):
    [ids] = segments
    body = {
        "model": MODEL, "prompt": ids, "max_tokens": 1, "temperature": 1, "prompt_logprobs": 0, "return_token_ids": True,
    }
    async with session.post(url + "/v1/completions", json=body) as answer:
        answer.raise_for_status()
        choice = json.loads(await answer.read())["choices"][0]
    if choice["prompt_token_ids"] != ids:
        raise SystemExit("vLLM answered for other tokens")
    rows = choice["prompt_logprobs"]
    return [[None] + [row[str(token)]["logprob"] for row, token in zip(rows[1:], ids[1:], strict=True)]]


async def ask_remit(session, url, segments):
    headers = {"Content-Type": "application/vnd.safetensors"}
    while True:
        async with session.post(url + "/v1/logprobs", data=tensors(segments, {}), headers=headers) as answer:
            body = await answer.read()
            if answer.status in (429, 503):
                await asyncio.sleep(float(answer.headers["Retry-After"]))
                continue
            if answer.status != 200:
                raise SystemExit(f"remit-server answered {answer.status}: {body[:500]!r}")
            return read_tensors(body, segments)[1]


async def run(ask, url, requests, connections):
    """The answers in order, and the seconds."""
    waiting = iter(enumerate(requests))
    answers = [None] * len(requests)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections), timeout=timeout) as session:
        async def worker():
            for place, segments in waiting:
                answers[place] = await ask(session, url, segments)

        begin = time.monotonic()
        await asyncio.gather(*(worker() for _ in range(connections)))
        return answers, time.monotonic() - begin


def main(kind, url, file, connections, out):
    with open(file, encoding="utf-8") as opened:
        segments = json.load(opened)
    size, ask = (1, ask_vllm) if kind == "vllm" else (SEGMENTS_A_REQUEST, ask_remit)
    requests = [segments[start:start + size] for start in range(0, len(segments), size)]
    cpu = time.process_time()
    answers, seconds = asyncio.run(run(ask, url, requests, int(connections)))
    result = {
        "seconds": seconds, "cpu_seconds": time.process_time() - cpu, "tokens": sum(map(len, segments)),
        "log_probs": [values for answer in answers for values in answer],
    }
    with open(out, "w", encoding="utf-8") as opened:
        json.dump(result, opened)


if __name__ == "__main__":
    main(*sys.argv[1:])
