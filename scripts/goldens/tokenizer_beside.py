"""Writes Tests/Data/TokenizersTests/Goldens/beside.json: which tokens `transformers` adds to those of tokenizer.json because
tokenizer_config.json, special_tokens_map.json or added_tokens.json names them.

    python scripts/goldens/tokenizer_beside.py

`base` is a tokenizer.json of bytes and a few merges. Each case has the files beside it (as text: the order of keys counts),
members that replace those of `base`, and what came of it: the added tokens as [id, content, single_word, lstrip, rstrip, normalized, special] and the ids of
`texts`, or `refused`.
"""

import copy
import json
import os
import pathlib
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

from tokenizers import pre_tokenizers
from transformers import AutoTokenizer

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Data" / "TokenizersTests" / "Goldens" / "beside.json"
TEXTS = ["so <think>17", " a <think> b <x>c <X>", "<pad><unk>  <e>  the <b>", "think rethink </s>zz "]
FAST = {"tokenizer_class": "PreTrainedTokenizerFast"}
MODEL_CONFIG = {"model_type": "llama", "vocab_size": 320}


def token(content, **flags):
    plain = dict(lstrip=False, normalized=False, rstrip=False, single_word=False, special=True)
    return dict(content=content, **{**plain, **flags})


def marked(content, **flags):
    return {**token(content, **flags), "__type": "AddedToken"}


def base():
    vocab = {"<e>": 0, "<b>": 1}
    for letter in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocab[letter] = len(vocab)
    merges = [["Ġ", "t"], ["h", "e"], ["Ġt", "he"]]
    for left, right in merges:
        vocab[left + right] = len(vocab)
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, **token(content)} for i, content in enumerate(["<e>", "<b>"])],
        "normalizer": None, "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": vocab, "merges": merges}}


BASE = base()
SIZE = len(BASE["model"]["vocab"])
PADDING = {"padding": {
    "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
    "pad_token": "<pad>"}}


def with_vocab(**entries):
    model = copy.deepcopy(BASE["model"])
    model["vocab"].update(entries)
    return model


