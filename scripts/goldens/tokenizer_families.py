"""Small tokenizers with the structure of each model family's tokenizer.json, and texts to try them on.

Each is trained here, on a text made here, and has the family's own normalizer, pre-tokenizer (with its pattern),
model options, post-processor, decoder and kinds of added tokens; only the vocabulary is small.
"""

import json
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
YOUTU_CJK = "[一-龥\u3040-\u309f\u30a0-\u30ff]+"
YOUTU = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
         r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

ENGLISH = """the quick brown fox jumps over the lazy dog and then it's gone; we'll see what they've done, I'm sure you'd
agree that there isn't much more to say about 1234 foxes in 2026, or about 3.14159 dogs. The function returns a value:
def add(a, b): return a + b  # adds two numbers
for i in range(10): print(i, i * i, sep=", ")
if (x == y) { return x->next; } else { x += 1; y = "string"; }
<html><body class="main">Hello, World!</body></html> https://example.org/path?query=1&other=2
question: what is 17 + 25? answer: 17 + 25 = 42. therefore the result is 42. \\frac{a}{b} = \\sqrt{x^2 + y^2}
"""
OTHERS = """Größe über Straße naïve café façade señor niño Åse Ørsted œuvre Łódź žluťoučký kůň İstanbul ığdır
Съешь же ещё этих мягких французских булок, да выпей чаю. Їжак єдиний ґанок
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. άλφα βήτα
नमस्ते दुनिया, हिन्दी में लिखा है। বাংলা ভাষা தமிழ் மொழி తెలుగు ಕನ್ನಡ മലയാളം ਪੰਜਾਬੀ
مرحبا بالعالم كيف حالك اليوم שלום עולם מה שלומך
你好，世界！今天天气很好。我们学习机器学习。東京は日本の首都です。ひらがなとカタカナ 한국어 문장입니다 안녕하세요
สวัสดีชาวโลก ภาษาไทย ລາວ ភាសាខ្មែរ မြန်မာ ქართული Հայերեն አማርኛ
Tiếng Việt có dấu thanh: một, hai, ba. Đường phố
😀 😃 👍🏽 👨‍👩‍👧‍👦 🇩🇪 🇯🇵 ❤️ 🏳️‍🌈 ½ ² ³ Ⅷ ٣ ४ ① ㊙ ﬁ ﬂ № ™ € £ ¥ • … — – “quotes” ‘single’
"""


def training_texts():
    random.seed(1)
    words = (ENGLISH + OTHERS).split()
    out = [ENGLISH, OTHERS] * 3
    for _ in range(400):
        out.append(" ".join(random.choices(words, k=12)))
    out += ["\n\n", "    ", "\t\t", "        return", "\r\n", "  ", "   "] * 20
    return out


def trained_vocab(pre_tokenizer, normalizer, size, alphabet, specials=(), limit=400):
    t = Tokenizer(models.BPE())
    if normalizer is not None:
        t.normalizer = normalizer
    if pre_tokenizer is not None:
        t.pre_tokenizer = pre_tokenizer
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, special_tokens=list(specials),
                                  limit_alphabet=limit, show_progress=False, max_token_length=12)
    t.train_from_iterator(training_texts(), trainer)
    model = json.loads(t.to_str())["model"]
    return model["vocab"], [tuple(m) for m in model["merges"]]


def byte_level(pre, normalizer=None, size=700, **options):
    vocab, merges = trained_vocab(pre, normalizer, size, pre_tokenizers.ByteLevel.alphabet())
    t = Tokenizer(models.BPE(vocab=vocab, merges=merges, **options))
    t.pre_tokenizer = pre
    if normalizer is not None:
        t.normalizer = normalizer
    t.decoder = decoders.ByteLevel()
    return t


def split_then_bytes(*patterns):
    steps = [pre_tokenizers.Split(Regex(p), "isolated") for p in patterns]
    return pre_tokenizers.Sequence(steps + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def special(text, **options):
    return AddedToken(text, special=True, normalized=False, **options)


def template(t, start):
    i = t.token_to_id(start)
    return processors.TemplateProcessing(single=f"{start} $A", pair=f"{start} $A {start} $B:1", special_tokens=[(start, i)])


def gpt2():
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    t.add_special_tokens([AddedToken("<|endoftext|>", special=True, normalized=True)])
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def roberta_like():
    """GPT-2 with a space in front and trimmed spans; a mask token that takes the blanks to its left along."""
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))
    t.add_special_tokens([special("<mask>", lstrip=True), special("<sep>", rstrip=True)])
    t.add_tokens([AddedToken("fox", single_word=True, normalized=False)])
    t.post_processor = processors.ByteLevel(trim_offsets=True)
    return t


def llama3():
    t = byte_level(split_then_bytes(LLAMA3), ignore_merges=True)
    t.add_special_tokens([special(f"<|{n}|>") for n in ["begin_of_text", "end_of_text", "start_header_id",
                                                        "end_header_id", "eot_id", "reserved_special_token_0"]])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), template(t, "<|begin_of_text|>")])
    return t


