"""Posts one packed batch as safetensors, then checks the server's token weights against numpy's.

usage: python post_batch.py http://127.0.0.1:8080 [API_KEY]        needs numpy and safetensors
"""
import json, sys, urllib.request
import numpy as np
from safetensors.numpy import load, save

server, headers = sys.argv[1].rstrip("/"), {"Content-Type": "application/vnd.safetensors"}
if len(sys.argv) > 2:
    headers["Authorization"] = f"Bearer {sys.argv[2]}"


def post(path, body, **more):
    request = urllib.request.Request(server + path, data=body, headers={**headers, **more})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


texts = ["What is 17 + 25?", "So 17 + 25 = 42.", "Ada bought seven eggs."]
ids = [json.loads(post("/v1/tokenize", json.dumps({"text": text}).encode(), **{"Content-Type": "application/json"}))
       ["token_ids"] for text in texts]
# Two training sequences: the first packs two documents, the second is one.
token_ids = np.array(sum(ids, []), dtype=np.uint32)
starts = np.cumsum([0] + [len(one) for one in ids])
sequence_starts, document_starts = starts[[0, 2, 3]].astype(np.int64), starts[:3].astype(np.int64)
student = np.minimum(np.random.default_rng(7).normal(-3, 1, len(token_ids)), 0).astype(np.float32)

epsilon = 0.2
answer = load(post("/v1/weights", save(
    {"token_ids": token_ids, "sequence_starts": sequence_starts, "document_starts": document_starts,
     "student_logprobs": student}, metadata={"weighting": "remit", "epsilon": str(epsilon)}),
    Accept="application/vnd.safetensors"))

expected = np.zeros(len(token_ids))
scored = ~np.isin(np.arange(len(token_ids)), document_starts)
for start, end in zip(sequence_starts[:-1], sequence_starts[1:]):
    here = np.arange(start, end)[scored[start:end]]
    delta = answer["teacher_logprobs"][here].astype(np.float64) - student[here]
    expected[here] = np.clip(2 / (1 + np.exp(-(delta - delta.mean()))), 1 - epsilon, 1 + epsilon)
worst = np.abs(expected - answer["weights"]).max()
print(f"{len(token_ids)} tokens, {scored.sum()} scored, largest difference from numpy's weights {worst:.1e}")
sys.exit(0 if worst <= 1e-6 else 1)
