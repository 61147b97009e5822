"""python -m remit.scores: says what scores are, checks them, and turns one form into the other."""

from __future__ import annotations

import argparse
import sys

from remit.errors import RemitError
from remit.scores.convert import parallel_to_segments, segments_to_parallel
from remit.scores.files import Scores
from remit.scores.tokens import TokenFile
from remit.scores.weights import static_weights


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m remit.scores", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in [("info", "say form, unit, teacher and size"), ("verify", "read all of it and compare with the checksums")]:
        commands.add_parser(name, help=text).add_argument("scores", help="a side-car's directory, or a file of numbers")
    for name, text in [
        ("to-parallel", "write a side-car's numbers beside a token file"),
        ("to-segments", "write the numbers beside a token file as a side-car"),
        ("weights", "write the static weights of a teacher against a base beside a token file"),
    ]:
        command = commands.add_parser(name, help=text)
        command.add_argument("scores", help="a side-car's directory, or a file of numbers")
        command.add_argument("--tokens", required=True, help="the token file")
        command.add_argument("--token-dtype", help="dtype of a token file without header, such as uint32")
        command.add_argument("--end", type=int, help="the end-of-sequence id that closes each document")
        command.add_argument("--out", required=name == "to-segments", help="where to write; by default beside the token file")
        if name == "weights":
            command.add_argument("--base", required=True, help="the base's file of numbers, of the same token file and unit")
            command.add_argument("--epsilon", type=float, default=0.2, help="weights are clipped to 1 - epsilon ... 1 + epsilon")
        else:
            command.add_argument("--allow-missing", action="store_true", help="leave out documents that were not scored")
        if name != "to-segments":
            command.add_argument("--dtype", choices=["float32", "float16"], default="float32")
    given = parser.parse_args(arguments)
    try:
        scores = Scores(given.scores)
        if given.command == "info":
            print(scores)
            return 0
        if given.command == "verify":
            scores.verify()
            print(f"{scores!r}: sound")
            return 0
        tokens = TokenFile(given.tokens, dtype=given.token_dtype, end=given.end)
        if given.command == "weights":
            path = static_weights(scores, Scores(given.base), tokens, epsilon=given.epsilon, dtype=given.dtype, out=given.out)
        elif given.command == "to-parallel":
            path = segments_to_parallel(scores, tokens, out=given.out, dtype=given.dtype, allow_missing=given.allow_missing)
        else:
            path = parallel_to_segments(scores, tokens, given.out, allow_missing=given.allow_missing)
        print(path)
        return 0
    except (RemitError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
