"""Rows as the documents that remit-trainer reads."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any

from remit.read.chat import Chat
from remit.read.errors import BadRow, ReadError
from remit.read.fields import ROW, Columns
from remit.read.filters import Filter

#: What a document is made of, with the names of fields that are looked for where none is given.
ROLES: dict[str, tuple[str, ...]] = {
    "text": ("text",), "prompt": ("prompt",), "completion": ("completion",), "messages": ("messages", "conversations"), "tools": ("tools",),
    "ids": ("ids", "input_ids"), "mask": ("mask", "assistant_masks", "loss_mask"), "id": ("id",), "domain": ("domain",),
}  # fmt: skip

#: What JSON writes otherwise, the backslash first; and the control characters that are not among them, which are rare.
_ESCAPES = ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n"), (b"\r", b"\\r"), (b"\t", b"\\t"))
_CONTROLS = bytes(set(range(32)) - set(b"\n\r\t"))

#: Roles that are a document, or half of one.
_CONTENT = ("text", "prompt", "completion", "messages", "ids")

#: Roles that a prompt can be made of.
_PROMPTS = ("prompt", "messages")


@dataclasses.dataclass(frozen=True)
class Options:
    """How rows are read."""

    #: Field of each role of `ROLES` that the usual names are not right for. One of text, messages, ids or prompt and completion that is
    #: given is the document, whatever stands beside it.
    columns: dict[str, str] = dataclasses.field(default_factory=dict)
    #: Condition on rows: the others are left out.
    where: Filter | None = None
    #: Split that is read of what has several.
    split: str | None = None
    #: Directory of the tokenizer that messages are rendered and encoded with.
    tokenizer: str | None = None
    #: Jinja file in place of the tokenizer's own chat template.
    chat_template: str | None = None
    #: Most bytes of a batch of rows, about.
    batch_bytes: int = 8 << 20
    #: Whether rows are prompts rather than documents: then all of their fields are read.
    prompts: bool = False

    def __post_init__(self) -> None:
        for role in self.columns:
            if role not in ROLES:
                raise ReadError(f"there is no column {role}; a document has {', '.join(ROLES)}")

    @property
    def candidates(self) -> dict[str, tuple[str, ...]]:
        """Fields that are looked for, in order, by role."""
        content = _PROMPTS if self.prompts else _CONTENT
        given = [role for role in content if role in self.columns]
        if not self.prompts and ("completion" in given or "prompt" in given):
            given = [*given, "prompt", "completion"]
        return {
            role: (self.columns[role],) if role in self.columns else names
            for role, names in ROLES.items()
            if role not in _CONTENT or (role in given if given else role in content)
        }

    @property
    def contents(self) -> list[str]:
        """Fields one of which a row must have."""
        return [name for role in _CONTENT for name in self.candidates.get(role, ()) if role != "completion"]

    @property
    def named(self) -> set[str]:
        """Fields that were asked for by name, so that want of one is a mistake."""
        return {*self.columns.values(), *(self.where.paths if self.where else ())}

    @property
    def paths(self) -> set[str]:
        """Every field that is looked at."""
        named = {name for names in self.candidates.values() for name in names}
        return named | (self.where.paths if self.where else set()) | ({ROW} if self.prompts else set())


class Records:
    """Turns rows into lines of JSON, one a document."""

    def __init__(self, options: Options, chat: Callable[[], Chat]) -> None:
        self._options = options
        self._candidates = options.candidates
        self._chat = chat

    def lines(self, columns: Columns, numbers: Sequence[int]) -> Iterator[bytes | BadRow]:
        """The lines of a batch; a row that is no document comes as what is wrong with it.

        Args:
            columns: values by path; a path that no row has may be absent.
            numbers: number of each row in its file, from 1.
        """
        where = self._options.where
        paths = {role: [name for name in names if name in columns] for role, names in self._candidates.items()}
        for place, number in enumerate(numbers):
            if where is not None and not where.holds({path: _at(columns, path, place) for path in where.paths}):
                continue
            found = {role: _first(columns, names, place) for role, names in paths.items() if names}
            try:
                yield self._line(found, _at(columns, ROW, place))
            except ValueError as error:  # of UTF-8 too: half a surrogate pair is no text
                yield BadRow(number, str(error))

    def _line(self, found: dict[str, Any], row: Any) -> bytes:
        parts = [b"{", self._document(found)]
        for role in ("id", "domain"):
            value = found.get(role)
            if value is not None and not isinstance(value, (dict, list)):
                parts += [b',"', role.encode(), b'":', _string(str(value), role)]
        parts.append(b"}\n")
        return b"".join(parts)

    def _document(self, found: dict[str, Any]) -> bytes:
        if "mask" in self._options.columns and found.get("mask") is not None and found.get("ids") is None:
            raise ValueError("a mask needs ids beside it: it says which of them are scored")
        text, completion = found.get("text"), found.get("completion")
        if text is not None:
            if completion is not None and "text" not in self._options.columns:
                raise ValueError("expected text or prompt and completion, not both; name the field that is the document (--text-field)")
            return b'"text":' + _string(text, "text")
        prompt = found.get("prompt")
        if prompt is not None and completion is not None:
            if isinstance(prompt, list) or isinstance(completion, list):
                return self._messages([*_list(prompt), *_list(completion)], found.get("tools"))
            return b'"prompt":' + _string(prompt, "prompt") + b',"completion":' + _string(completion, "completion")
        if found.get("messages") is not None:
            return self._messages(found["messages"], found.get("tools"))
        if found.get("ids") is not None:
            return _ids(found["ids"], found.get("mask"))
        raise ValueError(f"it has no document: none of {', '.join(self._options.contents)}")

    def _messages(self, messages: Any, tools: Any) -> bytes:
        ids, mask = self._chat().encode(messages, tools or None)
        return _ids(ids, mask)


class Prompts(Records):
    """Turns rows into lines of JSON, one a prompt: its text, its ids where a chat template made it, and the row's other fields."""

    def _line(self, found: dict[str, Any], row: Any) -> bytes:
        prompt = found.get("prompt")
        line: dict[str, Any] = {}
        fields = dict(row) if isinstance(row, Mapping) else {}
        if isinstance(prompt, str):
            if not prompt:
                raise ValueError("prompt: it is empty")
            line["prompt"] = prompt
            fields.pop(self._options.columns.get("prompt", "prompt"), None)
        else:
            if prompt is not None and not isinstance(prompt, list):
                raise ValueError(f"prompt: expected a string or a list of messages, got {type(prompt).__name__}")
            messages = prompt if prompt is not None else found.get("messages")
            if messages is None:
                raise ValueError(f"it has no prompt: none of {', '.join(self._options.contents)}")
            line["prompt"], line["ids"] = self._chat().prompt(messages, found.get("tools") or None)
        if fields:
            line["fields"] = fields
        return json.dumps(line, ensure_ascii=False, allow_nan=False, default=_plain).encode() + b"\n"


