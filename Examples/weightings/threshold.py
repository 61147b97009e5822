"""Twice the weight for tokens that the teacher finds likelier than the student does by more than a threshold, in nats.

remit-trainer anneal --weighting program='python3 Examples/weightings/threshold.py 0.1' ...
"""

import sys

import numpy as np
import remit.weigh

threshold = float(sys.argv[1])


def rule(sequence):
    return np.where(sequence.teacher_logprobs - sequence.student_logprobs > threshold, 2.0, 1.0)


remit.weigh.serve(rule)