def cases():
    def case(name, config=FAST, map=None, added=None, tokenizer=None):
        files = {"tokenizer_config.json": config, "special_tokens_map.json": map, "added_tokens.json": added}
        texts = {k: json.dumps(v) for k, v in files.items() if v is not None}
        return {"name": name, "files": texts, "tokenizer": tokenizer or {}}

    def decoder(tokens, **more):
        return {**FAST, **more, "added_tokens_decoder": tokens}

    def extra(tokens, **more):
        return {**FAST, **more, "extra_special_tokens": tokens}

    def additional(tokens, **more):
        return {**FAST, **more, "additional_special_tokens": tokens}

    end = str(SIZE)
    next_to_end = str(SIZE + 1)
    lowercase = {"normalizer": {"type": "Lowercase"}}
    yield case("nothing beside")
    yield case("no tokenizer_config.json", None)
    yield case("extra", extra(["<think>"]))
    yield case("extra, by name", extra({"think_token": "<think>", "x": marked("<x>", lstrip=True)}))
    yield case("extra, one twice", extra(["<think>", "<x>", "<think>"]))
    yield case("extra, null", extra(None))
    yield case("extra, a string", extra("<think>"))
    yield case("extra, null in it", extra([None]))
    yield case("extra, a number in it", extra([5]))
    yield case("additional", additional(["<think>", "<x>"]))
    yield case("additional, objects", additional([token("<think>", lstrip=True), "<x>"]))
    yield case("additional, marked objects", additional([marked("<think>", lstrip=True), "<x>"]))
    yield case("additional beside extra", additional(["<think>"], extra_special_tokens=["<x>"]))
    yield case("additional beside empty extra", additional(["<think>"], extra_special_tokens=[]))
    yield case("additional, null", additional(None))
    yield case("attributes in another order", {**FAST, "pad_token": "<pad>", "unk_token": "<unk>"})
    yield case("all attributes", {
        **FAST, "mask_token": "<think>", "cls_token": "<x>", "pad_token": "<pad>", "sep_token": "zz",
        "unk_token": "<unk>", "eos_token": "</s>", "bos_token": "<b>"})
    yield case("an object", {**FAST, "pad_token": token("<pad>")})
    yield case("a marked object", {**FAST, "pad_token": marked("<pad>", rstrip=True)})
    yield case("a marked object that is not special", {
        **FAST, "pad_token": marked("<pad>", special=False, normalized=True)})
    yield case("false", {**FAST, "pad_token": False})
    yield case("null", {**FAST, "pad_token": None})
    yield case("empty", {**FAST, "pad_token": "", "unk_token": "<unk>"})
    yield case("in the vocabulary", {**FAST, "pad_token": "he"})
    yield case("no special tokens around", {
        **FAST, "bos_token": "<b>", "eos_token": "<e>", "add_bos_token": True, "add_eos_token": True})
    yield case("named by the model", {**FAST, "image_token": "<think>", "audio_token": "<x>"})
    yield case("named by the model, marked", {**FAST, "a_token": "<pad>", "image_token": marked("<x>")})
    yield case("named by the model, in one object", {
        **FAST, "model_specific_special_tokens": {"a_token": "<think>", "b": "<x>"}})
    yield case("named by the model, in both ways", {
        **FAST, "model_specific_special_tokens": {"a_token": "<think>"}, "c_token": "<pad>"})
    yield case("an own name that is an attribute's", extra({"pad_token": "<x>", "q": "<unk>"}, pad_token="<pad>"))
    yield case("one content, two names", {**FAST, "pad_token": "<x>", "unk_token": "<x>"})
    yield case("one content, other flags", {**FAST, "pad_token": "<x>", "mask_token": marked("<x>", lstrip=True)})
    yield case("padding", tokenizer=PADDING)
    yield case("padding beside null", {**FAST, "pad_token": None}, tokenizer=PADDING)
    yield case("padding beside another", {**FAST, "pad_token": "<x>"}, tokenizer=PADDING)
    yield case("decoder", decoder({end: token("<think>")}))
    yield case("decoder, a far id", decoder({"999": token("<think>"), "400": token("<x>")}))
    yield case("decoder, ids in another order", decoder({next_to_end: token("<think>"), end: token("<x>")}))
    yield case("decoder, ids as numbers", decoder({"1000": token("<think>"), "300": token("<x>")}))
    yield case("decoder, the id of another token", decoder({"1": token("<think>")}))
    yield case("decoder, another id", decoder({end: token("<e>")}))
    yield case("decoder, other flags", decoder({"0": token("<e>", lstrip=True, rstrip=True)}))
    yield case("decoder, not special", decoder({"0": token("<e>", special=False)}))
    yield case("decoder, in the vocabulary", decoder({"259": token("he", special=False, normalized=True)}))
    yield case("decoder, strips", decoder({end: token("<think>", lstrip=True, rstrip=True)}))
    yield case("decoder, a single word", decoder({end: token("think", single_word=True)}))
    yield case("decoder, normalized", decoder({end: token("<X>", special=False, normalized=True)}), tokenizer=lowercase)
    yield case("decoder, without flags", decoder({end: {"content": "<X>"}}), tokenizer=lowercase)
    yield case("decoder, special only", decoder({end: {"content": "<X>", "special": True}}), tokenizer=lowercase)
    yield case("decoder, unknown field", decoder({end: {**token("<x>"), "colour": 1}}))
    yield case("decoder, empty content", decoder({end: token(""), next_to_end: token("<x>")}))
    yield case("decoder, no content", decoder({end: {"lstrip": True}, next_to_end: token("<x>")}))
    yield case("decoder, one content twice", decoder({
        end: token("<x>"), next_to_end: token("<x>", lstrip=True), "300": token("<think>")}))
    yield case("decoder, a string", decoder({end: "<think>"}))
    yield case("decoder, null", decoder(None))
    yield case("decoder, no id", decoder({"x": token("<x>")}))
    yield case("decoder, flag of a wrong type", decoder({end: token("<x>", lstrip="yes")}))
    yield case("decoder, null flag", decoder({end: token("<x>", lstrip=None)}))
    yield case("decoder, content of a wrong type", decoder({end: token(5)}))
    yield case("decoder, named and not special", decoder(
        {end: token("<pad>", special=False, normalized=True)}, pad_token="<pad>"))
    yield case("decoder, extra and not special", decoder(
        {end: token("<x>"), next_to_end: token("<think>", special=False, normalized=True)},
        extra_special_tokens=["<think>"]))
    yield case("special tokens are normalized by none", {**FAST, "pad_token": "<X>"}, tokenizer=lowercase)
    yield case("map", map={"pad_token": "<pad>", "additional_special_tokens": ["<think>", "<x>"]})
    yield case("map beside an empty decoder", decoder({}), map={"pad_token": "<pad>"})
    yield case("map alone", None, map={"pad_token": "<pad>", "additional_special_tokens": ["<think>", "<x>"]})
    yield case("map, an object", map={"pad_token": {"content": "<pad>", "lstrip": True, "normalized": False}})
    yield case("map, objects in a list", map={"additional_special_tokens": [{"content": "<think>", "lstrip": True}]})
    yield case("map, objects in extra", map={"extra_special_tokens": [{"content": "<think>", "lstrip": True}]})
    yield case("map, extra by name", map={"extra_special_tokens": {"k": "<think>"}})
    yield case("map, a list", map={"pad_token": ["<x>"]})
    yield case("map, null", {**FAST, "pad_token": "<pad>"}, map={"pad_token": None})
    yield case(
        "map before configuration", additional(["<pad>"], pad_token="<unk>"),
        map={"pad_token": "<x>", "additional_special_tokens": ["<think>"]})
    yield case("map and configuration's extra", extra(["<x>"]), map={"extra_special_tokens": ["<think>", "<x>"]})
    yield case("map, a name of its own", {**FAST, "foo_token": "<x>"}, map={"bar_token": "<think>"})
    yield case("added_tokens.json", added={"<think>": SIZE, "<x>": SIZE + 1})
    yield case("added_tokens.json alone", None, added={"<think>": SIZE})
    yield case("added_tokens.json, far ids", added={"<think>": 310, "<x>": 305})
    yield case("added_tokens.json, the id of another token", added={"<think>": 1})
    yield case("added_tokens.json, a string", added={"<think>": end})
    yield case("added_tokens.json, beside a decoder", decoder({end: token("<x>")}), added={"<think>": SIZE})
    yield case(
        "added_tokens.json, special by name", {**FAST, "pad_token": "<X>"}, added={"<X>": SIZE}, tokenizer=lowercase)
    yield case(
        "added_tokens.json, special by a marked object", {**FAST, "pad_token": marked("<X>")}, added={"<X>": SIZE},
        tokenizer=lowercase)
    yield case(
        "added_tokens.json, special by the map", added={"<X>": SIZE}, map={"pad_token": {"content": "<X>"}},
        tokenizer=lowercase)
    yield case("added_tokens.json, not special", added={"<X>": SIZE}, tokenizer=lowercase)
    yield case(
        "added_tokens.json, special by extra", extra(["<X>"]), added={"<X>": SIZE}, tokenizer=lowercase)
    yield case("a gap in the vocabulary", {**FAST, "pad_token": "<pad>"}, tokenizer={"model": with_vocab(zz=400)})
    yield case("an added token behind the gap", {**FAST, "pad_token": "<pad>"}, tokenizer={
        "model": with_vocab(zz=400), "added_tokens": BASE["added_tokens"] + [{"id": 400, **token("zz")}]})
    yield case("an added token twice", tokenizer={"added_tokens": BASE["added_tokens"] + BASE["added_tokens"][-1:]})
    yield case("an unknown token that is not in the vocabulary", tokenizer={
        "model": {**BASE["model"], "unk_token": "<unk>"}})


