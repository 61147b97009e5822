"""Ranges to files beside tokens, once nothing is lost, doubled or cut; and scores against another node's."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from remit.pins import NAMES, Pins
from remit.score.checked import CheckedTokens
from remit.score.engines import Engine
from remit.score.fingerprints import MODEL_FILES
from remit.score.plans import Plan, sample
from remit.score.results import Results
from remit.scores.errors import DamagedScores, MissingScores, ScoresError
from remit.scores.files import Scores
from remit.scores.parallel import SUFFIX, ParallelWriter


def check(plan: Plan, results: Results, *, allow_mixed_scores: bool = False) -> dict[str, dict[str, Any]]:
    """The manifests of all ranges, by stem, where they are those of the plan. Their numbers are not read.

    Raises:
        MissingScores: ranges are lost.
        ScoresError: ranges of another plan, doubled ones, or scores of several models, teachers, engines or devices.
    """
    wanted = {one.name: one for one in plan.ranges}
    done = results.done()
    missing = [name for name in wanted if name not in done]
    if missing:
        raise MissingScores(f"{results.url}: {len(missing)} of {len(wanted)} ranges are not there, the first of them {missing[0]}")
    extra = sorted(name for name in done if name not in wanted)
    if extra:
        raise ScoresError(f"{results.url}: {extra[0]} is no range of the plan: a range twice, or of another plan?")
    found: dict[str, dict[str, Any]] = {}
    for name, one in wanted.items():
        members = results.manifest(name)
        if members.get("plan") != plan.digest:
            raise ScoresError(f"{results.url}/{name}.json is of another plan")
        if members.get("range") != one.members():
            raise ScoresError(f"{results.url}/{name}.json is of the range {members.get('range')}: a range twice")
        found[name] = members
    for field in (*NAMES, "dtype", "precision"):
        values = {str(members.get(field)) for members in found.values()}
        if len(values) > 1 and not (field == "scores_fingerprint" and allow_mixed_scores):
            raise ScoresError(
                f"{results.url}: ranges have different {field}: {', '.join(sorted(values))}. Another engine, version or device "
                f"gives other bits"
            )
    _check_model_files(plan, results, found)
    return found


def _check_model_files(plan: Plan, results: Results, found: dict[str, dict[str, Any]]) -> None:
    """Fingerprints may be a server's, which say nothing of the files that ran here. Ranges that name none are of other workers."""
    places = {} if plan.model_files is None else {plan.model_files: plan.path}
    for name, members in found.items():
        if MODEL_FILES in members:
            places.setdefault(str(members[MODEL_FILES]), f"{results.url}/{name}.json")
    if len(places) > 1:
        (one, first), (other, second) = list(places.items())[:2]
        raise ScoresError(
            f"the numbers are of different models: {MODEL_FILES} is {one} in {first} and {other} in {second}. Remove the ranges of the "
            f"model that is not the teacher, both files of each, and run them again"
        )


def merge(
    plan: Plan, results: Results, *, out: str | os.PathLike[str] | None = None, model: str = "teacher",
    allow_mixed_scores: bool = False, tell: Callable[[str], None] = lambda _: None,
) -> list[str]:  # fmt: skip
    """Writes the numbers of each token file beside it (or into `out`), and checks every byte on the way; the paths of the JSON."""
    found = check(plan, results, allow_mixed_scores=allow_mixed_scores)
    if not found:
        raise ScoresError(f"{plan.path}: its token files have no items, so that no range names a teacher")
    paths = _paths(plan, out)
    written = []
    for index in range(len(plan.files)):
        tokens = plan.token_file(index)
        # A file without items has no range: its JSON names the teacher of the others.
        first = next((found[one.name] for one in plan.ranges if one.file == index), next(iter(found.values())))
        writer = ParallelWriter(
            tokens, unit=plan.unit, pins=Pins.of(first), model=model, precision=str(first["precision"]), dtype=str(first["dtype"]),
            digest=plan.files[index].sha256, out=paths[index],
        )  # fmt: skip
        with writer:
            for one in plan.ranges:
                if one.file != index:
                    continue
                members = found[one.name]
                values = np.frombuffer(results.numbers(one.name, members), np.dtype(members["dtype"]).newbyteorder("<"))
                if len(values) != one.count or int((~np.isnan(values)).sum()) != members["scored_items"]:
                    raise DamagedScores(f"{results.url}/{one.name}.scores has {len(values)} numbers, the range {one.count} items")
                writer.append(values)
            written.append(writer.finish())
        tell(f"{written[-1]}: {writer.items} items, {writer.scored} with a log-prob")
    return written


def _paths(plan: Plan, out: str | os.PathLike[str] | None) -> list[str]:
    """Where the numbers of each token file are put. Raises `ScoresError` where those of two would be one file."""
    places: dict[str, str] = {}
    for index in range(len(plan.files)):
        tokens = plan.token_file(index).path
        path = (tokens if out is None else os.path.join(os.fspath(out), os.path.basename(tokens))) + SUFFIX
        if path in places:
            raise ScoresError(
                f"{path} would hold the numbers of {places[path]} and of {tokens}: merge without a folder (--out), so that they are put "
                f"beside their token files, or make a plan for each"
            )
        places[path] = tokens
    return list(places)


@dataclass(frozen=True)
class RescoringReport:
    """Scores on disk against those of an engine here."""

    #: Tokens compared.
    tokens: int
    #: Mean and largest absolute difference.
    mean: float
    largest: float
    #: Mean signed difference, here less there.
    bias: float
    #: Share of tokens that differ in a bit.
    changed: float

    def __str__(self) -> str:
        return (
            f"{self.tokens} tokens scored again: mean difference {self.mean:.2e}, largest {self.largest:.2e}, mean signed "
            f"{self.bias:+.2e}, {100 * self.changed:.2f} % not the same bits"
        )


def rescore(
    plan: Plan, engine: Engine, share: float, *, out: str | os.PathLike[str] | None = None, seed: int = 0, batch: int = 32,
    tell: Callable[[str], None] = lambda _: None,
) -> RescoringReport:  # fmt: skip
    """Scores a share of the pieces again and compares. The files must have been merged, and the tokens be those that were planned."""
    if not 0 < share <= 1:
        raise ValueError(f"share: expected a number above 0 and up to 1, got {share}")
    there: list[np.ndarray[Any, Any]] = []
    here: list[np.ndarray[Any, Any]] = []
    opened: dict[int, Scores] = {}
    tokens = CheckedTokens(plan, tell=tell)
    pieces = [piece for piece in sample(plan, share, seed) if piece[2] - piece[1] > 1]
    for first in range(0, len(pieces), batch):
        part = pieces[first : first + batch]
        files = {index: tokens[index] for index, _, _ in part}
        for index, file in files.items():
            path = file.path if out is None else os.path.join(os.fspath(out), os.path.basename(file.path))
            opened.setdefault(index, Scores(path + SUFFIX, unit=plan.unit.kind, tokens=plan.unit.tokens))
        got = engine.score([files[index].ids(start, stop) for index, start, stop in part])
        there += [opened[index].at(start, stop)[1:] for index, start, stop in part]
        here += [one[1:] for one in got]
    if not there:
        raise ScoresError(f"{plan.path}: a share of {share} of its pieces is none: ask for more")
    old, new = np.concatenate(there), np.concatenate(here)
    difference = new.astype(np.float64) - old
    size = np.abs(difference)
    return RescoringReport(len(old), float(size.mean()), float(size.max()), float(difference.mean()), float((new != old).mean()))
