"""Writes the Unicode tables of Sources/Data/Tokenizers from what the `tokenizers` library itself answers.

The library carries three different versions of Unicode: 9 in its normalizers, 16 in its patterns (Oniguruma), and that
of its Rust in lower-casing and digits. So the tables are taken from its answers, scalar by scalar, and not from
the Unicode files; Python's unicodedata supplies candidates only.

    python scripts/goldens/tokenizer_unicode.py
"""

import pathlib
import unicodedata

from tokenizers import Regex, normalizers, pre_tokenizers

OUT = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "Data" / "Tokenizers"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
TEXT = "".join(map(chr, SCALARS))
HEAD = "// Written by scripts/goldens/tokenizer_unicode.py; do not edit.\n\n"


def matching(pattern):
    """The scalars that a character class of the library's patterns matches."""
    kept = bytearray(b"\1") * len(SCALARS)
    for _, (start, end) in pre_tokenizers.Split(Regex(pattern + "+"), "removed").pre_tokenize_str(TEXT):
        kept[start:end] = bytes(end - start)
    return {c for c, k in zip(SCALARS, kept) if k}


def ranges(scalars):
    out = []
    for c in sorted(scalars):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def spelled(scalars):
    return " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in ranges(scalars))


def wrapped(text, indent="        "):
    lines, line = [], ""
    for word in text.split(" "):
        if len(indent) + len(line) + len(word) + 1 > 118:
            lines.append(indent + line)
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join(lines + [indent + line])


def literal(name, comment, text):
    return f'    /// {comment}\n    static let {name} = """\n{wrapped(text)}\n        """\n'


def additions():
    """General categories given after the Unicode version of Python (14, as PCRE2 10.42)."""
    entries = []
    for category in "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp".split():
        new = {c for c in matching(r"\p{%s}" % category) if unicodedata.category(chr(c)) != category}
        if new:
            entries.append(f"{category} {spelled(new)}")
    body = "".join(f"        {wrapped(entry).strip()}\n" for entry in entries)
    (OUT / "Patterns" / "UnicodeAdditions.swift").write_text(
        HEAD + "/// Scalars that Oniguruma's Unicode 16 assigns and PCRE2 10.42's Unicode 14 does not.\n"
        "enum UnicodeAdditions {\n"
        "    /// One general category a line, then its ranges.\n"
        f'    static let generalCategories = """\n{body}        """\n'
        "}\n")


def folded(normalizer, c):
    return normalizer.normalize_str(chr(c))


def normalization():
    nfc, nfd = normalizers.NFC(), normalizers.NFD()
    nfkd = normalizers.NFKD()
    hangul = range(0xAC00, 0xD7A4)
    canonical, compatible, pairs = [], [], []
    for c in SCALARS:
        if c < 0x80 or c in hangul:
            continue
        d, k = folded(nfd, c), folded(nfkd, c)
        if d != chr(c):
            canonical.append((c, d))
        if k != d:
            compatible.append((c, k))
        if d != chr(c) and folded(nfc, c) == chr(c):
            first, second = (chr(int(x, 16)) for x in unicodedata.decomposition(chr(c)).split())
            assert nfc.normalize_str(first + second) == chr(c), hex(c)
            pairs.append((first, second, c))
    classes = {}
    for c in SCALARS:
        k = unicodedata.combining(chr(c))
        # U+0345 has the largest class, 240; U+1D165 (216) and U+0334 (1) bracket the rest.
        if not k:
            continue
        reordered = nfd.normalize_str("a\u0345" + chr(c)) != "a\u0345" + nfd.normalize_str(chr(c))
        behind = nfd.normalize_str("a" + chr(c) + "\u0334") != "a" + nfd.normalize_str(chr(c)) + "\u0334"
        if len(nfd.normalize_str(chr(c))) > 1:
            continue
        if reordered or behind:
            classes.setdefault(k, set()).add(c)
    spell = lambda s: "+".join(f"{ord(x):X}" for x in s)

    def decompositions(pairs):
        """Neighbours that each become one scalar, those neighbours too, are one entry: first-last=what the first becomes."""
        runs = []
        for c, d in pairs:
            last = runs[-1] if runs else None
            if last and len(d) == len(last[2]) == 1 and c == last[1] + 1 and ord(d) - ord(last[2]) == c - last[0]:
                last[1] = c
            else:
                runs.append([c, c, d])
        return " ".join((f"{a:X}" if a == b else f"{a:X}-{b:X}") + "=" + spell(d) for a, b, d in runs)

    tables = {
        "combiningClasses": ("Canonical combining classes: @class (decimal), then its ranges.",
                             " ".join(f"@{k} {spelled(v)}" for k, v in sorted(classes.items()))),
        "canonical": ("Full canonical decompositions, Hangul left out.",
                      decompositions(canonical)),
        "compatible": ("Full compatibility decompositions, where they differ from the canonical.",
                       decompositions(compatible)),
        "compositions": ("Primary composites: first+second=composite.",
                         " ".join(f"{spell(a + b)}={c:X}" for a, b, c in pairs)),
    }
    folder = OUT / "Normalization" / "NormalizationData"
    folder.mkdir(exist_ok=True)
    (folder / "NormalizationData.swift").write_text(
        HEAD + "/// Normalization as the `tokenizers` library knows it (Unicode 9). Scalars are hexadecimal.\n"
        "enum NormalizationData {}\n")
    for name, (comment, text) in tables.items():
        (folder / f"NormalizationData+{name[0].upper()}{name[1:]}.swift").write_text(
            HEAD + "extension NormalizationData {\n" + literal(name, comment, text) + "}\n")


if __name__ == "__main__":
    additions()
    normalization()
