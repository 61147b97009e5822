"""Reads a run's TensorBoard events with TensorBoard itself and compares them with the run's log.

usage: tensorboard_events.py RUN
"""
import json
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SCALARS = {
    "loss/next_token": "loss", "loss/weighted": "weighted_loss", "optimizer/learning_rate": "learning_rate",
    "optimizer/grad_norm": "grad_norm", "speed/tokens_per_second": "tokens_per_second",
    "speed/step_seconds": "step_seconds", "speed/wait_seconds": "wait_seconds", "weights/mean": "mean_weight",
    "weights/clipped_low_share": "clipped_low_share", "weights/clipped_high_share": "clipped_high_share",
    "weights/above_one_share": "up_weighted_share",
}


def as_f32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def main():
    run = sys.argv[1]
    steps = [record for record in map(json.loads, open(run + "/log.jsonl", encoding="utf-8")) if record["kind"] == "step"]
    # Keep everything: by default a sample is read.
    events = EventAccumulator(run + "/tensorboard", size_guidance={"scalars": 0, "histograms": 0})
    events.Reload()
    for tag, field in SCALARS.items():
        read = [(event.step, event.value) for event in events.Scalars(tag)]
        assert read == [(step["step"], as_f32(step[field])) for step in steps], tag
    histograms = events.Histograms("weights/histogram")
    assert [event.step for event in histograms] == [step["step"] for step in steps]
    for event, step in zip(histograms, steps):
        value, logged = event.histogram_value, step["weight_histogram"]
        assert value.bucket == logged["counts"] and sum(value.bucket) == step["scored_tokens"] == value.num
        assert abs(value.bucket_limit[-1] - logged["high"]) < 1e-12 and value.min >= logged["low"]
    print(f"TensorBoard reads {len(SCALARS)} scalars and a histogram of each of {len(steps)} steps as they were logged")


main()
