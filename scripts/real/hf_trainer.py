"""The base annealed by transformers.Trainer, with and without token weights, in several orders: for a GPU, and tried without one.

usage: python hf_trainer.py BASE TEACHER DATA_DIR OUT_DIR [--orders 5] [--epochs 1] [--max-steps N] [--batch 16] [--learning-rate 2e-5]

DATA_DIR is what corpus.py wrote. The teacher scores the corpus once. results.json grows by a run at a time; one that is in it is not
done again.
"""

import argparse
import json
import pathlib
import time

import torch
from answers import right
from remit.integrations.transformers import RemitTrainer, TeacherCollator
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling, TrainingArguments

METHODS = ("ntp", "remit")
LONGEST, NEW_TOKENS = 1024, 16


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def rows(path, tokenizer):
    """Documents of a file as ids: each its encoding and the token that ends it, the rest of a long one left out."""
    for one in read(path):
        yield {"input_ids": [*tokenizer(one["text"])["input_ids"], tokenizer.eos_token_id][:LONGEST], "domain": one["domain"]}


@torch.no_grad()
def log_probs(model, ids):
    """Natural log-probs of a document's tokens, NaN at the first. f32 [T]"""
    row = torch.tensor([ids], device=model.device)
    scores = torch.log_softmax(model(row).logits[0, :-1].float(), -1).gather(1, row[0, 1:, None])[:, 0]
    return [float("nan"), *scores.tolist()]


def loaded(path, device):
    return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).to(device).eval()


def evaluated(model, heldout, tokenizer, problems):
    """Held-out loss by domain, in nats a token, and how many problems are solved."""
    sums = {}
    for one in heldout:
        total, count = sums.get(one["domain"], (0.0, 0))
        scores = log_probs(model, one["input_ids"])[1:]
        sums[one["domain"]] = (total - sum(scores), count + len(scores))
    return {"losses": {domain: total / count for domain, (total, count) in sums.items()},
            "right": right(model, tokenizer, problems, NEW_TOKENS), "problems": len(problems)}


def annealed(arguments, method, order, documents, tokenizer, device):
    options = TrainingArguments(
        str(arguments.out / f"{method}-{order}"), num_train_epochs=arguments.epochs, max_steps=arguments.max_steps,
        per_device_train_batch_size=arguments.batch, learning_rate=arguments.learning_rate, lr_scheduler_type="linear",
        adam_beta2=0.95, weight_decay=0.1, max_grad_norm=1.0, bf16=device == "cuda", use_cpu=device == "cpu", seed=order, data_seed=order,
        save_strategy="no", logging_steps=10, report_to=[], remove_unused_columns=False)
    collator = TeacherCollator(DataCollatorForLanguageModeling(tokenizer, mlm=False))
    trainer = RemitTrainer(
        model=loaded(arguments.base, device), args=options, train_dataset=documents, data_collator=collator, weighting=method)
    trainer.train()
    return trainer.model.eval(), trainer.state.log_history


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "teacher", "data", "out"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--orders", type=int, default=5)
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--max-steps", type=int, default=-1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    arguments = parser.parse_args()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(arguments.base, padding_side="left")
    heldout, problems = list(rows(arguments.data / "heldout.jsonl", tokenizer)), read(arguments.data / "problems.jsonl")
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "results.json"
    named = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    results = json.loads(file.read_text()) if file.exists() else {"device": named, "runs": {}}

    teacher = loaded(arguments.teacher, device)
    documents = [{"input_ids": one["input_ids"], "teacher_logprobs": log_probs(teacher, one["input_ids"])}
                 for one in rows(arguments.data / "corpus.jsonl", tokenizer)]
    runs = {f"{method}-{order}": (method, order) for order in range(1, arguments.orders + 1) for method in METHODS}
    for name, run in {"base": None, "teacher": None, **runs}.items():
        if name in results["runs"]:
            continue
        start = time.monotonic()
        if run is None:
            model, log = loaded(getattr(arguments, name), device), []
        else:
            model, log = annealed(arguments, *run, documents, tokenizer, device)
        found = evaluated(model, heldout, tokenizer, problems)
        results["runs"][name] = {**found, "log": log, "seconds": round(time.monotonic() - start, 1)}
        file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        losses = ", ".join(f"{domain} {loss:.4f}" for domain, loss in found["losses"].items())
        print(f"{name}: {found['right']} of {found['problems']} solved, held-out loss {losses}", flush=True)


main()
