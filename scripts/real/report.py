"""What a run of the demonstration found: results.json, and report.md made of it alone.

usage: python report.py --keep FOLDER    puts the report of a run into Benchmarks/RealModel, and what it says into docs/real-model.md
       python report.py --check          exit status 1 where that report is not the one of its results.json, or the page says other things
"""

import hashlib
import json
import pathlib
import platform
import subprocess
import sys

from plan import METHODS

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEPT, PAGE = ROOT / "Benchmarks/RealModel", ROOT / "docs/real-model.md"
# What stands between these lines of the page is the report's.
BEGIN, END = "<!-- the report's, by scripts/real/report.py -->\n", "<!-- to here -->\n"
DOMAINS = ("arithmetic", "code", "english")
TABLE = ["solved | " + " | ".join(f"loss, {domain}" for domain in DOMAINS) + " |", "|---" * (2 + len(DOMAINS)) + "|"]


def write(model):
    """Results and report of what is done so far."""
    results = gathered(model)
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    (model.folder / "results.json").write_text(text, encoding="utf-8")
    (model.folder / "report.md").write_text(rendered(results), encoding="utf-8")


def gathered(model):
    """All numbers of the stages that are done, the first two of which are."""
    done = [f"{method}-{order}" for order in range(1, model.plan.orders + 1) for method in METHODS
            if model.stages.is_done(f"evaluate order {order}")]
    pair = [name for name in ("base", "teacher") if model.stages.is_done("evaluate base and teacher")]
    return {
        "command": f"scripts/real-model{' --quick' if model.folder.name == 'quick' else ''}",
        "machine": machine(),
        "plan": model.plan.members(),
        "texts": {path.name: digest(path) for path in sorted(model.data.glob("*.jsonl"))},
        "base_sha256": digest(model.base / "model.safetensors"),
        "agreement": json.loads((model.folder / "agreement.json").read_text()),
        "teacher_log": [{key: step[key] for key in ("step", "mean_reward", "finished_share", "entropy")}
                        for step in (log(model.teacher) if pair else [])],
        "evaluations": {name: evaluation(model.folder, name) for name in (*pair, *done)},
        "runs": {name: training(log(model.folder / name)) for name in done},
        "stages": model.stages.done,
    }


