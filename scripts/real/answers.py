"""Accuracy of checkpoints on problems in words: greedy completions by transformers, judged as the teacher's are.

usage: python answers.py PROBLEMS.jsonl MOST_NEW_TOKENS CHECKPOINT...        prints {"right", "problems"}, a line for each
"""

import json
import sys

import torch
from judge import is_right
from transformers import AutoModelForCausalLM, AutoTokenizer

BATCH = 32


@torch.no_grad()
def right(model, tokenizer, problems, tokens):
    """How many of the problems a model solves. The tokenizer pads on the left."""
    count = 0
    for at in range(0, len(problems), BATCH):
        batch = problems[at:at + BATCH]
        inputs = tokenizer([one["prompt"] for one in batch], return_tensors="pt", padding=True).to(model.device)
        ids = model.generate(**inputs, do_sample=False, max_new_tokens=tokens)
        said = tokenizer.batch_decode(ids[:, inputs["input_ids"].shape[1]:], skip_special_tokens=True)
        count += sum(is_right(text, one["answer"]) for text, one in zip(said, batch))
    return count


def main(file, tokens, *checkpoints):
    problems = [json.loads(line) for line in open(file, encoding="utf-8")]
    for checkpoint in checkpoints:
        tokenizer = AutoTokenizer.from_pretrained(checkpoint, padding_side="left")
        tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
        model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
        print(json.dumps({"right": right(model, tokenizer, problems, int(tokens)), "problems": len(problems)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
