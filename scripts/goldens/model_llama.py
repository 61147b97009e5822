"""Goldens of plain Llama in two shapes; the rest, and how they are made, is in model_families.py.

usage: python scripts/goldens/model_llama.py Tests/Model/TransformersTests/Goldens
"""
import sys
import torch
from model_families import make

CASES = {
    # Tied head, groups of three heads, bf16, shards.
    "llama-tied": dict(
        model_type="llama", vocab_size=130, hidden_size=45, intermediate_size=56, num_hidden_layers=3,
        num_attention_heads=9, num_key_value_heads=3, head_dim=6, max_position_embeddings=192, tie_word_embeddings=True,
        rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, _dtype="bfloat16",
        _shard="20KB", matters=[{"rms_norm_eps": 0.1}]),
    # Head of its own, llama3 scaling, biases, f32, configuration as older versions wrote it.
    "llama-bias": dict(
        model_type="llama", vocab_size=97, hidden_size=30, intermediate_size=52, num_hidden_layers=2,
        num_attention_heads=5, num_key_value_heads=1, head_dim=8, max_position_embeddings=256, attention_bias=True,
        mlp_bias=True, rms_norm_eps=1e-6, _legacy=True,
        rope_parameters={"rope_type": "llama3", "rope_theta": 50000.0, "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 64},
        matters=[{"rope_scaling": None}]),
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, case in CASES.items():
        make(name, case, sys.argv[1])
