"""Judges answers to the demo's questions: 1 where the last number of the completion is the answer, else 0.

Read by remit-trainer reinforce --reward: a line {"prompt", "completion", "index"} in, {"reward", "index"} out; an empty line ends a step.
"""
import json, re, sys

NUMBER = re.compile(r"\d+")


def answer(prompt):
    a, b = (int(text) for text in NUMBER.findall(prompt))
    if prompt.startswith("Which is larger"):
        return max(a, b)
    return a - b if " - " in prompt else a + b


for line in sys.stdin:
    if line.strip():
        attempt = json.loads(line)
        numbers = NUMBER.findall(attempt["completion"])
        reward = 1 if numbers and int(numbers[-1]) == answer(attempt["prompt"]) else 0
        print(json.dumps({"reward": reward, "index": attempt["index"]}), flush=True)
