"""Trains the demo pair's tokenizer: byte-level BPE, digits one by one, on the pre-training text.

usage: python make_tokenizer.py CORPUS.jsonl OUT_DIR [--vocabulary-size N]
"""
import argparse, json, os
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

# The pre-tokenizer pattern of the Qwen2 family: contractions, words with one leading sign, single digits, punctuation, spaces.
PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
END = "<|endoftext|>"

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("corpus")
parser.add_argument("out")
parser.add_argument("--vocabulary-size", type=int, default=640)
arguments = parser.parse_args()

tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
    pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
])
tokenizer.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(vocab_size=arguments.vocabulary_size, special_tokens=[END], show_progress=False,
                              initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
with open(arguments.corpus, encoding="utf-8") as file:
    tokenizer.train_from_iterator((json.loads(line)["text"] for line in file), trainer)
os.makedirs(arguments.out, exist_ok=True)
tokenizer.save(os.path.join(arguments.out, "tokenizer.json"))
with open(os.path.join(arguments.out, "tokenizer_config.json"), "w", encoding="utf-8") as file:
    json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END}, file, indent=2)
    file.write("\n")
