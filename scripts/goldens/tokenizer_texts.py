"""Texts that tokenizers tend to get wrong, the same for every family: written ones, and seeded random mixes."""

import random

from tokenizer_families import ENGLISH, OTHERS

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<mask>", "<sep>", "<s>", "</s>", "<bos>", "<unk>", "<|begin_of_text|>",
            "|||EMAIL|||", "|||IP_ADDRESS|||", "<table>", "\n\n\n", "▁▁▁", "<0x41>", "<|eot_id|>", "[INST]", "Größe",
            "NAÏVE", "<think>", "größe", "<|end", "fox", "<|im_end|>\n", "<eos>"]

# Composition, reordering, case folding, blanks and the versions of Unicode.
SUSPECTS = [0x300, 0x301, 0x327, 0x323, 0x308, 0x345, 0x334, 0x94D, 0x93C, 0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01,
            0x17F, 0x130, 0x131, 0x212A, 0x180E, 0x85, 0xA0, 0x2028, 0x3000, 0x200B, 0x200D, 0xFEFF, 0xFFFD, 0xFB01,
            0x1E9E, 0xDF, 0x3A3, 0x3C2, 0x2581, 0x5F, 0x0, 0x1, 0x1F, 0x7F, 0x80, 0x9F, 0x958, 0xF73, 0xF75, 0xF81,
            0x344, 0x340, 0x343, 0x374, 0x37E, 0x387, 0x2126, 0x212B, 0x2ADC, 0xFB1D, 0x1D15E, 0x2F800, 0x3099,
            0x304B, 0xB2, 0xBD, 0x2460, 0x660, 0x966, 0x10FFFD, 0xE000, 0x1F468, 0x1F3FD, 0xFE0F, 0x1E4D0, 0x10D40,
            0x323B0, 0x16D40, 0x1F8B2, 0x2EBF0, 0x1C89, 0xA7CB, 0x1171E, 0x105C9, 0x11938]

BLOCKS = [(0, 0x80), (0x80, 0x250), (0x250, 0x530), (0x530, 0x800), (0x800, 0x1100), (0x1100, 0x1400),
          (0x1400, 0x2000), (0x2000, 0x2C00), (0x2C00, 0x3400), (0x3400, 0xA000), (0xA000, 0xABFF), (0xAC00, 0xD7FF),
          (0xE000, 0x10000), (0x10000, 0x12000), (0x16000, 0x17000), (0x1B000, 0x1C000), (0x1D000, 0x1F000),
          (0x1F000, 0x20000), (0x20000, 0x33000), (0xE0000, 0xE0200)]

