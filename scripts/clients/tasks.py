"""Tasks for lm-eval, of three kinds, made of the demo corpus' held-out documents."""
import json, re
from pathlib import Path

HELD_OUT = Path("Examples/demo/heldout.jsonl")
# The worked steps between question and answer are left out: with them the teacher errs nowhere.
PROBLEM = re.compile(r"^(?P<question>[^?]*\?) .*(?P<last>So .*\S|So) (?P<answer>\d+)\b[^?]*$")

CHOICE = """\
task: demo_choice
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{context}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: "{{{{gold}}}}"
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1}}
"""
CONTINUATION = """\
task: demo_continuation
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: loglikelihood
doc_to_text: "{{{{context}}}}"
doc_to_target: " {{{{continuation}}}}"
metric_list:
  - {{metric: perplexity, aggregation: perplexity, higher_is_better: false}}
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1}}
"""
ROLLING = """\
task: demo_rolling
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{{{text}}}}"
metric_list:
  - {{metric: word_perplexity}}
  - {{metric: byte_perplexity}}
  - {{metric: bits_per_byte}}
metadata: {{version: 1}}
"""


def choices(documents):
    """The number that ends a problem, among three that are near it."""
    for text in documents:
        if found := PROBLEM.match(text):
            right = int(found["answer"])
            near = [right + 1, right + 10, abs(right - 1)]
            gold = right % 4
            yield {"context": f"{found['question']} {found['last']}", "choices": [str(number) for number in near[:gold] + [right] + near[gold:]],
                   "gold": gold}


def continuations(documents):
    """The last words of a story."""
    for text in documents:
        words = text.split(" ")
        if len(words) > 20:
            yield {"context": " ".join(words[:-4]), "continuation": " ".join(words[-4:])}


def write(folder):
    """Writes tasks and documents into a folder, and returns the names of the tasks."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = [json.loads(line)["text"] for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]
    made = {
        "demo_choice": (CHOICE, list(choices(documents))), "demo_continuation": (CONTINUATION, list(continuations(documents))),
        "demo_rolling": (ROLLING, [{"text": text} for text in documents]),
    }
    for name, (task, rows) in made.items():
        assert len(rows) > 50, f"{name}: {len(rows)} documents"
        file = folder / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        (folder / f"{name}.yaml").write_text(task.format(file=file), encoding="utf-8")
    return list(made)
