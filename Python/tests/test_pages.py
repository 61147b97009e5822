"""The examples of the pages on trainers run."""

from __future__ import annotations

import pathlib
import re
import textwrap

import pytest

from conftest import DEMO, ROOT, Server

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]


@pytest.mark.parametrize(("page", "package"), [("transformers", "transformers"), ("trl", "trl")])
def test_the_example_runs(tmp_path: pathlib.Path, server: Server, page: str, package: str) -> None:
    for needed in (package, "accelerate", "datasets"):
        pytest.importorskip(needed)
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / f"Python/docs/{page}.md").read_text(), re.DOTALL)
    for old, new in [("http://127.0.0.1:8080", server.url), ('"STUDENT', f'"{DEMO / "base"}'), ('"OUT"', f'"{tmp_path}", use_cpu=True')]:
        block = block.replace(old, new)
    names: dict[str, object] = {}
    exec(compile(block, page, "exec"), names)
    assert names["trainer"].state.global_step == 1  # type: ignore[attr-defined]


def test_the_soup_of_equals_is_the_same(tmp_path: pathlib.Path) -> None:
    load = pytest.importorskip("safetensors.torch").load_file
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "Python/docs/microanneal.md").read_text(), re.DOTALL)
    block = textwrap.dedent(" " * 4 + block.lstrip()).replace("STUDENT", str(DEMO / "base")).replace("OUT", str(tmp_path))
    exec(compile(block, "microanneal", "exec"), {})
    one, other = load(DEMO / "base/model.safetensors"), load(tmp_path / "model.safetensors")
    assert set(one) == set(other) and all((one[name] == other[name]).all() and one[name].dtype == other[name].dtype for name in one)