def _plain(value: Any) -> str:
    """What JSON has not: bytes as base64, all else (times, decimals) in words."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _at(columns: Columns, path: str, place: int) -> Any:
    column = columns.get(path)
    return None if column is None else column[place]


def _first(columns: Columns, names: list[str], place: int) -> Any:
    for name in names:
        value = columns[name][place]
        if value is not None:
            return value
    return None


def _string(value: Any, what: str) -> bytes:
    """A JSON string. Bytes are replaced where they stand: most texts hold nothing but lines and quotes, and are only searched."""
    data = value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else None
    if data is None:
        raise ValueError(f"{what}: expected a string, got {type(value).__name__}")
    if isinstance(value, bytes):
        value = data.decode()
    for character, escape in _ESCAPES:
        data = data.replace(character, escape)
    if len(data.translate(None, _CONTROLS)) != len(data):
        return encode_basestring(value).encode()
    return b'"' + data + b'"'


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"prompt and completion: expected two lists of messages, got a {type(value).__name__}")
    return value


def _ids(ids: Any, mask: Any) -> bytes:
    if not isinstance(ids, list) or not all(type(one) is int for one in ids):
        raise ValueError("ids: expected a list of integers")
    if mask is None:
        return f'"ids":[{",".join(map(str, ids))}]'.encode()
    if not isinstance(mask, list) or len(mask) != len(ids) or not all(one in (0, 1) for one in mask):
        raise ValueError("mask: expected as many 0 and 1 as there are ids")
    return f'"ids":[{",".join(map(str, ids))}],"mask":[{",".join("1" if one else "0" for one in mask)}]'.encode()
