"""Arithmetic in words: problems of one step, each with its equation and its answer.

A pair of numbers belongs to one part alone, training or held-out, in every kind of problem.
"""

import random

NAMES = "Ada Boris Clara Dev Elif Farid Greta Hugo Ines Jonas Kira Lars Mina Noor Otto Petra".split()
THINGS = "apples books candles eggs lamps pears ropes shells stamps tiles".split()
PLACES = ["the market", "the harbour", "school", "the garden", "the mill", "the library"]


def held_out(a, b):
    """Whether a pair of numbers is kept from all that is trained on: about one in five."""
    return (min(a, b) * 31 + max(a, b)) % 5 == 0


def numbers(rng, low, high, part):
    while True:
        a, b = rng.randint(low, high), rng.randint(low, high)
        if held_out(a, b) == (part == "held-out"):
            return a, b


def more(rng, part):
    a, b = numbers(rng, 2, 20, part)
    name, things = rng.choice(NAMES), rng.choice(THINGS)
    question = f"{name} has {a} {things} and finds {b} more near {rng.choice(PLACES)}. How many {things} does {name} have now?"
    return question, f"{a} + {b} = {a + b}", a + b


def fewer(rng, part):
    a, b = sorted(numbers(rng, 2, 20, part), reverse=True)
    name, things = rng.choice(NAMES), rng.choice(THINGS)
    question = f"{name} takes {a} {things} to {rng.choice(PLACES)} and sells {b} of them. How many {things} are left?"
    return question, f"{a} - {b} = {a - b}", a - b


def each(rng, part):
    a, b = numbers(rng, 2, 9, part)
    things = rng.choice(THINGS)
    question = f"At {rng.choice(PLACES)} there are {a} boxes with {b} {things} in each. How many {things} are there in all?"
    return question, f"{a} x {b} = {a * b}", a * b


def difference(rng, part):
    a, b = numbers(rng, 2, 20, part)
    first, second = rng.sample(NAMES, 2)
    things = rng.choice(THINGS)
    a, b = max(a, b), min(a, b)
    question = f"{first} has {a} {things} and {second} has {b}. How many more {things} does {first} have than {second}?"
    return question, f"{a} - {b} = {a - b}", a - b


KINDS = (more, fewer, each, difference)


def problems(seed, part, count):
    """`count` different problems of a part ("training" or "held-out"), the kinds in turn: (question, equation, answer)."""
    rng, seen = random.Random(f"{seed}-{part}"), set()
    while len(seen) < count:
        question, equation, answer = KINDS[len(seen) % len(KINDS)](rng, part)
        if question not in seen:
            seen.add(question)
            yield question, equation, answer


def asked(question):
    """A question, to be followed by a space and an equation."""
    return f"Question: {question}\nAnswer:"


def prompt(question):
    """What a model is to go on with: a worked example, which tells the form of an answer, and a question."""
    return f"{asked('Tom has 3 pens and gets 4 more. How many pens does Tom have?')} 3 + 4 = 7.\n\n{asked(question)}"
