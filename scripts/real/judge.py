"""Judges answers to problems in words: 1 where the last number of the completion's first line is the answer, else 0.

usage: remit-trainer reinforce --reward 'python3 judge.py'

Reads {"completion", "fields": {"answer"}, "index"} a line and answers {"reward", "index"}; an empty line ends a step.
"""

import json
import re
import sys


def is_right(completion, answer):
    numbers = re.findall(r"\d+", completion.strip().partition("\n")[0])
    return bool(numbers) and int(numbers[-1]) == answer


def main():
    for line in sys.stdin:
        if line.strip():
            attempt = json.loads(line)
            reward = int(is_right(attempt["completion"], attempt["fields"]["answer"]))
            print(json.dumps({"reward": reward, "index": attempt["index"]}), flush=True)


if __name__ == "__main__":
    main()
