"""Scoring by length: short sequences are mostly products of weights, long ones mostly attention."""
import os, random, sys
from statistics import median

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTHS = [8, 64, 512, 2048, 8192, 32768]
TOKENS = 2048  # of a batch of sequences that are shorter
# A pass in float64 over the longest would take as long as all the rest.
MOST_IN_FLOAT64 = 2048


def table(bench, shape, lengths):
    """remit and torch in turn, once their numbers agree; a longer sequence is held against torch in f32."""
    directory = bench.with_context(shape, max(max(lengths), 1280))
    numbers, most = random.Random(4), bench.vocabulary(shape)
    batches = [[[numbers.randrange(1, most) for _ in range(length)] for _ in range(max(1, TOKENS // length))] for length in lengths]
    print(f"\n### by length, {shape}, one thread\n\n| precision | tokens a sequence | sequences | remit, tokens a CPU second | of the peak | "
          "torch | remit is | least to most | error: mean / 99.9 % / largest |\n|---|---|---|---|---|---|---|---|---|")
    for precision in bench.options.precisions:
        commands = {"remit": [bench.program, "score", directory, precision, "1"],
                    "torch": [sys.executable, HERE + "/score_torch.py", directory, precision, "1"]}
        with bench.programs(commands) as programs:
            for length, batch in zip(lengths, batches):
                kind = "float64" if length <= MOST_IN_FLOAT64 else "float32"
                errors, peak = bench.compare(directory, precision, programs, batch, kind)
                remit, torch = programs
                ours, theirs = median(remit.per_cpu_second()), median(torch.per_cpu_second())
                ratios = [a / b for a, b in zip(remit.per_cpu_second(), torch.per_cpu_second())]
                print(f"| {precision} | {length} | {len(batch)} | {ours:.0f} | {ours * bench.flops_per_token(shape, batch) / peak:.0%} | {theirs:.0f} | "
                      f"{ours / theirs:.2f}x | {min(ratios):.2f} to {max(ratios):.2f} | {errors['remit']} |", flush=True)
