"""Checks that the client's wheel is whole and imports where nothing is installed but what it declares.

usage: python scripts/wheel/check-client.py WHEEL
"""
import importlib
import importlib.abc
import pathlib
import re
import sys
import tempfile
import zipfile

NEEDED = {"numpy", "safetensors", "urllib3"}
# Beside them: what these reach for only where it is there is not there.
ALLOWED = NEEDED | {"remit"} | set(sys.stdlib_module_names) | set(sys.builtin_module_names)
MODULES = ["remit", "remit.aio", "remit.client", "remit.prefetch", "remit.scores", "remit.score", "remit.log", "remit.read"]


class NothingElse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in ALLOWED and not top.startswith("_"):
            raise ModuleNotFoundError(f"No module named {top!r}: the wheel does not declare it", name=name)
        return None


def main(wheel):
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
        metadata = archive.read(info + "/METADATA").decode()
        declared = {
            re.match(r"[A-Za-z0-9_.-]+", line.removeprefix("Requires-Dist: "))[0]
            for line in metadata.splitlines() if line.startswith("Requires-Dist: ") and "extra ==" not in line
        }
        assert declared == NEEDED, f"it declares {sorted(declared)}, not {sorted(NEEDED)}"
        for expected in ("remit/py.typed", info + "/licenses/LICENSE", info + "/licenses/NOTICE"):
            assert expected in names, f"{expected} is not in it"
        strangers = {name for name in names if not name.startswith(("remit/", info + "/"))}
        assert not strangers, f"it would install {sorted(strangers)}"
        archive.extractall(folder)
        sys.path.insert(0, folder)
        sys.meta_path.insert(0, NothingElse())
        for name in MODULES:
            module = importlib.import_module(name)
            assert pathlib.Path(folder) in pathlib.Path(module.__file__).parents, f"{name} came from {module.__file__}"
    print(f"{pathlib.Path(wheel).name}: {len(names)} files, {len(MODULES)} modules import with {', '.join(sorted(NEEDED))} alone")


main(sys.argv[1])
