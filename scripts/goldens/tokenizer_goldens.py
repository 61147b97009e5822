"""Writes Tests/Data/TokenizersTests/Goldens: a small tokenizer.json for each family and what the `tokenizers` library makes
of the same texts.

    python scripts/goldens/tokenizer_goldens.py

texts.json is a list of texts. FAMILY.golden holds, for each text, in unsigned LEB128 integers (zigzag where signed):
the count of tokens; their ids; for each span, start minus the end before it and length (both zigzag), in UTF-8 bytes; how
many tokens at the start and at the end are there only because special tokens were asked for; then twice (with the special
tokens of the text and without) the text decoded from the rest: 0 if it is the text itself, else 1 + its byte count, and
its bytes.
"""

import json
import pathlib

from tokenizers import Tokenizer

from tokenizer_families import FAMILIES
from tokenizer_texts import texts

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Data" / "TokenizersTests" / "Goldens"


def leb(value):
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def zigzag(value):
    return leb(value << 1 if value >= 0 else (-value << 1) - 1)


def byte_spans(text, offsets):
    at = [0]
    for c in text:
        at.append(at[-1] + len(c.encode()))
    return [(at[start], at[end]) for start, end in offsets]


def drops(encoding, plain):
    """How many ids special tokens add at the start and at the end."""
    start = next((i for i, m in enumerate(encoding.special_tokens_mask) if not m), len(encoding.ids))
    end = len(encoding.ids) - len(plain) - start
    assert encoding.ids[start:start + len(plain)] == plain
    return start, end


def golden(tokenizer, text):
    encoding = tokenizer.encode(text)
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    out = leb(len(encoding.ids)) + b"".join(map(leb, encoding.ids))
    end = 0
    for start, stop in byte_spans(text, encoding.offsets):
        out += zigzag(start - end) + zigzag(stop - start)
        end = stop
    out += b"".join(map(leb, drops(encoding, plain)))
    decoded = tokenizer.decode(plain, skip_special_tokens=False)
    skipped = tokenizer.decode(plain, skip_special_tokens=True)
    for result in (decoded, skipped):
        out += leb(0) if result == text else leb(1 + len(result.encode())) + result.encode()
    return out


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    all_texts = texts()
    (OUT / "texts.json").write_text(json.dumps(all_texts, ensure_ascii=False, indent=0), encoding="utf-8")
    for name, make in FAMILIES.items():
        make().save(str(OUT / f"{name}.json"), pretty=False)
        tokenizer = Tokenizer.from_file(str(OUT / f"{name}.json"))
        (OUT / f"{name}.golden").write_bytes(b"".join(golden(tokenizer, t) for t in all_texts))
    sizes = sum(p.stat().st_size for p in OUT.iterdir())
    print(f"{len(all_texts)} texts, {len(FAMILIES)} families, {sizes} bytes")


if __name__ == "__main__":
    main()
