"""Valid requests for every route that takes a body, in each of its forms. Each is drawn from a `random.Random`."""

import copy
import gzip
import json
import struct

VOCABULARY, TOKENS = 640, 594  # of the demo pair: rows of its head, and tokens of its tokenizer
TEXTS = [
    "12 + 30 = 42", "Let x = 7; then 3 * x = 21.", "", " ", "a", "é", "日本語のテキスト", "👩‍👩‍👧‍👦", "\u0000\u0001\u001f",
    "<|endoftext|>", "<|end|>", "tab\tand\r\nnewline", "x" * 150, "ab" * 60, "1 " * 60, "\u202e\ufeff\ufffd", "ﬃ①Å",
]


class Request:
    """What is posted: a tree that is written as JSON, or as safetensors where it has `tensors`."""

    def __init__(self, method, path, tree, accept=None, tensors=None):
        self.method, self.path, self.tree, self.accept, self.tensors = method, path, tree, accept, tensors

    def copy(self):
        return copy.deepcopy(self)

    @property
    def content_type(self):
        return "application/json" if self.tensors is None else "application/vnd.safetensors"

    def body(self):
        if self.tensors is None:
            return json.dumps(self.tree, ensure_ascii=False).encode("utf-8", "surrogatepass")
        header = json.dumps(self.tree, ensure_ascii=False).encode("utf-8", "surrogatepass")
        header += b" " * (-len(header) % 8)
        return struct.pack("<Q", len(header)) + header + self.tensors


def drawn(draw, pins):
    """A request that is answered with 2xx, but for teachers, which may be there or not."""
    kind = draw.choices(["logprobs", "weights", "tokenize", "detokenize", "teachers"], [35, 35, 12, 12, 6])[0]
    if kind == "tokenize":
        return Request(
            "POST", "/v1/tokenize", {"text": text(draw), **some(draw, {"add_special_tokens": draw.random() < 0.5})})
    if kind == "detokenize":
        return Request(
            "POST", "/v1/detokenize",
            {"token_ids": ids(draw, 0, TOKENS), **some(draw, {"skip_special_tokens": draw.random() < 0.5})})
    if kind == "teachers":
        name = draw.choice(["other", "second"])
        return draw.choice([
            Request("POST", "/v1/teachers", {"name": name, "path": draw.choice(["base", "teacher"])}),
            Request("PUT", "/v1/default-teacher", {"name": "teacher"}),
            Request("DELETE", f"/v1/teachers/{name}", None),
        ])
    accept = draw.choice([None, "application/json", "application/x-ndjson", "application/vnd.safetensors"])
    options = some(draw, {"return_tokens": draw.random() < 0.5}) | some(draw, pins)
    if kind == "weights":
        name = draw.choice(["remit", "remit-static", "ntp", "rho1"])
        options |= some(draw, {"weighting": name})
        options |= some(draw, {"epsilon": draw.choice([0, 0.2, 1])}) | some(draw, {"keep_fraction": draw.choice([0.1, 0.6, 1])})
        options |= some(draw, {"centering": draw.choice(["sequence", "document"])})
    else:
        options |= some(draw, {"top_k": draw.choice([0, 1, 5])})
        options |= some(draw, {"entropy": draw.choice([False, True]), "temperatures": draw.choice([[], [2], [0.5, 1, 3]])})
    if draw.random() < 0.5:
        return flat(draw, kind, accept, options)
    inputs = [one_input(draw, kind) for _ in range(draw.choice([1, 1, 2, 5]))]
    return Request("POST", f"/v1/{kind}", {"inputs": inputs, **options}, accept)


def some(draw, members):
    return members if draw.random() < 0.3 else {}


def text(draw):
    return "".join(draw.choice(TEXTS) for _ in range(draw.choice([1, 1, 3])))


def ids(draw, shortest, limit=VOCABULARY):
    return [draw.randrange(limit) for _ in range(draw.choice([shortest, 1, 2, 7, 60]))]


def starts(draw, count):
    return [0] + sorted(draw.sample(range(1, count), min(2, count - 1)))


def one_input(draw, kind):
    made = some(draw, {"id": text(draw)})
    if draw.random() < 0.4:
        return made | {"text": text(draw) + "."}
    tokens = ids(draw, 3)
    made["token_ids"] = tokens
    made |= some(draw, {"document_starts": starts(draw, len(tokens))})
    if kind == "weights":
        made |= some(draw, {"loss_mask": [draw.randrange(2) for _ in tokens]})
        made |= some(draw, {"student_logprobs": [draw.choice([-0.5, -3.25, -1e-9, 0, -80]) for _ in tokens]})
    return made


def flat(draw, kind, accept, options):
    """The safetensors form."""
    sequences = [ids(draw, 3) for _ in range(draw.choice([1, 2, 5]))]
    flat_ids = [token for sequence in sequences for token in sequence]
    bounds = [0]
    for sequence in sequences:
        bounds.append(bounds[-1] + len(sequence))
    wide = draw.choice([("I32", "i"), ("U32", "I"), ("I64", "q")])
    parts = [("token_ids", *wide, flat_ids), ("sequence_starts", "I64", "q", bounds)]
    if draw.random() < 0.3:
        documents = sorted({*bounds[:-1], draw.randrange(len(flat_ids))})
        parts.append(("document_starts", "I64", "q", documents))
    if kind == "weights" and draw.random() < 0.3:
        parts.append(("loss_mask", draw.choice(["U8", "BOOL"]), "B", [draw.randrange(2) for _ in flat_ids]))
    if kind == "weights" and draw.random() < 0.5:
        parts.append(("student_logprobs", "F32", "f", [draw.choice([-0.5, -3.25, 0, -80]) for _ in flat_ids]))
    # The widest elements first: each tensor stands where its elements are aligned.
    parts.sort(key=lambda part: -struct.calcsize("<" + part[2]))
    words = {name: value if isinstance(value, str) else json.dumps(value) for name, value in options.items()}
    tree, data = {"__metadata__": words}, b""
    for name, dtype, code, values in parts:
        packed = struct.pack(f"<{len(values)}{code}", *values)
        tree[name] = {"dtype": dtype, "shape": [len(values)], "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    return Request("POST", f"/v1/{kind}", tree, accept, data)


def coded(draw, body):
    """(Content-Encoding, bytes): a third of the bodies are compressed."""
    coding = draw.choices([None, "gzip", "zstd"], [4, 1, 1])[0]
    if coding == "gzip":
        return coding, gzip.compress(body, draw.choice([0, 1, 9]))
    return (coding, zstd(body)) if coding else (None, body)


def zstd(body):
    """A frame of raw blocks (RFC 8878, 3.1.1): whoever reads it need not have been written by a compressor."""
    frame = struct.pack("<IBQ", 0xFD2FB528, 0xE0, len(body))  # one segment, its size in 8 bytes, no checksum
    blocks = [body[at:at + 100_000] for at in range(0, len(body), 100_000)] or [b""]
    for at, block in enumerate(blocks):
        frame += struct.pack("<I", len(block) << 3 | (at == len(blocks) - 1))[:3] + block
    return frame
