// Written by scripts/goldens/tokenizer_unicode.py; do not edit.

/// Normalization as the `tokenizers` library knows it (Unicode 9). Scalars are hexadecimal.
enum NormalizationData {}
