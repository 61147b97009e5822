"""Log-probs of a batch by transformers on torch, as a worker of scripts/bench.

usage: python score_torch.py MODEL_DIR f32|bf16 THREADS [--compile] [--micro-tokens 2048]

The way an engineer would write it with care: sequences sorted by length and padded in micro-batches of at most --micro-tokens,
sdpa attention, and the head on 512 real positions at a time, never on padding and never on all positions at once.
"""
import argparse
import torch
from transformers import AutoModelForCausalLM
from worker import serve


def micro_batches(sequences, most):
    """Indices grouped so that a group, padded to its longest, has at most `most` tokens."""
    groups, group = [], []
    for index in sorted(range(len(sequences)), key=lambda index: -len(sequences[index])):
        if group and (len(group) + 1) * len(sequences[group[0]]) > most:
            groups.append(group)
            group = []
        group.append(index)
    return groups + [group]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("precision", choices=["f32", "bf16"])
    parser.add_argument("threads", type=int)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--micro-tokens", type=int, default=2048)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_grad_enabled(False)
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[arguments.precision]
    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=dtype, attn_implementation="sdpa").eval()
    sequences, groups, results = [], [], []

    def take(batch):
        sequences[:] = [torch.tensor(ids) for ids in batch]
        groups[:] = micro_batches(sequences, arguments.micro_tokens)
        results[:] = [None] * len(sequences)
        if arguments.compile:
            round()

    def hidden(ids, mask):
        return model.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state

    body = torch.compile(hidden, dynamic=False) if arguments.compile else hidden

    def head(states, targets):
        parts = []
        for start in range(0, len(targets), 512):
            logits = model.lm_head(states[start:start + 512]).float()
            wanted = logits.gather(-1, targets[start:start + 512, None])[:, 0]
            parts.append(wanted - logits.logsumexp(-1))
        return torch.cat(parts)

    def round():
        for group in groups:
            longest = len(sequences[group[0]])
            ids = torch.zeros(len(group), longest, dtype=torch.long)
            mask = torch.zeros(len(group), longest, dtype=torch.long)
            for row, index in enumerate(group):
                ids[row, :len(sequences[index])] = sequences[index]
                mask[row, :len(sequences[index])] = 1
            equal = bool(mask.all())
            states = body(ids, None if equal else mask)
            real = mask[:, 1:].bool()
            scores = head(states[:, :-1][real], ids[:, 1:][real])
            for index, part in zip(group, scores.split([len(sequences[index]) - 1 for index in group])):
                results[index] = part.numpy()
        return {"tokens": sum(map(len, sequences))}

    serve(f"torch {torch.__version__}", take, round, lambda: results)


main()
