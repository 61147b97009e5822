"""Programs in turn, and what is said of them."""
import contextlib, hashlib, json, os, statistics, subprocess, sys, tempfile
import numpy as np
import serving, startup

HERE = os.path.dirname(os.path.abspath(__file__))
F32_TOLERANCE = 2e-4           # of every log-prob from float64
BF16_FACTOR = 1.25             # mean and 99.9th percentile of the error, against torch's own in bf16
BF16_BIAS = 2e-3               # mean signed error
LOSS_TOLERANCE = 1e-4          # relative, of f32 training losses
BF16_LOSS_TOLERANCE = 2e-3     # relative, of the first step's loss in bf16, from torch's in f32 and under autocast


class Program:
    """A worker process. `ask` sends one line and waits for the answer."""

    def __init__(self, name, command):
        self.name, self.rounds = name, []
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
        # What a worker says on standard error is shown only where it fails.
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, cwd=HERE, env=environment)
        self.ready = self.answer()["ready"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError(f"{self.name} ended with status {self.process.wait()}:\n" + self.errors.read()[-3000:])
        return json.loads(line)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def round(self):
        self.rounds.append(self.ask("round"))
        return self.rounds[-1]

    def scores(self):
        with tempfile.NamedTemporaryFile() as file:
            self.ask("scores " + file.name)
            return np.fromfile(file.name, "<f4")

    def per_cpu_second(self):
        return [report["tokens"] / report["cpu"] for report in self.rounds]

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, options):
        self.options = options
        self.program = os.path.abspath(options.program)
        self.work = os.path.abspath(options.work)
        os.makedirs(self.work + "/models", exist_ok=True)
        os.makedirs(self.work + "/batches", exist_ok=True)
        self.rounds = 2 if options.quick else options.rounds
        self.peak_program = Program("peak", [self.program, "peak", "1"])

    # Models and batches

    def model(self, shape):
        directory = f"{self.work}/models/{shape}"
        if not os.path.exists(directory + "/corpus.jsonl"):  # written last
            print(f"making {shape}", file=sys.stderr)
            subprocess.run([sys.executable, HERE + "/../../scripts/oracle/make_checkpoint.py", directory, "--shape", shape,
                            "--dtype", "bfloat16", "--logit-deviation", "3.5"], check=True, stderr=subprocess.DEVNULL)
        return directory

    def configuration(self, shape):
        with open(self.model(shape) + "/config.json", encoding="utf-8") as file:
            return json.load(file)

    def vocabulary(self, shape):
        return self.configuration(shape)["vocab_size"]

    def batch_file(self, batch):
        text = json.dumps(batch)
        path = f"{self.work}/batches/{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def reference(self, directory, batch, kind="float64"):
        """Log-probs of the model in a directory by transformers; computed once."""
        path, name = self.batch_file(batch), os.path.basename(directory)
        out = path.removesuffix(".json") + f".{name}.{kind}"
        if not os.path.exists(out):
            print(f"computing {name} in {kind} on {sum(map(len, batch))} tokens", file=sys.stderr)
            result = subprocess.run(
                [sys.executable, HERE + "/reference.py", directory, path, str(os.cpu_count()), out + ".part", kind],
                check=True, capture_output=True, text=True)
            print(f"{name}: {result.stdout.strip()}", file=sys.stderr)
            os.rename(out + ".part", out)
        return np.fromfile(out, "<f8")

    def flops_per_token(self, shape, batch):
        """Of a forward pass: two for each weight of a matrix, and four for each pair of positions, head and feature."""
        c = self.configuration(shape)
        width, heads, kv = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
        head = c.get("head_dim") or width // heads
        layer = 2 * width * head * (heads + kv) + 3 * width * c["intermediate_size"]
        weights = c["num_hidden_layers"] * layer + width * c["vocab_size"]
        pairs = sum(len(ids) * (len(ids) + 1) / 2 for ids in batch) / sum(map(len, batch))
        return 2 * weights + 4 * c["num_hidden_layers"] * heads * head * pairs

    def peak(self, what):
        return self.peak_program.ready if what == "ready" else self.peak_program.round()[what]

    # Programs

    @contextlib.contextmanager
    def programs(self, commands):
        started = []
        try:
            for name, command in commands.items():
                print(f"starting {name}", file=sys.stderr)
                try:
                    started.append(Program(name, command))
                except RuntimeError as error:
                    if name.startswith("remit"):
                        raise
                    print(f"left out: {error}", file=sys.stderr)
            yield started
        finally:
            for program in started:
                program.stop()

    def take_turns(self, programs, kind):
        """Each program once, round after round. The peak is measured in every round; what else runs can only make it look lower."""
        peaks = []
        for _ in range(self.rounds):
            peaks.append(self.peak(kind + "_flops_per_cpu_second"))
            for program in programs:
                program.round()
        return max(peaks)

    def scorers(self, shape, precision):
        model, python = self.model(shape), sys.executable
        commands = {"remit": [self.program, "score", model, precision, "1"],
                    "torch": [python, HERE + "/score_torch.py", model, precision, "1"]}
        if not self.options.quick and not self.options.no_compile:
            commands["torch.compile"] = commands["torch"] + ["--compile"]
        if self.options.vllm_python and not self.options.quick:
            core = str(max(os.sched_getaffinity(0)))
            commands["vLLM"] = [self.options.vllm_python, HERE + "/score_vllm.py", model, precision, core]
        if self.options.llama_python and not self.options.quick:
            commands["llama.cpp"] = [self.options.llama_python, HERE + "/score_llamacpp.py", model, precision, "1"]
        return commands

    # Sections

    def score(self, shape, batches):
        batches = {name: make(self.vocabulary(shape)) for name, make in batches.items()}
        for batch in batches.values():
            self.reference(self.model(shape), batch)
        for precision in self.options.precisions:
            with self.programs(self.scorers(shape, precision)) as programs:
                for name, batch in batches.items():
                    lengths = list(map(len, batch))
                    title = (f"scoring {shape} in {precision}, {name}: {len(batch)} sequences, {min(lengths)} to {max(lengths)} "
                             f"tokens, {sum(lengths)} in all")
                    # Each length would be compiled anew.
                    taking_part = [p for p in programs if name == "equal" or p.name != "torch.compile"]
                    self.score_batch(title, shape, precision, taking_part, batch)

    def score_batch(self, title, shape, precision, programs, batch):
        errors, peak = self.compare(self.model(shape), precision, programs, batch)
        flops = self.flops_per_token(shape, batch)
        print(f"\n### {title}\n\nthe core's peak: {peak / 1e9:.0f} GFLOP a CPU second, {peak / flops:.0f} tokens\n")
        self.table(programs, peak / flops, errors, "error: mean / 99.9 % / largest")

    def compare(self, directory, precision, programs, batch, kind="float64"):
        """Rounds in turn once the numbers agree; those that cannot take part leave `programs`. Errors in words, and the peak."""
        expected, errors = self.reference(directory, batch, kind), {}
        for program in list(programs):
            program.rounds = []
            try:
                program.ask("batch " + self.batch_file(batch))
                program.round()
                errors[program.name] = self.errors(program.scores(), expected)
            except RuntimeError as error:
                if program.name == "remit":
                    raise
                print(f"left out: {error}", file=sys.stderr)
                programs.remove(program)
            program.rounds = []
        # A reference in float32 has an error of its own.
        self.check(precision, errors, F32_TOLERANCE * (1 if kind == "float64" else 2))
        told = {name: f"{e['mean']:.1e} / {e['p999']:.1e} / {e['largest']:.1e}" for name, e in errors.items()}
        return told, self.take_turns(programs, precision)

    def errors(self, scores, expected):
        if not (np.isnan(scores) == np.isnan(expected)).all():
            sys.exit("a program left positions out")
        difference = (scores.astype(np.float64) - expected)[~np.isnan(expected)]
        size = np.abs(difference)
        return {"mean": size.mean(), "p999": np.quantile(size, 0.999), "largest": size.max(), "signed": difference.mean()}

    def check(self, precision, errors, tolerance):
        """No speed of numbers that are wrong."""
        ours = errors["remit"]
        if precision == "f32" and not ours["largest"] <= tolerance:
            sys.exit(f"f32 is {ours['largest']:.2e} from the reference, allowed {tolerance}")
        if precision == "bf16":
            theirs = errors["torch"]
            for kind in ("mean", "p999"):
                if not ours[kind] <= BF16_FACTOR * theirs[kind]:
                    sys.exit(f"bf16: {kind} of the error {ours[kind]:.2e}, torch's is {theirs[kind]:.2e}")
            if not abs(ours["signed"]) < BF16_BIAS:
                sys.exit(f"bf16: mean signed error {ours['signed']:.2e}, allowed {BF16_BIAS}")

    def train(self, shape, batch):
        model, python, path = self.model(shape), sys.executable, self.batch_file(batch)
        commands = {"remit f32": [self.program, "train", model, "f32", "1"],
                    "remit bf16": [self.program, "train", model, "bf16", "1"],
                    "torch f32": [python, HERE + "/train_torch.py", model, "f32", "1"],
                    "torch autocast": [python, HERE + "/train_torch.py", model, "autocast", "1"]}
        with self.programs(commands) as programs:
            first = {}
            for program in programs:
                program.ask("batch " + path)
                first[program.name] = program.round()["loss"]
                program.rounds = []
            for peer in ("torch f32", "torch autocast"):
                if abs(first["remit bf16"] - first[peer]) > BF16_LOSS_TOLERANCE * first[peer]:
                    sys.exit(f"training {shape}: the first loss in bf16 is {first['remit bf16']}, of {peer} {first[peer]}")
            peak = self.take_turns(programs, "f32")
            losses = {program.name: [report["loss"] for report in program.rounds] for program in programs}
            for ours, theirs in zip(losses["remit f32"], losses["torch f32"]):
                if abs(ours - theirs) > LOSS_TOLERANCE * abs(theirs):
                    sys.exit(f"training {shape}: losses {ours} and torch's {theirs}")
            most = peak / (3 * self.flops_per_token(shape, batch))
            print(f"\n### training {shape}: forward, backward, AdamW; {len(batch)}x{len(batch[0])} tokens\n\n"
                  f"the core's f32 peak: {peak / 1e9:.0f} GFLOP a CPU second, {most:.0f} tokens\n")
            steps = {name: " ".join(f"{loss:.4f}" for loss in values) for name, values in losses.items()}
            self.table(programs, most, steps, "losses")

    def latency(self, shape, batches):
        """One request alone: seconds of CPU time by its length."""
        print(f"\n### one request alone, {shape}\n\n| precision | tokens | ms of CPU time | of the longest |\n|---|---|---|---|")
        for precision in ("f32", "bf16"):
            with self.programs({"remit": [self.program, "score", self.model(shape), precision, "1"]}) as (program,):
                best = {}
                for _ in range(3):
                    for length, batch in batches.items():
                        program.ask("batch " + self.batch_file(batch))
                        for _ in range(3):
                            best[length] = min(best.get(length, 1e9), program.round()["cpu"])
            for length, seconds in best.items():
                print(f"| {precision} | {length} | {1000 * seconds:.1f} | {seconds / best[max(best)]:.3f} |")

    def scaling(self, shape, batch, threads):
        """Tokens a second on the clock with several threads over one: only on a machine that does nothing else."""
        print(f"\n### {threads} threads against one, on the clock, {shape} (load {os.getloadavg()[0]:.1f})\n\n"
              "| precision | 1 thread | more | ratio | the peak's own ratio | of it |\n|---|---|---|---|---|---|")
        for precision in ("f32", "bf16"):
            commands = {f"remit {n}": [self.program, "score", self.model(shape), precision, str(n)] for n in (1, threads)}
            commands["remit peak"] = [self.program, "peak", str(threads)]
            with self.programs(commands) as (one, many, peak):
                for program in (one, many):
                    program.ask("batch " + self.batch_file(batch))
                    program.round()
                rates, key = {1: [], threads: [], "peak": []}, precision + "_flops_per_second"
                for _ in range(self.rounds):
                    for count, program in ((1, one), (threads, many)):
                        report = program.round()
                        rates[count].append(report["tokens"] / report["wall"])
                    rates["peak"].append(peak.round()[key] / self.peak(key))
                single, several = max(rates[1]), max(rates[threads])
                ideal = statistics.median(rates["peak"])
                print(f"| {precision} | {single:.0f} | {several:.0f} | {several / single:.3f} | {ideal:.3f} | "
                      f"{several / single / ideal:.1%} |")

    def with_context(self, shape, positions):
        """The model with a config.json that allows `positions`."""
        source, directory = self.model(shape), f"{self.work}/models/{shape}-{positions}"
        os.makedirs(directory, exist_ok=True)
        for name in os.listdir(source):
            if name != "config.json" and not os.path.lexists(f"{directory}/{name}"):
                os.symlink(f"{source}/{name}", f"{directory}/{name}")
        with open(directory + "/config.json", "w", encoding="utf-8") as file:
            json.dump({**self.configuration(shape), "max_position_embeddings": positions}, file)
        return directory

    def memory(self, shape, lengths):
        print(f"\n### peak resident memory, {shape}, one sequence, f32\n\n| tokens | after loading | scoring | weights | stated scratch |"
              "\n|---|---|---|---|---|")
        for length in lengths:
            result = subprocess.run([self.program, "memory", self.with_context(shape, max(lengths)), str(length), "1"], check=True,
                                    capture_output=True, text=True)
            m = {key: f"{value / 2**20:.0f} MiB" for key, value in json.loads(result.stdout).items()}
            print(f"| {length} | {m['peak_rss_after_loading']} | {m['peak_rss']} | {m['weights']} | {m['scratch_bound']} |")

    def startup(self, shape, precisions):
        for precision in precisions:
            startup.table(self.program, self.model(shape), shape, precision, f"{self.work}/packed", self.rounds)

    def over_http(self, shape, precisions):
        for precision in precisions:
            serving.table(self.program, self.model(shape), shape, precision, self.options.vllm_python, self.rounds)

    def table(self, programs, most, notes, note):
        ours = statistics.median(programs[0].per_cpu_second())
        print(f"| program | tokens a CPU second | least to most | of the peak | remit is | peak memory | {note} |"
              "\n|---|---|---|---|---|---|---|")
        for program in programs:
            rates = program.per_cpu_second()
            middle = statistics.median(rates)
            name = program.name if program.name.startswith("remit") else f"{program.name} ({program.ready})"
            print(f"| {name} | {middle:.0f} | {min(rates):.0f} to {max(rates):.0f} | {middle / most:.0%} | "
                  f"{ours / middle:.2f}x | {program.rounds[-1]['peak_rss'] / 2**30:.2f} GiB | {notes.get(program.name, '')} |",
                  flush=True)
