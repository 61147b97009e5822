"""ReMiT's weight where the teacher is sure of the next token, 1 where it is not: where its distribution is wide, that it finds one of many
good tokens likelier than the student does says little.

remit-trainer anneal --weighting program='python3 Examples/weightings/entropy.py 1.0' ...
"""

import sys

import numpy as np
import remit.weigh

limit = float(sys.argv[1])


def rule(sequence):
    delta = sequence.teacher_logprobs - sequence.student_logprobs
    centred = delta - delta[sequence.scored].mean() if sequence.scored.any() else delta
    weights = np.clip(2 / (1 + np.exp(-centred)), 0.8, 1.2)
    return np.where(sequence.teacher_entropy <= limit, weights, 1.0)


remit.weigh.serve(rule, entropy=True)
