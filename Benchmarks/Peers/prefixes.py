"""Sequences that begin alike: in one batch, which computes what they have in common once, and each alone."""
import random, statistics, sys


def alike(sequences, length, common, vocabulary, seed=3):
    """Sequences of which the first `common` ids are the same, and the one behind them differs from sequence to sequence."""
    numbers = random.Random(seed)
    draw = lambda count: [numbers.randrange(1, vocabulary) for _ in range(count)]
    start = draw(common)
    return [start + [1 + (number + common) % (vocabulary - 1)] + draw(length - common - 1) for number in range(sequences)]


def table(bench, shape, sequences, length, commons):
    """In turn, round after round: the batch, then its sequences one by one. Nothing is printed unless all bits agree."""
    print(f"\n### prefixes, {shape}: {sequences} sequences of {length} tokens, in one batch and each alone\n\n"
          "| precision | in common | CPU seconds, one batch | each alone | times less | least to most |\n|---|---|---|---|---|---|")
    for precision in bench.options.precisions:
        with bench.programs({"remit": [bench.program, "score", bench.model(shape), precision, "1"]}) as (program,):
            for common in commons:
                batch = alike(sequences, length, common, bench.vocabulary(shape))
                ways = {"together": [batch], "alone": [[ids] for ids in batch]}
                runs = {way: [] for way in ways}
                for _ in range(bench.rounds):
                    scores = {}
                    for way, batches in ways.items():
                        seconds, scores[way] = score(bench, program, batches)
                        runs[way].append(seconds)
                    if scores["together"] != scores["alone"]:
                        sys.exit(f"prefixes: {common} in common, {precision}: a sequence in the batch has other bits than alone")
                ratios = [alone / together for together, alone in zip(runs["together"], runs["alone"])]
                middle = {way: statistics.median(found) for way, found in runs.items()}
                print(f"| {precision} | {common} | {middle['together']:.3f} | {middle['alone']:.3f} | "
                      f"{middle['alone'] / middle['together']:.2f} | {min(ratios):.2f} to {max(ratios):.2f} |", flush=True)


def score(bench, program, batches):
    """CPU time, and the log-probs' bits."""
    seconds, bits = 0, b""
    for batch in batches:
        program.ask("batch " + bench.batch_file(batch))
        seconds += program.round()["cpu"]
        bits += program.scores().tobytes()
    return seconds, bits
