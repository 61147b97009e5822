"""A vLLM process, started, watched and killed. It asks nobody but this machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

#: What it calls the model, whatever lies in the directory.
MODEL = "demo-teacher"
#: Of a start; importing alone takes half a minute on a slow disk.
LONGEST_START_SECONDS = 600


class VLLM:
    """Restarted on the port that it was given. `model` is a Hugging Face directory."""

    def __init__(self, work, name, model, *flags):
        self.work, self.name, self.flags = work, name, flags
        self.model, self.process, self.starts = model, None, 0
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Without waiting: several start side by side."""
        self.starts += 1
        command = [
            sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", self.model, "--served-model-name", MODEL,
            "--dtype", "float32", "--host", "127.0.0.1", "--port", str(self.port), "--enforce-eager",
            "--disable-uvicorn-access-log", *self.flags,
        ]
        environment = os.environ | {
            "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "WARNING", "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1",
        }
        with open(self.log, "wb") as log:
            # A session of its own: its engine is a child that a signal to the front alone would leave behind.
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        return self

    @property
    def log(self):
        return os.path.join(self.work, f"{self.name}.{self.starts}.log")

    def ready(self):
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while True:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended with status {self.process.returncode}; see {self.log}")
            if time.monotonic() > deadline:
                self.kill()
                raise SystemExit(f"{self.name} was not ready within {LONGEST_START_SECONDS} s; see {self.log}")
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=5):
                    return self
            except (OSError, urllib.error.URLError):
                time.sleep(0.2)

    def version(self):
        with urllib.request.urlopen(self.url + "/version", timeout=30) as answer:
            return json.load(answer)["version"]

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
