"""Conversations as a tokenizer's own chat template renders them: ids, and which of them are the assistant's."""

from __future__ import annotations

import json
import pathlib
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from remit.read.errors import ReadError, needs

_MARKERS = re.compile(r"\{%[-+]?\s*generation\s*[-+]?%\}")
#: Private-use characters: no template looks at them, and no text that is told apart by them holds them.
_SENTINEL = "\ue000remit\ue001"
_KINDS = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system", "tool": "tool"}


class Chat:
    """Renders conversations with the chat template of a tokenizer.

    The assistant's tokens are those between the template's `{% generation %}` marks. Where it has none, they are what follows the
    generation prompt, to the end of the turn with what closes it, as TRL's templates for training mark them.
    """

    def __init__(self, tokenizer: str, template: str | None = None) -> None:
        """
        Args:
            tokenizer: directory of a tokenizer that `transformers` reads.
            template: path of a Jinja file in place of the tokenizer's own chat template.
        """
        try:
            import transformers
        except ImportError as error:
            raise needs("transformers", "a column of messages") from error
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(tokenizer)
        except (OSError, ValueError) as error:
            raise ReadError(f"{tokenizer}: no tokenizer that transformers reads: {error}") from error
        if template is not None:
            self._tokenizer.chat_template = pathlib.Path(template).read_text(encoding="utf-8")
        if not self._tokenizer.chat_template:
            raise ReadError(f"{tokenizer} has no chat template, which messages are rendered by; name a Jinja file: --chat-template FILE")
        if not self._tokenizer.is_fast:
            raise ReadError(f"{tokenizer}: expected a tokenizer.json: which tokens are the assistant's is told by where they lie in the text")
        # No special tokens are asked of it; all else that it does is to leave blanks out of the tokens' spans (trim_offsets), and a blank
        # that lies nowhere would be nobody's: a template with marks would then give an empty mask.
        self._tokenizer.backend_tokenizer.post_processor = None
        self._has_marks = _MARKERS.search(self._tokenizer.get_chat_template()) is not None
        specials = {str(token) for token in self._tokenizer.added_tokens_decoder.values()}
        self._closing = sorted(specials, key=len, reverse=True)

    def encode(self, messages: Any, tools: Any = None) -> tuple[list[int], list[int]]:
        """Ids of a conversation, and a mask with 1 for each token that the assistant says.

        Args:
            messages: list of {"role", "content"}, or of {"from", "value"} as ShareGPT has them.
            tools: what the conversation's tools are, as the template takes them.

        Raises:
            ValueError: what is no conversation, or one that the template refuses or renders in a way that hides the assistant's part.
        """
        said = conversation(messages)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return self._marked(said, tools) if self._has_marks else self._searched(said, tools)
            except ValueError:
                raise
            except Exception as error:  # a template raises what it likes, by way of Jinja
                raise ValueError(f"the chat template refuses it: {error}") from error

    def prompt(self, messages: Any, tools: Any = None) -> tuple[str, list[int]]:
        """A conversation that the assistant is to continue, with the template's generation prompt behind it: text and ids.

        Raises:
            ValueError: what is no conversation, one that ends with the assistant's word, or one that the template refuses.
        """
        said = conversation(messages)
        if said[-1]["role"] == "assistant":
            raise ValueError("the last message is the assistant's: expected one for it to answer")
        try:
            text = self._render(said, tools, prompt=True)
        except Exception as error:  # a template raises what it likes, by way of Jinja
            raise ValueError(f"the chat template refuses it: {error}") from error
        return text, list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _marked(self, messages: list[dict[str, Any]], tools: Any) -> tuple[list[int], list[int]]:
        encoded = self._tokenizer.apply_chat_template(
            messages, tools=tools, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
        )
        return list(encoded["input_ids"]), [int(one) for one in encoded["assistant_masks"]]

    def _searched(self, messages: list[dict[str, Any]], tools: Any) -> tuple[list[int], list[int]]:
        whole = self._render(messages, tools)
        spans = [self._span(whole, messages, place, tools) for place, one in enumerate(messages) if one["role"] == "assistant"]
        encoded = self._tokenizer(whole, add_special_tokens=False, return_offsets_mapping=True)
        mask = []
        rest = iter(spans)
        start, stop = next(rest, (len(whole), len(whole)))
        for first, last in encoded["offset_mapping"]:
            while first >= stop < len(whole):
                start, stop = next(rest, (len(whole), len(whole)))
            # As transformers tells it: a token that reaches into the span is of it.
            mask.append(int(last > start and first < stop and last > first))
        return list(encoded["input_ids"]), mask

    def _render(self, messages: list[dict[str, Any]], tools: Any, *, prompt: bool = False) -> str:
        return str(self._tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, add_generation_prompt=prompt))

    def _span(self, whole: str, messages: list[dict[str, Any]], place: int, tools: Any) -> tuple[int, int]:
        """Where an assistant's message lies in the rendered text: behind the prompt that asks for it, up to what follows the turn."""
        # What the generation prompt ends with is given, not said: a thinking block that a template opens there, for one.
        prompt = self._attempt(messages[:place], tools, prompt=True)
        through = whole if place + 1 == len(messages) else self._attempt(messages[: place + 1], tools)
        start = len(prompt) if prompt is not None and whole.startswith(prompt) else None
        stop = len(through) if through is not None and whole.startswith(through) else None
        if start is None or stop is None:
            before, after = self._around(whole, messages, place, tools)
            start = before if start is None else start
            stop = self._closed(whole, after) if stop is None and after is not None else stop
        if start is None or stop is None or start > stop:
            raise ValueError(
                f"message {place}: the chat template renders it otherwise once the conversation goes on, so which tokens are the "
                "assistant's cannot be told; give a template with {% generation %} marks (--chat-template)"
            )
        return start, stop

    def _around(self, whole: str, messages: list[dict[str, Any]], place: int, tools: Any) -> tuple[int | None, int | None]:
        """Where the content of a message begins and ends, told by another content in its place; None where that does not tell."""
        message = messages[place]
        content = message.get("content")
        if not isinstance(content, str) or message.get("tool_calls") or message.get("reasoning_content") or "</think>" in content:
            return None, None
        other = self._attempt([*messages[:place], {**message, "content": _SENTINEL}, *messages[place + 1 :]], tools)
        if other is None or other.count(_SENTINEL) != 1:
            return None, None
        head, _, tail = other.partition(_SENTINEL)
        if not whole.startswith(head) or not whole.endswith(tail) or len(head) + len(tail) > len(whole):
            return None, None
        return len(head), len(whole) - len(tail)

    def _closed(self, whole: str, end: int) -> int:
        """The end of a turn with the special token that closes it, if there is one, and the line's end behind that."""
        for token in self._closing:
            if whole.startswith(token, end):
                end += len(token)
                return end + 1 if whole.startswith("\n", end) else end
        return end

    def _attempt(self, messages: list[dict[str, Any]], tools: Any, *, prompt: bool = False) -> str | None:
        try:
            return self._render(messages, tools, prompt=prompt)
        except Exception:  # a template that refuses a part of a conversation takes the whole
            return None


def conversation(messages: Any) -> list[dict[str, Any]]:
    """Messages of a row in the form that templates take; a JSON string of them is read, fields that are null are left out.

    Raises:
        ValueError: for anything else.
    """
    if isinstance(messages, str):
        try:
            messages = json.loads(messages)
        except ValueError as error:
            raise ValueError(f"messages: expected a list, got a string that is no JSON: {error}") from error
    if isinstance(messages, Mapping) or not isinstance(messages, Sequence) or not messages:
        raise ValueError(f"messages: expected a list of messages with one at least, got {type(messages).__name__}")
    return [_message(place, one) for place, one in enumerate(messages)]


def _message(place: int, one: Any) -> dict[str, Any]:
    if not isinstance(one, Mapping):
        raise ValueError(f"message {place}: expected an object, got {type(one).__name__}")
    if isinstance(one.get("role"), str):
        return {name: value for name, value in one.items() if value is not None or name == "content"}
    role = _KINDS.get(str(one.get("from")))
    if role is None or not isinstance(one.get("value"), str):
        raise ValueError(f"message {place}: expected the fields role and content (or from and value), got {', '.join(map(str, one))}")
    return {"role": role, "content": one["value"]}