def outcome(case):
    with tempfile.TemporaryDirectory() as directory:
        tokenizer = json.dumps({**BASE, **case["tokenizer"]})
        files = {**case["files"], "tokenizer.json": tokenizer, "config.json": json.dumps(MODEL_CONFIG)}
        for name, contents in files.items():
            pathlib.Path(directory, name).write_text(contents)
        try:
            tokenizer = AutoTokenizer.from_pretrained(directory)
        except (TypeError, ValueError, AttributeError):
            return {"refused": True}
        assert type(tokenizer).__name__ == "TokenizersBackend", (case["name"], type(tokenizer))
        added = [
            [i, t.content, t.single_word, t.lstrip, t.rstrip, t.normalized, t.special]
            for i, t in sorted(tokenizer.added_tokens_decoder.items())]
        return {
            "added": added, "ids": [tokenizer(text)["input_ids"] for text in TEXTS], "eos": tokenizer.eos_token_id}


results = [{**case, **outcome(case)} for case in cases()]
head = json.dumps({"base": BASE, "texts": TEXTS}, ensure_ascii=False, separators=(",", ":"))[:-1]
lines = [json.dumps(result, ensure_ascii=False, separators=(",", ":")) for result in results]
OUT.write_text(head + ',"cases":[\n' + ",\n".join(lines) + "\n]}\n")
