"""The loss of a Hugging Face checkpoint on a JSONL corpus, computed by transformers: the oracle for remit-trainer evaluate.

usage: python checkpoint_loss.py CHECKPOINT CORPUS.jsonl [--sequence-length N] [--expect LOSS] [--dtype float64]

A document is its encoding and the end-of-sequence token; one longer than the sequence length is cut at multiples of it.
Every piece starts anew at position 0, and its first token is not scored. Prints JSON; with --expect, exit status 1 where
the two losses differ by more than 1e-4.
"""
import argparse, json, math, sys
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("checkpoint")
parser.add_argument("corpus")
parser.add_argument("--sequence-length", type=int, default=512)
parser.add_argument("--dtype", default="float64")
parser.add_argument("--expect", type=float)
arguments = parser.parse_args()

model = AutoModelForCausalLM.from_pretrained(arguments.checkpoint, dtype=getattr(torch, arguments.dtype)).eval()
tokenizer = Tokenizer.from_file(arguments.checkpoint + "/tokenizer.json")
end = model.config.eos_token_id
end = end[0] if isinstance(end, list) else end

total, scored = 0.0, 0
with torch.no_grad(), open(arguments.corpus, encoding="utf-8") as file:
    for line in file:
        ids = tokenizer.encode(json.loads(line)["text"]).ids
        if end is not None and (not ids or ids[-1] != end):
            ids.append(end)
        for start in range(0, len(ids), arguments.sequence_length):
            piece = torch.tensor(ids[start:start + arguments.sequence_length])
            if len(piece) < 2:
                continue
            logits = model(piece[None]).logits[0, :-1].double()
            total -= torch.log_softmax(logits, -1).gather(1, piece[1:, None]).sum().item()
            scored += len(piece) - 1

loss = total / scored
print(json.dumps({"loss": loss, "scored_tokens": scored, "perplexity": math.exp(loss)}))
if arguments.expect is not None and not abs(loss - arguments.expect) <= 1e-4:
    sys.exit(f"transformers says {loss}, expected {arguments.expect}")
