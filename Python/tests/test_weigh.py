"""A weighting of one's own: the program that remit-trainer asks, in lines."""

import io
import json

import numpy as np
import pytest

import remit.weigh

QUESTION = {
    "sequences": [
        {
            "document_starts": [0, 3], "scored": [False, True, True, False, True],
            "student_logprobs": [None, -2.0, -0.5, None, -1.0], "teacher_logprobs": [None, -1.5, -0.25, None, -3.0],
        },
        {"document_starts": [0], "scored": [False, True], "student_logprobs": [None, -0.1], "teacher_logprobs": [None, -0.2]},
    ]
}  # fmt: skip


def answers(rule, *questions, **options):
    out = io.StringIO()
    remit.weigh.serve(rule, [json.dumps(question) + "\n" for question in questions], out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_is_answered_by_one():
    def rule(sequence):
        assert sequence.student_logprobs.dtype == np.float32 and np.isnan(sequence.student_logprobs[0])
        assert list(sequence.document_starts)[0] == 0
        return np.where(sequence.teacher_logprobs > sequence.student_logprobs, 1.5, 0.5)

    got = answers(rule, QUESTION, {"sequences": []})
    assert got == [{"weights": [[0, 1.5, 1.5, 0, 0.5], [0, 0.5]]}, {"weights": []}]


def test_a_run_without_a_teacher():
    def rule(sequence):
        assert sequence.teacher_logprobs is None
        return -sequence.student_logprobs

    question = {"sequences": [{key: value for key, value in QUESTION["sequences"][0].items() if key != "teacher_logprobs"}]}
    assert answers(rule, question) == [{"weights": [[0, 2.0, 0.5, 0, 1.0]]}]


def test_a_rule_of_entropies():
    def rule(sequence):
        assert sequence.teacher_entropy.dtype == np.float32 and np.isnan(sequence.teacher_entropy[0])
        return sequence.teacher_entropy

    question = {"sequences": [{**QUESTION["sequences"][0], "teacher_entropy": [None, 0.5, 1.25, None, 0.0]}]}
    got = answers(rule, {"sequences": []}, question, entropy=True)
    assert got == [
        {"weights": [], "needs": ["teacher_entropy"]}, {"weights": [[0, 0.5, 1.25, 0, 0.0]], "needs": ["teacher_entropy"]},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [([1.0], "shape"), ([0, -1, 1, 1, 1], "token 1"), ([0, 1, 1, 0, np.inf], "token 4"), ([0, 1, np.nan, 0, 1], "token 2")],
)
def test_what_is_no_weight_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        answers(lambda sequence: given, {"sequences": QUESTION["sequences"][:1]})
