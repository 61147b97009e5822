"""Documents of paths, a line of JSON each."""

from __future__ import annotations

import dataclasses
import functools
import lzma
import zlib
from collections.abc import Iterator

from remit.read.chat import Chat
from remit.read.errors import BadRow, ReadError
from remit.read.formats import batches, sources
from remit.read.places import key
from remit.read.records import Options, Prompts, Records


class Reader:
    """Reads corpora by the same options. Memory does not grow with what is read: a batch of rows at a time is held."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def key(self, path: str) -> str:
        """What tells the bytes of a path from others without reading them: of a remote file size and ETag.

        Raises:
            ReadError: there is nothing, or its store tells nothing of the kind.
        """
        try:
            return key(sources(path, self.options.split))
        except OSError as error:
            raise ReadError(f"{path}: {error}") from error

    def documents(self, path: str, *, text: str | None = None, tokenizer: str | None = None) -> Iterator[bytes | BadRow]:
        """The documents of a path, a line of JSON each: `text`, or `prompt` and `completion`, or `ids` with a `mask`; and `id`, `domain`.

        Args:
            path: a file, a folder, a prefix, a pattern or an address.
            text: field of the text, where the options name none.
            tokenizer: directory of the tokenizer for messages, where the options name none.

        Raises:
            ReadError: what cannot be read as a whole. A row alone that is no document comes as a `BadRow` in its place.
        """
        options = self.options
        if text is not None and not {"text", "prompt", "completion", "messages", "ids"} & set(options.columns):
            options = dataclasses.replace(options, columns={**options.columns, "text": text})
        return self._rows(path, options, Records, tokenizer)

    def prompts(self, path: str, *, tokenizer: str | None = None) -> Iterator[bytes | BadRow]:
        """The prompts of a path, a line of JSON each: `prompt`, with `ids` where it is messages that a chat template rendered, and with the
        row's other `fields`.

        Args:
            path: a file, a folder, a prefix, a pattern or an address.
            tokenizer: directory of the tokenizer for messages, where the options name none.

        Raises:
            ReadError: what cannot be read as a whole. A row alone that gives no prompt comes as a `BadRow` in its place.
        """
        return self._rows(path, dataclasses.replace(self.options, prompts=True), Prompts, tokenizer)

    def _rows(self, path: str, options: Options, kind: type[Records], tokenizer: str | None) -> Iterator[bytes | BadRow]:
        tokenizer = options.tokenizer or tokenizer

        def chat() -> Chat:
            if tokenizer is None:
                raise ReadError(f"{path}: messages need a tokenizer, whose chat template renders them (--tokenizer DIRECTORY)")
            return _chat(tokenizer, options.chat_template)

        records = kind(options, chat)
        for place in sources(path, options.split):
            try:
                for batch in batches(place, options):
                    if isinstance(batch, BadRow):
                        yield batch
                    else:
                        yield from records.lines(*batch)
            except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
                raise ReadError(f"{place.path}: {error}") from error
            except Exception as error:
                if place.system is None or isinstance(error, ReadError):
                    raise
                raise place.failure(error) from error


@functools.lru_cache(maxsize=4)
def _chat(tokenizer: str, template: str | None) -> Chat:
    return Chat(tokenizer, template)
