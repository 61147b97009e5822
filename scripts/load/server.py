"""A remit-server process on the demo pair, started, watched and ended as an operator would."""

import atexit
import http.client
import json
import os
import signal
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, ".build/release/remit-server")
DEMO = os.path.join(ROOT, "Examples/demo")


class Server:
    """Restarted on the port that the first start was given. `model` is a directory of the demo."""

    def __init__(self, work, name, flags, model="teacher", key=None):
        self.flags = ["--model", os.path.join(DEMO, model), *flags]
        self.work, self.name, self.key = work, name, key
        self.port, self.process, self.starts = 0, None, 0

    def start(self):
        self.starts += 1
        port_file = os.path.join(self.work, self.name + ".port")
        if os.path.exists(port_file):
            os.remove(port_file)
        log = open(os.path.join(self.work, f"{self.name}.{self.starts}.log"), "wb")
        command = [PROGRAM, *self.flags, "--port", str(self.port), "--port-file", port_file]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("REMIT_", "OPENBLAS_"))}
        self.process = subprocess.Popen(command, stderr=log, env=environment)
        if self.starts == 1:
            # A check that fails leaves none behind. One that has ended is not there to be killed.
            atexit.register(self.kill)
        deadline = time.monotonic() + 60
        while True:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended with status {self.process.returncode}; see {log.name}")
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.name} was not ready within a minute; see {log.name}")
            try:
                self.port = int(open(port_file).read())
                if self.call("GET", "/ready")[0] == 200:
                    return self
            except (OSError, ValueError, http.client.HTTPException):
                pass
            time.sleep(0.02)

    def call(self, method, path, body=None):
        """Status and JSON (or text) of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, json.loads(text) if text.startswith("{") else text
        finally:
            connection.close()

    def metric(self, series):
        for line in self.call("GET", "/metrics")[1].splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=120)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def open_descriptors(self, kinds=("socket:", "pipe:")):
        """Connections and what waits for them; the store's files are its own affair and bounded by its readers."""
        folder = f"/proc/{self.process.pid}/fd"
        count = 0
        for name in os.listdir(folder):
            try:
                count += os.readlink(os.path.join(folder, name)).startswith(kinds)
            except OSError:
                pass  # closed meanwhile
        return count
