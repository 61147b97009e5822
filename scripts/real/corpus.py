"""Writes the texts that the demonstration trains on and is measured by, the same bytes each time.

usage: python corpus.py OUT_DIR CHECKPOINT SEED TRAINING_TOKENS HELD_OUT_TOKENS PROMPTS PROBLEMS

    corpus.jsonl    mid-training: equal parts, in tokens, of three domains
    heldout.jsonl   the same domains, of other files and with other numbers
    prompts.jsonl   questions with their answers: what the teacher is tuned on
    problems.jsonl  the same of held-out numbers: accuracy

Domains: `english` (documentation strings of classes and functions), `code` (functions without theirs), both of the packages in SOURCES as
scripts/install-python pins them, and `arithmetic` (problems.py). A file's name decides whether it is trained on or held out.
"""

import ast
import hashlib
import importlib.util
import inspect
import json
import pathlib
import random
import sys

from problems import asked, problems, prompt
from tokenizers import Tokenizer

SOURCES = ("accelerate", "numpy", "safetensors", "transformers")
SHORTEST, LONGEST = 200, 900  # characters


def files(part):
    """Python files of the packages that are of a part, by name: (name, text)."""
    for package in SOURCES:
        folder = pathlib.Path(importlib.util.find_spec(package).origin).parent
        for path in sorted(folder.rglob("*.py")):
            name = f"{package}/{path.relative_to(folder).as_posix()}"
            held_out = hashlib.sha256(name.encode()).digest()[0] % 5 == 0
            if held_out == (part == "held-out") and "/tests/" not in name:
                yield name, path.read_text(encoding="utf-8")


def pieces(domain, text):
    """Documents of a domain in a file's text."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and domain == "english":
            yield inspect.cleandoc(ast.get_docstring(node, clean=False) or "")
        elif isinstance(node, ast.FunctionDef) and domain == "code" and ast.get_docstring(node) is None:
            yield inspect.cleandoc("\n" + (ast.get_source_segment(text, node, padded=True) or ""))


def written(seed, domain, part):
    """Documents of a domain without an end, or nearly: files in an order of chance, one document of each."""
    if domain == "arithmetic":
        for question, equation, _ in problems(f"{seed}-corpus", part, 10_000):
            yield f"{asked(question)} {equation}."
        return
    rng = random.Random(f"{seed}-{domain}-{part}")
    found = list(files(part))
    rng.shuffle(found)
    for _, text in found:
        fitting = [one for one in pieces(domain, text) if SHORTEST <= len(one) <= LONGEST]
        if fitting:
            yield rng.choice(fitting)


def write_documents(path, tokenizer, seed, part, tokens):
    with open(path, "w", encoding="utf-8") as file:
        for domain in ("arithmetic", "code", "english"):
            left = tokens // 3
            for text in written(seed, domain, part):
                left -= len(tokenizer.encode(text).ids) + 1
                if left < 0:
                    break
                file.write(json.dumps({"domain": domain, "text": text}) + "\n")


def write_questions(path, seed, part, count):
    with open(path, "w", encoding="utf-8") as file:
        for question, _, answer in problems(f"{seed}-questions", part, count):
            file.write(json.dumps({"prompt": prompt(question), "answer": answer}) + "\n")


def main(out, checkpoint, seed, training, held_out, prompts, count):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(checkpoint + "/tokenizer.json")
    write_documents(out / "corpus.jsonl", tokenizer, seed, "training", int(training))
    write_documents(out / "heldout.jsonl", tokenizer, seed, "held-out", int(held_out))
    write_questions(out / "prompts.jsonl", seed, "training", int(prompts))
    write_questions(out / "problems.jsonl", seed, "held-out", int(count))


main(*sys.argv[1:])
