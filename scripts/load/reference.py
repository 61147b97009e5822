"""What every answer is held against: each sequence scored alone, by a server that keeps nothing."""

import random
import struct

from server import Server


def bits(values):
    """The f32 bits of JSON numbers; None where there is no log-prob."""
    return [None if value is None else struct.pack("<f", value) for value in values]


class Reference:
    def __init__(self, work, models, sequences, seed, longest):
        draw = random.Random(seed)
        lengths = [min(longest, 1 + int(draw.expovariate(1 / 60))) for _ in range(sequences)]
        self.sequences = [[draw.randrange(640) for _ in range(length)] for length in lengths]
        self.tokens = sum(lengths)
        self.alone = {}
        for model in models:
            server = Server(work, "alone-" + model, ["--cache-tokens", "0"], model=model).start()
            self.alone.update(self.scored_alone(server))
            if server.stop() != 0:
                raise SystemExit("the reference server did not end well")

    def scored_alone(self, server):
        scores = []
        for sequence in self.sequences:
            status, answer = server.call("POST", "/v1/logprobs", {"inputs": [{"token_ids": sequence}]})
            if status != 200:
                raise SystemExit(f"the reference server answers {status}: {answer}")
            scores.append(bits(answer["results"][0]["teacher_logprobs"]))
        return {answer["model_fingerprint"]: scores}

    def holds(self, model_fingerprint, index, log_probs):
        """Whether an answer has the bits that the sequence has alone."""
        return self.alone[model_fingerprint][index] == bits(log_probs)
