"""Writes the demo corpus: synthetic text with learnable structure. It is demo data, and nothing but demo data.

usage: python make_corpus.py OUT_DIR [--seed N]

    pretrain.jsonl   what the base is pre-trained on: mostly filler, bare equations, some of them wrong
    corpus.jsonl     the annealing corpus: filler and worked problems
    heldout.jsonl    the same mixture, other problems: no pair of operands of its own occurs elsewhere
    teacher.jsonl    worked problems, and some filler against forgetting: what the teacher is tuned on
    prompts.jsonl    questions alone: what the teacher is then reinforced on (reward.py judges the answers)

Each line is {"id", "domain": "reasoning" | "filler", "text"}; of prompts.jsonl {"prompt"}.
"""
import argparse, json, os, random

NAMES = "Ada Boris Clara Dev Elif Farid Greta Hugo Ines Jonas Kira Lars Mina Noor Otto Petra".split()
JOBS = "baker farmer teacher sailor painter gardener tailor miller".split()
PLACES = "market harbour school garden mill bridge library square".split()
THINGS = "apples books candles eggs lamps pears ropes shells stamps tiles".split()
NUMBERS = "two three four five six seven eight nine".split()
WEATHER = "rain snow wind sun fog hail".split()
MOODS = {"rain": "tired", "snow": "quiet", "wind": "restless", "sun": "happy", "fog": "careful", "hail": "cross"}


def filler(rng):
    """A short story whose later words follow from its earlier ones (who, where, how many, which mood)."""
    name, job, place = rng.choice(NAMES), rng.choice(JOBS), rng.choice(PLACES)
    thing, count, weather = rng.choice(THINGS), rng.randrange(2, 10), rng.choice(WEATHER)
    word = NUMBERS[count - 2]
    sentences = [
        f"{name} the {job} walked to the {place} in the {weather}.",
        f"There {name} bought {word} {thing} from an old friend.",
        f"The {weather} made everyone {MOODS[weather]}, and {name} was {MOODS[weather]} too.",
        f"At home the {job} put the {word} {thing} on the table.",
        f'"Why {thing}?" asked {rng.choice(NAMES)}. "Because the {place} had nothing else," said {name}.',
        f"In the evening {name} counted them again: {', '.join(str(i) for i in range(1, count + 1))}.",
    ]
    kept = [0] + sorted(rng.sample(range(1, 6), rng.randrange(3, 6)))
    return " ".join(sentences[i] for i in kept)


def held_out(a, b):
    return (min(a, b) * 31 + max(a, b)) % 17 == 0


def operands(rng, heldout):
    while True:
        a, b = rng.randrange(10, 90), rng.randrange(10, 90)
        if held_out(a, b) == heldout:
            return a, b


def add_steps(a, b):
    ones = a % 10 + b % 10
    tens = a // 10 + b // 10
    carry = ones // 10
    lines = [f"{a % 10} + {b % 10} = {ones}, write {ones % 10}, carry {carry}.",
             f"{a // 10} + {b // 10} + {carry} = {tens + carry}."]
    return lines, a + b


def subtract_steps(a, b):
    a, b = max(a, b), min(a, b)
    borrow = 1 if a % 10 < b % 10 else 0
    lines = [f"{a % 10 + 10 * borrow} - {b % 10} = {(a - b) % 10}, borrow {borrow}.",
             f"{a // 10} - {b // 10} - {borrow} = {(a - b) // 10}."]
    return lines, a - b


def worked(rng, heldout):
    a, b = operands(rng, heldout)
    kind = rng.randrange(4)
    if kind == 0:
        lines, answer = add_steps(a, b)
        return f"What is {a} + {b}? " + " ".join(lines) + f" So {a} + {b} = {answer}."
    if kind == 1:
        lines, answer = subtract_steps(a, b)
        return f"What is {max(a, b)} - {min(a, b)}? " + " ".join(lines) + f" So {max(a, b)} - {min(a, b)} = {answer}."
    if kind == 2:
        return f"Which is larger, {a} or {b}? The tens are {a // 10} and {b // 10}, the ones {a % 10} and {b % 10}. So {max(a, b)}."
    name, thing = rng.choice(NAMES), rng.choice(THINGS)
    lines, answer = add_steps(a, b)
    return (f"{name} has {a} {thing} and finds {b} more. How many {thing}? " + " ".join(lines)
            + f" So {name} has {answer} {thing}.")


def equations(rng, heldout, wrong):
    """Bare equations, each wrong with probability `wrong`: what a crawl offers."""
    parts = []
    for _ in range(rng.randrange(2, 6)):
        a, b = operands(rng, heldout)
        answer = a + b if rng.random() >= wrong else a + b + rng.choice([-10, -2, -1, 1, 2, 10])
        parts.append(f"{a} + {b} = {answer}")
    return ". ".join(parts) + "."


def documents(rng, count, reasoning_share, heldout=False, wrong=0.0, bare_share=0.0):
    for _ in range(count):
        if rng.random() >= reasoning_share:
            yield "filler", filler(rng)
        elif rng.random() < bare_share:
            yield "reasoning", equations(rng, heldout, wrong)
        else:
            yield "reasoning", worked(rng, heldout)


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        stem = os.path.splitext(os.path.basename(path))[0]
        for index, (domain, text) in enumerate(rows):
            file.write(json.dumps({"id": f"{stem}-{index}", "domain": domain, "text": text}, ensure_ascii=False) + "\n")


def questions(rng, count):
    """Each is followed by a space and the steps in a worked problem."""
    for _ in range(count):
        text = worked(rng, False)
        yield text[:text.index("?") + 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=17)
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)

    def rng(name):
        return random.Random(f"{arguments.seed}-{name}")

    def path(name):
        return os.path.join(arguments.out, name)

    write(path("pretrain.jsonl"), documents(rng("pretrain"), 12000, 0.3, wrong=0.2, bare_share=0.7))
    write(path("corpus.jsonl"), documents(rng("corpus"), 1500, 0.5, wrong=0.2, bare_share=0.3))
    write(path("heldout.jsonl"), documents(rng("heldout"), 200, 0.5, heldout=True))
    write(path("teacher.jsonl"), documents(rng("teacher"), 6000, 0.75))
    with open(path("prompts.jsonl"), "w", encoding="utf-8") as file:
        for question in questions(rng("prompts"), 4000):
            file.write(json.dumps({"prompt": question}) + "\n")


main()