def machine():
    names = [line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return {"cpu": names[0] if names else platform.machine(), "cpus": len(names), "python": platform.python_version(),
            "commit": subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def log(run):
    return [json.loads(line) for line in open(run / "log.jsonl", encoding="utf-8")]


def evaluation(folder, name):
    found = json.loads((folder / "evaluations" / f"{name}.json").read_text())
    losses = {name: one["loss"] for name, one in found["held_out"]["domains"].items()}
    return {"loss": found["held_out"]["loss"], "scored_tokens": found["held_out"]["scored_tokens"], "losses": losses, **found["answers"]}


def training(records):
    """Steps, tokens, and how the weights were, over the scored tokens of all steps."""
    steps = [one for one in records if one["kind"] == "step"]
    scored = sum(one["scored_tokens"] for one in steps)
    shares = {key: sum(one[key] * one["scored_tokens"] for one in steps) / scored
              for key in ("mean_weight", "clipped_low_share", "clipped_high_share")}
    return {"steps": len(steps), "tokens": sum(one["tokens"] for one in steps), "scored_tokens": scored, **shares}


def rendered(results):
    chapters = [heading(results), agreement(results)]
    chapters += [teacher(results)] if results["evaluations"] else []
    chapters += [annealing(results)] if results["runs"] else []
    return "\n".join([line for chapter in [*chapters, cost(results)] for line in chapter]) + "\n"


def heading(results):
    return [
        "# SmolLM2-135M-Instruct through the loop", "",
        f"`{results['command']}`: a demonstration that every part works on a real model. No p-values, and none could be had: the base is "
        "post-trained already and its weights are quantized to four bits, the corpus is tiny, and orders are no bases.", ""]


def agreement(results):
    return ["## Log-probs beside transformers (f32)", "", "| text | positions | largest difference |", "|---|---|---|",
            *(f"| {one['text']} | {one['positions']} | {one['largest_difference']:.1e} |" for one in results["agreement"]), ""]


def teacher(results):
    steps = results["teacher_log"]
    third = max(1, len(steps) // 3)
    first, last = (sum(one["mean_reward"] for one in part) / third for part in (steps[:third], steps[-third:]))
    base, tuned = (results["evaluations"][name] for name in ("base", "teacher"))
    return ["## The teacher", "",
            f"Mean reward of the first {third} of {len(steps)} steps {first:.3f}, of the last {third} {last:.3f}. Of {base['problems']} "
            f"held-out problems the base solves {base['right']}, the teacher {tuned['right']}.", "", "| model | " + TABLE[0], TABLE[1],
            *(model_line(name, [results["evaluations"][name]]) for name in ("base", "teacher")), ""]


def annealing(results):
    lines = ["## The base, annealed", ""]
    runs = list(results["runs"].values())
    lines += [f"{runs[0]['steps']} steps, {runs[0]['tokens']:,} tokens each. The mean over orders, and each order in "
              "brackets; losses are held-out, in nats a token.", "",
              "| method | " + TABLE[0], TABLE[1], model_line("base", [results["evaluations"]["base"]])]
    for method in METHODS:
        if found := of_method(results["evaluations"], method):
            lines.append(model_line(method, found))
    if weighted := of_method(results["runs"], "remit"):
        mean, low, high = (sum(one[key] for one in weighted) / len(weighted)
                           for key in ("mean_weight", "clipped_low_share", "clipped_high_share"))
        lines += ["", f"Weights of remit: mean {mean:.3f}, {low:.0%} clipped low, {high:.0%} clipped high."]
    return [*lines, ""]


def of_method(found, method):
    return [one for name, one in found.items() if name.rpartition("-")[0] == method]


def model_line(name, found):
    columns = [numbers([one["right"] / one["problems"] * 100 for one in found], "{:.1f} %", "{:.1f}")]
    columns += [numbers([one["losses"][domain] for one in found], "{:.4f}", "{:.4f}") for domain in DOMAINS]
    return f"| {name} | " + " | ".join(columns) + " |"


def numbers(values, mean, each):
    told = mean.format(sum(values) / len(values))
    return told if len(values) == 1 else f"{told} ({', '.join(map(each.format, values))})"


def cost(results):
    stages, machine = results["stages"].values(), results["machine"]
    clock, cpu = (sum(one[key] for one in stages) / 60 for key in ("seconds", "cpu_seconds"))
    orders, planned = len(results["runs"]) // len(METHODS), results["plan"]["orders"]
    return ["## What it took", "",
            f"{orders} of {planned} orders were run: {cpu:.0f} minutes of CPU time, {clock:.0f} minutes on the clock, on "
            f"{machine['cpus']} CPUs ({machine['cpu']}); commit {machine['commit']}, Python {machine['python']}."]


def paged(results):
    """The page with what the report says: its chapters, one level deeper."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        sys.exit(f"docs/real-model.md lacks the lines {BEGIN.strip()} and {END.strip()}")
    chapters = rendered(results).partition("\n## ")[2]
    link = "[The report](../Benchmarks/RealModel/report.md) of a run, with its numbers in `results.json`:"
    return f"{before}{BEGIN}\n{link}\n\n### " + chapters.replace("\n## ", "\n### ") + f"\n{END}{after}"


def keep(folder):
    KEPT.mkdir(exist_ok=True)
    text = (folder / "results.json").read_text(encoding="utf-8")
    (KEPT / "results.json").write_text(text, encoding="utf-8")
    (KEPT / "report.md").write_text(rendered(json.loads(text)), encoding="utf-8")
    PAGE.write_text(paged(json.loads(text)), encoding="utf-8")


def check():
    results = json.loads((KEPT / "results.json").read_text(encoding="utf-8"))
    if (KEPT / "report.md").read_text(encoding="utf-8") != rendered(results):
        sys.exit("Benchmarks/RealModel/report.md is not that of its results.json")
    if PAGE.read_text(encoding="utf-8") != paged(results):
        sys.exit("docs/real-model.md does not say what Benchmarks/RealModel/results.json does")


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        check()
    elif sys.argv[1:2] == ["--keep"] and len(sys.argv) == 3:
        keep(pathlib.Path(sys.argv[2]))
    else:
        sys.exit(__doc__)
