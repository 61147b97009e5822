"""Tests that want a package are skipped without it, and fail where every package is to be there."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

import pytest

import conftest

SKIPPED = {
    "module": 'import pytest\npytest.importorskip("there_is_none")\ndef test_it() -> None: ...\n',
    "test": 'import pytest\ndef test_it() -> None: pytest.importorskip("there_is_none")\n',
    "other": 'import pytest\ndef test_it() -> None: pytest.skip("there is no GPU")\n',
}


@pytest.mark.parametrize(("where", "asked", "fails"), [
    ("module", True, True), ("test", True, True), ("other", True, False), ("module", False, False), ("test", False, False),
])  # fmt: skip
def test_a_missing_package_is_a_failure_where_all_are_asked_for(tmp_path: pathlib.Path, where: str, asked: bool, fails: bool) -> None:
    shutil.copy(conftest.__file__, tmp_path / "conftest.py")
    (tmp_path / "test_one.py").write_text(SKIPPED[where])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(["--every-package"] if asked else []), "test_one.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    said = ended.stdout + ended.stderr
    # 5: nothing was collected.
    assert ended.returncode in ((1, 2) if fails else (0, 5)), said
    assert ("in spite of --every-package" in said) == fails, said
    assert ("there_is_none" in said) or not fails, said
