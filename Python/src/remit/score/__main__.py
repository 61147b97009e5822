"""python -m remit.score: plans, scores, merges and verifies a corpus's log-probs."""

from __future__ import annotations

import argparse
import glob
import json
import os
import sys
from typing import Any

from remit.client import Client
from remit.errors import RemitError
from remit.pins import Pins
from remit.score.engines import Engine, TransformersEngine, VLLMEngine
from remit.score.fingerprints import file_fingerprints, model_files_sha256
from remit.score.merging import merge, rescore
from remit.score.plans import RANGE_TOKENS, Plan, make_plan
from remit.score.results import Results
from remit.score.worker import Worker
from remit.scores.files import Scores
from remit.scores.units import Unit


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m remit.score", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)

    plan = commands.add_parser("plan", help="list contiguous ranges of token files")
    plan.add_argument("--tokens", nargs="+", required=True, help="token files, or patterns")
    plan.add_argument("--token-dtype", help="of files without header, such as uint32")
    plan.add_argument("--unit", choices=["document", "chunk"], required=True, help="what is scored on its own: as the loader feeds it")
    plan.add_argument("--sequence-length", type=int, required=True, help="what documents are cut at multiples of, or a chunk's length")
    plan.add_argument("--end", type=int, help="the end-of-sequence id that closes each document")
    plan.add_argument("--pins", help="the teacher's fingerprints: a remit-server's URL, or scores of the same teacher")
    plan.add_argument("--model", help="folder of the model that is to run: workers with other files are refused")
    plan.add_argument("--range-tokens", type=int, default=RANGE_TOKENS, help=f"tokens of a range, about (default {RANGE_TOKENS})")
    plan.add_argument("--out", required=True, help="the plan")

    run = commands.add_parser("run", help="score ranges until all are there")
    run.add_argument("--dtype", choices=["float32", "float16"], default="float32", help="of the numbers (default float32)")
    run.add_argument("--batch-tokens", type=int, default=1 << 16, help="tokens that the engine is given at a time (default 65536)")
    run.add_argument("--lease", type=float, default=600.0, help="seconds after which a silent worker's range is free (default 600)")
    run.add_argument("--poll", type=float, default=5.0, help="seconds between looks at others' ranges at the end (default 5)")
    run.add_argument("--max-ranges", type=int, help="stop after so many ranges")

    merged = commands.add_parser("merge", help="check that nothing is lost, doubled or cut, and write files beside the tokens")
    merged.add_argument("--name", default="teacher", help="the teacher's name in the files")
    merged.add_argument("--allow-mixed-scores", action="store_true", help="take ranges of several engines, versions or devices")

    verify = commands.add_parser("verify", help="score a share again on this node and say the drift")
    verify.add_argument("--rescore", default="0.1%", help="share of the pieces, such as 0.1%%")
    verify.add_argument("--tolerance", type=float, default=0.5, help="largest difference that is no error (default 0.5)")
    verify.add_argument("--seed", type=int, default=0, help="decides which pieces (default 0)")

    for command in (run, merged, verify):
        command.add_argument("--plan", required=True, help="the plan")
    for command in (run, merged):
        command.add_argument("--results", required=True, help="where ranges are put: a folder, file://, s3://, gs://")
    for command in (merged, verify):
        command.add_argument("--out", help="folder of the merged files; by default beside the token files")
    for command in (run, verify):
        command.add_argument("--engine", choices=["vllm", "transformers"], required=True)
        command.add_argument("--model", required=True, help="the teacher: folder of a Hugging Face checkpoint")
        command.add_argument("--precision", choices=["f32", "bf16"], default="bf16", help="of the forward pass (default bf16)")
        command.add_argument("--engine-options", type=json.loads, default={}, help="further arguments of vllm.LLM, as JSON")
        command.add_argument("--pins", help="the teacher's fingerprints, where the plan has none: a URL, or scores; by default the files'")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; its exit status."""
    given = parser().parse_args(arguments)
    try:
        return {"plan": _plan, "run": _run, "merge": _merge, "verify": _verify}[given.command](given)
    except (RemitError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _plan(given: Any) -> int:
    names = sorted({name for pattern in given.tokens for name in (glob.glob(pattern) or [pattern])})
    pins = _pins(given.pins) if given.pins else Pins()
    unit = Unit(given.unit, given.sequence_length)
    model_files = model_files_sha256(given.model, tell=_tell) if given.model else None
    plan = make_plan(
        given.out, names, unit, dtype=given.token_dtype, end=given.end, pins=Pins(pins.model_fingerprint, pins.tokenizer_fingerprint),
        model_files=model_files, range_tokens=given.range_tokens,
    )  # fmt: skip
    print(f"{plan.path}: {plan.tokens} tokens of {len(plan.files)} files in {len(plan.ranges)} ranges, by {plan.unit}")
    return 0


def _run(given: Any) -> int:
    plan = Plan.read(given.plan)
    results = Results(given.results, lease=given.lease)
    model_files = _model_files(plan, given)
    pins = _teacher(plan, given, model_files)
    worker = Worker(
        plan, results, _engine(plan, given), pins=pins, model_files=model_files, batch_tokens=given.batch_tokens, dtype=given.dtype,
        tell=_tell,
    )  # fmt: skip
    count = worker.run(poll=given.poll, max_ranges=given.max_ranges)
    print(f"{count} ranges scored here")
    return 0


def _merge(given: Any) -> int:
    plan = Plan.read(given.plan)
    merge(plan, Results(given.results), out=given.out, model=given.name, allow_mixed_scores=given.allow_mixed_scores, tell=print)
    return 0


def _verify(given: Any) -> int:
    plan = Plan.read(given.plan)
    if plan.model_files is not None:
        _model_files(plan, given)
    report = rescore(plan, _engine(plan, given), _share(given.rescore), out=given.out, seed=given.seed, tell=_tell)
    print(report)
    if not report.largest <= given.tolerance:  # or NaN, which an engine that is broken here answers
        print(f"error: the largest difference is {report.largest}, expected at most {given.tolerance}", file=sys.stderr)
        return 1
    return 0


def _engine(plan: Plan, given: Any) -> Engine:
    if given.engine == "transformers":
        return TransformersEngine(given.model, precision=given.precision, longest=plan.unit.tokens)
    return VLLMEngine(given.model, precision=given.precision, longest=plan.unit.tokens, **given.engine_options)


def _model_files(plan: Plan, given: Any) -> str:
    """What tells the model that runs here from others, whatever the teacher's fingerprints are. Before it is loaded, which takes longer."""
    found = model_files_sha256(given.model, tell=_tell)
    plan.require_model(found)
    return found


def _teacher(plan: Plan, given: Any, model_files: str) -> Pins:
    if given.pins:
        return _pins(given.pins)
    return plan.pins if plan.pins.model_fingerprint else file_fingerprints(given.model, model_files)


def _tell(line: str) -> None:
    print(line, flush=True)


def _pins(source: str) -> Pins:
    return Client(source).info().pins if source.startswith(("http://", "https://")) else Scores(source).pins


def _share(text: str) -> float:
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # Engines leave threads and children behind that would keep the process for seconds, or for ever.
    os._exit(status) if status == 0 else sys.exit(status)