def qwen2():
    t = byte_level(split_then_bytes(QWEN2), normalizers.NFC())
    t.add_special_tokens([special("<|endoftext|>"), special("<|im_start|>"), special("<|im_end|>")])
    t.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("<think>", normalized=False)])
    t.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    return t


def tekken():
    t = byte_level(split_then_bytes(TEKKEN), ignore_merges=True)
    t.add_special_tokens([special("<s>"), special("</s>"), special("[INST]"), special("[/INST]")])
    t.post_processor = template(t, "<s>")
    return t


def olmo():
    """GPT-NeoX's: NFC, GPT-2's pattern, runs of blanks as added tokens that are not special."""
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True), normalizers.NFC())
    t.add_special_tokens([special("<|endoftext|>"), special("<|padding|>")])
    t.add_tokens([AddedToken(" " * n, normalized=True) for n in range(10, 1, -1)])
    t.add_tokens([AddedToken("|||IP_ADDRESS|||", normalized=False), AddedToken("|||EMAIL|||", normalized=True)])
    t.post_processor = processors.TemplateProcessing(
        single="$A <|endoftext|>", pair="$A $B:1", special_tokens=[("<|endoftext|>", t.token_to_id("<|endoftext|>"))])
    return t


def smollm():
    pre = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                   pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t = byte_level(pre)
    t.add_special_tokens([special("<|endoftext|>"), special("<repo_name>"), special("<file_sep>")])
    return t


def youtu():
    t = byte_level(split_then_bytes(r"\p{N}{1,3}", YOUTU_CJK, YOUTU))
    t.add_special_tokens([special("<|begin_of_text|>"), special("<|end_of_text|>")])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template(t, "<|begin_of_text|>")])
    return t


def sentencepiece(normalizer, pre, specials, keep_marks, **options):
    """Characters, byte tokens, no pattern: trained word by word, then used on whole texts."""
    marked = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    vocab, merges = trained_vocab(marked, None, 900, ["▁"], limit=250)
    pieces = [s for s in specials] + [f"<0x{b:02X}>" for b in range(256)]
    if keep_marks:
        merges += [("▁", "▁"), ("▁▁", "▁▁"), ("▁▁", "▁"), ("\n", "\n"), (".", "▁")]
    rest = [p for p, _ in sorted(vocab.items(), key=lambda x: x[1])]
    rest += [a + b for a, b in merges if a + b not in vocab]
    ids = {}
    for p in pieces + rest + ["\n", "\t"]:
        ids.setdefault(p, len(ids))
    merges = [(a, b) for a, b in merges if a in ids and b in ids and a + b in ids]
    t = Tokenizer(models.BPE(vocab=ids, merges=merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>", **options))
    if normalizer is not None:
        t.normalizer = normalizer
    if pre is not None:
        t.pre_tokenizer = pre
    t.add_special_tokens([special(s) for s in specials])
    return t


def mistral():
    """Llama 2's and the first Mistral's: a mark in front, marks for spaces, no pre-tokenizer."""
    normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t = sentencepiece(normalizer, None, ["<unk>", "<s>", "</s>"], True)
    t.post_processor = template(t, "<s>")
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)])
    return t


def mistral_metaspace():
    """The later form of the same."""
    t = sentencepiece(None, pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False),
                      ["<unk>", "<s>", "</s>"], True, ignore_merges=True)
    t.post_processor = template(t, "<s>")
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)])
    return t


def gemma():
    t = sentencepiece(normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"),
                      ["<pad>", "<eos>", "<bos>", "<unk>"], True)
    t.add_special_tokens([special("<start_of_turn>"), special("<end_of_turn>")])
    t.add_tokens([AddedToken("\n" * n, normalized=False) for n in (2, 3, 4)]
                 + [AddedToken("<table>", normalized=False), AddedToken("▁▁▁", normalized=False)])
    t.post_processor = template(t, "<bos>")
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return t


def medley():
    """No family's: the stages that the others leave out."""
    normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Strip(), normalizers.Lowercase(),
                                       normalizers.Replace(Regex(r"\s{2,}"), " "), normalizers.Replace("ß", "ss")])
    pre = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\d+"), "contiguous"),
        pre_tokenizers.Split("-", "merged_with_next"),
        pre_tokenizers.Split(Regex(r"[,;.!?]"), "merged_with_previous"),
        pre_tokenizers.Split(Regex(r"\w+|[^\w\s]+"), "removed", invert=True),
        pre_tokenizers.Digits(individual_digits=False),
        pre_tokenizers.Metaspace(replacement="_", prepend_scheme="never", split=True),
    ])
    vocab, merges = trained_vocab(pre, normalizer, 500, ["_"], limit=150)
    vocab = {"<unk>": 0, **{k: v + 1 for k, v in vocab.items()}}
    t = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=False))
    t.normalizer = normalizer
    t.pre_tokenizer = pre
    t.add_tokens([AddedToken("Größe", normalized=True), AddedToken("NAÏVE", normalized=True, lstrip=True)])
    t.decoder = decoders.Metaspace(replacement="_", prepend_scheme="always")
    return t


FAMILIES = {f.__name__: f for f in (gpt2, roberta_like, llama3, qwen2, tekken, olmo, smollm, youtu, mistral,
                                    mistral_metaspace, gemma, medley)}