WRITTEN = [
    "", " ", "  ", "   ", "\n", "\r\n", "\r", "\t", "\n\n", "\r\n\r\n", " \n", "\n ", "\t\t ", " \t\n\r\n  ", "a", "A",
    "'", "'s", "'S", "'ſ", "it's", "IT'S", "we'Ll", "they'RE", "''s", "' s", "don't'd've", "I'm 'm m'", "ok'x",
    "Hello", " Hello", "Hello ", "  Hello  World  ", "Hello\nWorld", "Hello \n World", "Hello\r\nWorld\r\n",
    "a b  c   d    e     f", "x\ty\t\tz", "trailing   ", "   leading", "\n\n\nthree", "a\n\n\nb\n\n\n\nc", " \n \n ",
    "1", "12", "123", "1234", "12345", "1234567890", "3.14159", "1,000,000", "0x1F", "1e-10", "٣٤٥", "१२३४", "Ⅷ½²③",
    "a1b2c3", "2026-11-23", "v1.2.3-rc4", "17 + 25 = 42", "100%", "$5.00", "№5", "x²+y²", "H₂O",
    "!", "!!", "...", "?!", "(a)", "[b]", "{c}", "a.b", "a. b", "a.\nb", "//\n", "/*\n*/", ";;\n\n", "-- \r\n", "://",
    "foo_bar", "fooBar", "FooBARBaz", "FOO", "fOO", "HTTPServer", "iPhone", "ßẞ", "ǅ ǈ", "aA1", "camelCaseIsHere",
    "def f(x):\n    return x + 1\n", "if (a == b) {\n\tc = d;\n}\n", "for i in range(10):\n        print(i)\n",
    "<html>\n  <body class=\"x\">&amp;</body>\n</html>", "SELECT * FROM t WHERE a='b';", "#include <stdio.h>\n",
    "https://example.org/a?b=c&d=e#f", "user@example.org", "C:\\path\\file.txt", "\\frac{a}{b}", "a^2_{i}", "`code`",
    "{\"a\": [1, 2.5, null, true]}", "x = [i**2 for i in y if i % 2]", "    indented\n        more\n\tback",
    "café", "cafe\u0301", "e\u0301\u0323", "e\u0323\u0301", "\u0301", "a\u0301\u0301", "A\u030a", "\u212b", "\u2126",
    "q\u0307\u0323", "\u1e9b\u0323", "ﬁ", "ﬀ", "①②", "㌀", "ｆｕｌｌ", "ﾊﾝｶｸ", "ǆ", "\u1100\u1161\u11a8", "각", "\uac00\u11a8",
    "\u0344", "\u0f73\u0f72", "\u0958", "\u2adc", "\ufb1d", "\u0340\u0341", "\u0387\u037e", "\U0002f800", "\U0001d15e",
    "a\u0327\u0301", "á\u0327", "o\u0328\u0304", "ậ", "a\u0323\u0302", "Tiê\u0301ng Vie\u0323\u0302t",
    "\u05d0\u05b7\u05bc", "\u0915\u093c", "\u0928\u093c", "\u09c7\u09be", "\u0b47\u0b56", "\u0dd9\u0dca\u0dcf",
    "😀", "😀😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇯🇵", "❤️", "a😀b", " 😀 ", "1️⃣", "👩🏾‍🔬.", "🫠", "\U0001fae9", "☺", "✈️",
    "\x00", "\x00\x01\x02", "a\x00b", "\x07\x08\x0b\x0c", "\x1b[31mred\x1b[0m", "\x7f", "\x80\x9f", "\ufeffBOM", "\ufffd",
    "\u200b", "a\u200bb", "\u200d", "\u00ad", "\u2028\u2029", "a\u00a0b", "\u3000\u3000", "a\u3000b", "\u180e", "\x85",
    "\u202eabc", "\U000e0041", "\U0010fffd", "\ue000", "\u2581", "▁a", "a▁", "▁▁", "a ▁ b", "<0x0A>", "<0xE2>", "<0x>",
    "ſ", "K", "İ", "ı", "Σ ς", "ΑΣ", "ΐ", "ŉ", "ﬃ", "ᾳ", "Ⓐ", "ꟋꟌ", "\U00010d40\U00010d41", "\U0001e4d0", "\U000323b0",
    "你好世界", "你好，世界！", "今天是2026年。", "東京タワー", "ひらがなカタカナ", "한국어 문장", "漢字とkanji混在", "中文 with English",
    "สวัสดีชาวโลก", "ភាសាខ្មែរ", "မြန်မာ", "नमस्ते दुनिया", "हिन्दी।", "বাংলা", "தமிழ்", "తెలుగు", "ಕನ್ನಡ", "മലയാളം",
    "مرحبا بالعالم", "السَّلَامُ", "שלום עולם", "שָׁלוֹם", "Привет, мир!", "ПРИВЕТ", "Ελληνικά", "ქართული", "Հայերեն", "አማርኛ",
    "ᏣᎳᎩ", "ᓄᓇᕗᑦ", "ⴰⵎⴰⵣⵉⵖ", "𐍈𐌰", "𓀀𓀁", "𝔘𝔫𝔦", "𝟘𝟙", "ᚠᚢᚦ", "⠓⠑⠇", "ⲁⲃ", "ⰀⰁ",
]


def random_text():
    words = (ENGLISH + OTHERS).split()
    parts = []
    for _ in range(random.randint(1, random.choice([3, 6, 12]))):
        kind = random.random()
        if kind < .34:
            parts += [random.choice(words), random.choice([" ", " ", " ", "  ", "\n", "", "\t", "\r\n", " \n ", "     "])]
        elif kind < .46:
            parts.append(random.choice(SPECIALS))
        elif kind < .56:
            parts.append("".join(chr(random.choice(SUSPECTS)) for _ in range(random.randint(1, 4))))
        elif kind < .68:
            low, high = random.choice(BLOCKS)
            parts.append("".join(chr(random.randrange(low, high)) for _ in range(random.randint(1, 5))))
        elif kind < .74:
            parts.append(random.choice([" ", "\n", "\t", "\r", "\u3000", "\xa0", "a", "A", "'", "'S", "1", "-", "_", "▁",
                                        ".", ",", "é", "e\u0301"]) * random.randint(1, 12))
        elif kind < .82:
            parts.append(random.choice(words).upper())
        elif kind < .88:
            parts.append(str(random.randint(0, 10 ** random.randint(1, 12))))
        elif kind < .95:
            parts.append(random.choice(["'s", "'re", "'LL", " don't", "--", "x2", "a_b", "foo(bar)", "{};", "//", "\\n"]))
        else:
            parts.append("".join(random.choice("abcdefgh ,.") for _ in range(random.randint(1, 40))))
    return "".join(parts)


def texts():
    random.seed(20261123)
    out = list(WRITTEN)
    out += [line for line in (ENGLISH + OTHERS).splitlines()]
    out += [f"a {s} b" for s in SPECIALS] + [s for s in SPECIALS] + [f"x{s}{s}  {s} y" for s in SPECIALS]
    for low, high in BLOCKS:
        out += ["".join(chr(random.randrange(low, high)) for _ in range(8)) for _ in range(2)]
    while len(out) < 560:
        out.append(random_text())
    return out
