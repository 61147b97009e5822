"""remit-server's log-probs of texts beside those of transformers in f32, at every position.

usage: python agreement.py URL CHECKPOINT OUT.json TEXT_FILE...        exit status 1 where any two differ by more than 1e-4
"""

import json
import pathlib
import sys
import urllib.request

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TOLERANCE = 1e-4


def asked(url, texts):
    body = json.dumps({"inputs": [{"text": text} for text in texts]}).encode()
    request = urllib.request.Request(url + "/v1/logprobs", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)["results"]


@torch.no_grad()
def largest_difference(model, tokenizer, text, result):
    """Largest difference of a text's log-probs. The ids must be the same."""
    ids = tokenizer(text)["input_ids"]
    if ids != result["token_ids"]:
        sys.exit(f"the ids of {text[:40]!r}... differ: transformers {ids}, remit-server {result['token_ids']}")
    row = torch.tensor([ids])
    theirs = torch.log_softmax(model(row).logits[0, :-1], -1).gather(1, row[0, 1:, None])[:, 0]
    ours = torch.tensor(result["teacher_logprobs"][1:])
    return (theirs - ours).abs().max().item()


def main(url, checkpoint, out, *files):
    texts = [pathlib.Path(file).read_text(encoding="utf-8").strip() for file in files]
    results = asked(url, texts)
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    found = [{"text": pathlib.Path(file).stem, "positions": len(result["token_ids"]) - 1,
              "largest_difference": largest_difference(model, tokenizer, text, result)}
             for file, text, result in zip(files, texts, results)]
    for one in found:
        print(f"{one['text']}: {one['positions']} positions, largest difference {one['largest_difference']:.1e}")
    if not all(one["largest_difference"] <= TOLERANCE for one in found):
        sys.exit(f"remit-server and transformers differ by more than {TOLERANCE}")
    pathlib.Path(out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


main(*sys.argv[1:])
