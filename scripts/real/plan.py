"""How large the demonstration is."""

from dataclasses import asdict, dataclass

#: Weightings that the base is annealed with: plain next-token loss, the method, and its weights on tokens drawn by chance.
METHODS = ("ntp", "remit", "random")


@dataclass(frozen=True)
class Plan:
    """Sizes. A step's tokens are sequence_length x batch_sequences, at most."""

    seed: int
    orders: int
    corpus_tokens: int
    held_out_tokens: int
    prompts: int
    problems: int
    most_new_tokens: int
    teacher_steps: int
    prompts_per_step: int
    samples_per_prompt: int
    teacher_learning_rate: float
    temperature: float
    sequence_length: int
    batch_sequences: int
    epochs: int
    learning_rate: float

    def members(self):
        return asdict(self)


FULL = Plan(
    seed=1, orders=3, corpus_tokens=4500, held_out_tokens=2400, prompts=400, problems=48, most_new_tokens=14, teacher_steps=8,
    prompts_per_step=6, samples_per_prompt=6, teacher_learning_rate=4e-5, temperature=0.6, sequence_length=256,
    batch_sequences=2, epochs=1, learning_rate=2e-5)
QUICK = Plan(
    seed=1, orders=1, corpus_tokens=1200, held_out_tokens=1200, prompts=16, problems=8, most_new_tokens=12, teacher_steps=1,
    prompts_per_step=2, samples_per_prompt=4, teacher_learning_rate=4e-5, temperature=0.6, sequence_length=128,
    batch_sequences=2, epochs=1, learning_rate=2e-5)
