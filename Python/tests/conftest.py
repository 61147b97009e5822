"""A live remit-server on the demo pair, and servers that answer what a test says."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / "Examples/demo"
BUILD = ROOT / ".build/release"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-package", action="store_true", help="fail where a test would be skipped for want of a package")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_for_want_of_a_package(collector.config, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_for_want_of_a_package(item.config, report)
    return report


def _fail_for_want_of_a_package(config: pytest.Config, report: pytest.CollectReport | pytest.TestReport) -> None:
    """What `importorskip` skips is else a success of a test that never ran. Other skips (no GPU, say) stay skips."""
    if config.getoption("--every-package") and report.skipped and "could not import" in str(report.longrepr):
        report.outcome, report.longrepr = "failed", f"skipped in spite of --every-package: {report.longrepr}"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "torch: needs torch and transformers")


class Server:
    """A remit-server of its own, ready to be asked."""

    def __init__(self, folder: pathlib.Path, *flags: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = folder / "port"
        self.log = open(folder / "server.log", "wb")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REMIT_")}
        self.process = subprocess.Popen(
            [BUILD / "remit-server", "--model", DEMO / "teacher", "--base", DEMO / "base", "--port-file", port,
             *(() if "--port" in flags else ("--port", "0")), *flags],
            stderr=self.log, stdout=self.log, env=environment)  # fmt: skip
        while not (port.exists() and self._is_ready(port)):
            if self.process.poll() is not None:
                raise RuntimeError((folder / "server.log").read_text())
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{int(port.read_text())}"

    @staticmethod
    def _is_ready(port: pathlib.Path) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{int(port.read_text())}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ValueError, OSError):
            return False

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("server"), "--threads", "1")
    yield one
    one.stop()


@pytest.fixture(scope="session")
def documents() -> list[str]:
    """Texts of the demo corpus that is held out."""
    return [json.loads(line)["text"] for line in (DEMO / "heldout.jsonl").read_text().splitlines()]


class Scripted:
    """A server that gives its answers in turn, the last one again and again. An answer is (status, headers, body), or None to hang
    up, or a function of the handler."""

    def __init__(self, *answers: Any) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.released = threading.Event()
        self.arrived = threading.Event()
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                scripted.requests.append((self.path, dict(self.headers), body))
                scripted.arrived.set()
                answer = answers[min(len(scripted.requests), len(answers)) - 1]
                if answer is None:
                    self.close_connection = True
                    return
                if callable(answer):
                    answer = answer(scripted, body)
                status, headers, content = answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that left is meant to
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    started: list[Scripted] = []

    def make(*answers: Any) -> Scripted:
        started.append(Scripted(*answers))
        return started[-1]

    yield make
    for one in started:
        one.stop()


def problem(kind: str, status: int, **members: Any) -> tuple[int, dict[str, str], bytes]:
    """An answer of remit-server's that is a problem; the members `headers` are its headers."""
    headers = {"Content-Type": "application/problem+json", **members.pop("headers", {})}
    body = {"type": f"urn:remit:problem:{kind}", "title": kind, "status": status, "detail": "as asked", "instance": "r", **members}
    return status, headers, json.dumps(body).encode()
