"""Row filters: `language == "en" and quality.score >= 0.8`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from remit.read.errors import ReadError

Test = Callable[[Mapping[str, Any]], Any]

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other, ast.NotIn: lambda one, other: one not in other,
    ast.Is: lambda one, other: one is other, ast.IsNot: lambda one, other: one is not other,
}  # fmt: skip


class Filter:
    """A condition on fields: comparisons (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `is None`) of fields and constants, `len(field)`,
    `and`, `or`, `not`. Field names may be paths (`meta.language`). A comparison with a field that is null or of another type does not hold."""

    def __init__(self, text: str) -> None:
        self.text = text
        #: Paths of the fields that it looks at.
        self.paths: set[str] = set()
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except SyntaxError as error:
            raise ReadError(f"--where {text!r}: {error.msg}; expected a condition such as 'language == \"en\" and score >= 0.8'") from error
        self._test = self._node(tree.body)

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether it holds for a row, which has a value (or None) under each of `paths`."""
        return bool(self._test(row))

    def _node(self, node: ast.expr) -> Test:
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                tests = [self._node(one) for one in values]
                return lambda row: all(test(row) for test in tests)
            case ast.BoolOp(op=ast.Or(), values=values):
                tests = [self._node(one) for one in values]
                return lambda row: any(test(row) for test in tests)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                test = self._node(operand)
                return lambda row: not test(row)
            case ast.Compare(left=left, ops=operators, comparators=others):
                sides = [self._node(one) for one in [left, *others]]
                pairs = list(zip(sides, operators, sides[1:], strict=False))
                return lambda row: all(_compare(type(how), one(row), other(row)) for one, how, other in pairs)
            case ast.Call(func=ast.Name(id="len"), args=[argument], keywords=[]):
                counted = self._node(argument)
                return lambda row: _length(counted(row))
            case ast.Name() | ast.Attribute():
                path = self._path(node)
                self.paths.add(path)
                return lambda row: row[path]
        try:
            constant = ast.literal_eval(node)
        except ValueError:
            known = "fields, constants, len(), comparisons, and, or, not"
            raise ReadError(f"--where {self.text!r}: {ast.unparse(node)} is not understood; there are {known}") from None
        return lambda row: constant

    def _path(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=value, attr=name):
                return f"{self._path(value)}.{name}"
        raise ReadError(f"--where {self.text!r}: {ast.unparse(node)} is no path of fields")


def _compare(how: type[ast.cmpop], one: Any, other: Any) -> bool:
    if how not in (ast.Is, ast.IsNot) and (one is None or other is None):
        return False
    try:
        return bool(_COMPARISONS[how](one, other))
    except TypeError:
        return False


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, (str, bytes, list, dict)) else None
