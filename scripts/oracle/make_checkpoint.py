"""Writes a checkpoint of real shape with random weights, for checks and benchmarks.

usage: python make_checkpoint.py OUT_DIR [--shape llama-135m] [--seed N] [--dtype bfloat16] [--shard-size 100MB]
                                 [--logit-deviation 3.5]

Norms and biases are perturbed, so that a mistake in them would show. --logit-deviation scales the (tied) head, so that log-probs
are as spread as a trained model's. The tokenizer is a byte-level BPE trained on made-up words;
ids above its vocabulary are unused rows of the embedding, as in padded real checkpoints.
"""
import argparse, json, os, random
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config

END = "<|endoftext|>"
SHAPES = {
    "llama-135m": (LlamaConfig, 1e5, dict(
        hidden_size=576, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3, intermediate_size=1536,
        vocab_size=49152, max_position_embeddings=8192, rms_norm_eps=1e-5)),
    "qwen2-0.5b": (Qwen2Config, 1e6, dict(
        hidden_size=896, num_hidden_layers=24, num_attention_heads=14, num_key_value_heads=2, intermediate_size=4864,
        vocab_size=151936, max_position_embeddings=32768, rms_norm_eps=1e-6)),
    "llama-tiny": (LlamaConfig, 1e4, dict(
        hidden_size=256, num_hidden_layers=6, num_attention_heads=4, num_key_value_heads=4, intermediate_size=688,
        vocab_size=4096, max_position_embeddings=2048, rms_norm_eps=1e-5)),
}


def made_up_text(seed, sentences):
    rng = random.Random(seed)
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    words = ["".join(rng.choice(syllables) for _ in range(rng.randint(1, 4))) for _ in range(4000)]
    return [" ".join(rng.choice(words) for _ in range(12)).capitalize() + "." for _ in range(sentences)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--shape", choices=SHAPES, default="llama-135m")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--logit-deviation", type=float)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--shard-size", default="10GB")
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    configuration, theta, sizes = SHAPES[arguments.shape]
    model = AutoModelForCausalLM.from_config(configuration(
        **sizes, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": theta},
        bos_token_id=0, eos_token_id=0))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name or name.endswith("bias"):
                weight.add_(torch.randn_like(weight) * 0.1)
        if arguments.logit_deviation:
            # A normed row has unit elements, so its product with a row of the head deviates by sqrt(width) times the head.
            head = model.get_output_embeddings().weight
            head.mul_(arguments.logit_deviation / (head.std() * sizes["hidden_size"] ** 0.5))
    model.to(getattr(torch, arguments.dtype)).save_pretrained(arguments.out, max_shard_size=arguments.shard_size)

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(made_up_text(1, 3000), trainers.BpeTrainer(
        vocab_size=4096, special_tokens=[END], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    tokenizer.save(os.path.join(arguments.out, "tokenizer.json"))
    sentences = made_up_text(2, 2000)
    with open(os.path.join(arguments.out, "corpus.jsonl"), "w", encoding="utf-8") as file:
        for start in range(0, len(sentences), 20):
            file.write(json.dumps({"text": " ".join(sentences[start:start + 20])}) + "\n")


if __name__ == "__main__":
    main()
