"""The examples of README.md run."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT, Server

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "Python/README.md").read_text(), re.DOTALL)


def test_the_examples_run(server: Server) -> None:
    names: dict[str, object] = {}
    for block in BLOCKS:
        if "import torch" in block:
            continue
        exec(compile(block.replace("http://127.0.0.1:8080", server.url), "README.md", "exec"), names)
    assert names["prefetch"].waited > 0  # type: ignore[attr-defined]


@pytest.mark.torch
def test_the_examples_with_torch_run(server: Server) -> None:
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block.replace("http://127.0.0.1:8080", server.url), "README.md", "exec"), names)
