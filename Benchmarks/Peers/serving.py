"""remit-server beside vLLM's server over HTTP: the same prompts, the same route, one and many connections, ids and text."""
import concurrent.futures, contextlib, http.client, json, os, signal, socket, statistics, subprocess, tempfile, threading, time
import numpy as np

TOKENS = 256
REQUESTS = {1: 8, 16: 32}      # by connections
F32_TOLERANCE = 4e-4           # between two that are each within half of it
BF16_TOLERANCE = 0.08          # of the mean difference between two that round differently
LONGEST_START_SECONDS = 900
NAME = "model"


def table(benchmark, model, shape, precision, vllm_python, rounds):
    """Interleaved, a core's worth of threads each; every prompt is sent once to each server, and never again."""
    numbers = np.random.default_rng(3)
    with open(model + "/tokenizer.json", encoding="utf-8") as file:  # vLLM puts every id into words
        vocabulary = len(json.load(file)["model"]["vocab"])
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server("remit-server", *remit(benchmark, model, precision)))]
        if vllm_python:
            servers.append(stack.enter_context(Server("vLLM's server", *vllm(vllm_python, model, precision))))
        for server in servers:
            server.wait()
            server.send("ids", draw(numbers, 2, vocabulary), 1)  # compiles, warms
        difference = compare(servers, draw(numbers, 4, vocabulary), precision)
        print(f"\n### over HTTP, {shape}, {precision}: /v1/completions with the prompt's log-probs, prompts of {TOKENS} tokens\n")
        if difference is not None:
            print(f"Largest and mean difference of the two servers' log-probs: {difference[0]:.1e}, {difference[1]:.1e}.\n")
        print("| server | prompts | connections | tokens a CPU second of its processes | least to most | remit is |\n|---|---|---|---|---|---|")
        for form in ("ids", "text"):
            for connections, count in REQUESTS.items():
                for server in servers:
                    server.rates = []
                for _ in range(rounds):
                    prompts = draw(numbers, count, vocabulary)
                    for server in servers:
                        server.measure(form, prompts, connections)
                for server in servers:
                    middle = statistics.median(server.rates)
                    ratio = statistics.median(ours / theirs for ours, theirs in zip(servers[0].rates, server.rates))
                    print(f"| {server.name} | {form} | {connections} | {middle:.0f} | {min(server.rates):.0f} to {max(server.rates):.0f} | "
                          f"{ratio:.2f}x |", flush=True)


def draw(numbers, count, vocabulary):
    return numbers.integers(1, vocabulary, (count, TOKENS)).tolist()


def compare(servers, prompts, precision):
    """Largest and mean difference of two servers' log-probs, which must be small: no speed is printed before."""
    answers = [np.array([server.ask("ids", ids)[1:] for ids in prompts]) for server in servers]
    if len(answers) < 2:
        return None
    apart = np.abs(answers[0] - answers[1])
    if not (apart.max() < F32_TOLERANCE if precision == "f32" else apart.mean() < BF16_TOLERANCE):
        raise SystemExit(f"the servers differ: by {apart.max()} at most, {apart.mean()} on average, in {precision}")
    return apart.max(), apart.mean()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def remit(benchmark, model, precision):
    def command(port):
        return [os.path.dirname(benchmark) + "/remit-server", "--model", model, "--name", NAME, "--precision", precision, "--threads", "1",
                "--cache-tokens", "0", "--port", str(port)], {}
    return command, "/ready"


def vllm(python, model, precision):
    def command(port):
        return [python, "-m", "vllm.entrypoints.openai.api_server", "--model", model, "--served-model-name", NAME, "--dtype",
                {"f32": "float32", "bf16": "bfloat16"}[precision], "--port", str(port), "--host", "127.0.0.1", "--max-model-len", "1280",
                "--max-num-seqs", "16", "--max-num-batched-tokens", "2048", "--no-enable-prefix-caching", "--disable-uvicorn-access-log"], {
                    "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR", "VLLM_CPU_KVCACHE_SPACE": "1",
                    "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}
    return command, "/health"


class Server:
    def __init__(self, name, command, ready_path):
        self.ready_path, self.name, self.port, self.rates = ready_path, name, free_port(), []
        line, environment = command(self.port)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("OPENBLAS_", "REMIT_"))}
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(line, env=kept | environment, stdout=self.log, stderr=self.log, start_new_session=True)
        self.connections = threading.local()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self):
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.log.seek(0)
                raise RuntimeError(f"{self.name} ended with status {self.process.returncode}:\n{self.log.read()[-3000:]}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                one = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                one.request("GET", self.ready_path)
                if one.getresponse().status == 200:
                    return
            time.sleep(0.2)
        raise RuntimeError(f"{self.name} was not ready within {LONGEST_START_SECONDS} s")

    def ask(self, form, ids):
        """The log-probs of one prompt, its first left as None."""
        connection = getattr(self.connections, "open", None)
        if connection is None:
            connection = self.connections.open = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        prompt = ids if form == "ids" else text(ids)
        body = json.dumps({"model": NAME, "prompt": prompt, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1})
        connection.request("POST", "/v1/completions", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{self.name} answered {answer.status}: {content[:500]!r}")
        found = json.loads(content)["choices"][0]["logprobs"]["token_logprobs"]
        if form == "ids" and len(found) != len(ids) + 1:
            raise SystemExit(f"{self.name} gave {len(found)} log-probs for a prompt of {len(ids)} tokens and one more")
        return found[:-1]

    def send(self, form, prompts, connections):
        """Each once; how many tokens there were."""
        with concurrent.futures.ThreadPoolExecutor(connections) as threads:
            return sum(len(found) for found in threads.map(lambda ids: self.ask(form, ids), prompts))

    def measure(self, form, prompts, connections):
        before = self.cpu()
        tokens = self.send(form, prompts, connections)
        self.rates.append(tokens / (self.cpu() - before))

    def cpu(self):
        """CPU seconds of the server's process and all below it."""
        parents, seconds = {}, {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                parents[int(name)], seconds[int(name)] = int(fields[1]), int(fields[11]) + int(fields[12])
        tree = {self.process.pid}
        while more := {one for one, parent in parents.items() if parent in tree} - tree:
            tree |= more
        return sum(seconds.get(one, 0) for one in tree) / os.sysconf("SC_CLK_TCK")


def text(ids):
    """Some text of about as many tokens, another for other ids."""
    return " ".join(f"{number:x}" for number in ids[: TOKENS // 5])
