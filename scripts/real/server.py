"""A remit-server as long as a block lasts."""

import contextlib
import pathlib
import subprocess
import time
import urllib.request

from stages import Failed, tail


@contextlib.contextmanager
def server(program, folder, model):
    """The address of a server that holds a model. It has its log in the folder, and ends well or not unnoticed."""
    port, log = pathlib.Path(folder, "port"), pathlib.Path(folder, "server.log")
    port.unlink(missing_ok=True)
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen([program, "--model", model, "--port", "0", "--port-file", port], stderr=file)
    try:
        yield ready(process, port, log)
    finally:
        process.terminate()
        process.wait()


def ready(process, port, log):
    while process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            url = f"http://127.0.0.1:{int(port.read_text())}"
            urllib.request.urlopen(url + "/ready", timeout=10)
            return url
        time.sleep(0.2)
    raise Failed(f"remit-server ended with status {process.returncode}:\n{tail(log)}")
