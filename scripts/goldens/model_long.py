"""Goldens of long segments: log-probs at some positions of 8,192 tokens, and of one token repeated 8,192 times.

usage: python scripts/goldens/model_long.py Tests/Model/TransformersTests/Goldens [NAME...]

A checkpoint for each way in which a position matters: rotary embeddings that are stretched, windows beside full attention with
soft-capped scores, latent attention. Writes NAME/long.safetensors: token_ids U8 [8192]; positions I32 [P] and their log_probs F64 [P];
repeated_token I32 [1] and its log-prob F64 [1], which is the same at every position after the first: all values that attention
sees are equal. The oracle is float64 throughout (float64.py).
"""
import os, shutil, sys
import torch
from safetensors.torch import save_file
from model_families import load, log_probs, write_checkpoint

LENGTH = 8192
SHAPE = dict(vocab_size=101, hidden_size=24, intermediate_size=40, num_hidden_layers=4, num_attention_heads=2,
             num_key_value_heads=1, head_dim=12, max_position_embeddings=LENGTH, _dtype="bfloat16")
CASES = {
    "long-yarn": dict(
        model_type="llama", **SHAPE,
        rope_parameters={"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0,
                         "original_max_position_embeddings": LENGTH // 4}),
    "long-window": dict(
        model_type="gemma2", **SHAPE, query_pre_attn_scalar=12, sliding_window=1500,
        layer_types=["sliding_attention", "full_attention"] * 2, attn_logit_softcapping=5.0,
        final_logit_softcapping=8.0, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}),
    "long-latent": dict(
        model_type="youtu", **{**SHAPE, "num_key_value_heads": 2, "head_dim": 6}, q_lora_rank=14, kv_lora_rank=10,
        qk_rope_head_dim=6, qk_nope_head_dim=6, v_head_dim=10,
        rope_parameters={"rope_type": "default", "rope_theta": 500000.0}),
}


def chosen_positions(generator):
    """The first and last, those about ends of key blocks and of spans of blocks, and some between."""
    ends = [64, 128, 1024, 2048, 4096]
    chosen = {*range(1, 5), *range(LENGTH - 64, LENGTH)} | {end + step for end in ends for step in range(-2, 3)}
    return sorted(chosen | set(torch.randint(1, LENGTH, (160,), generator=generator).tolist()))


def make(name, case, root):
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    directory = os.path.join(root, name)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    write_checkpoint(case, directory, generator)
    model = load(directory)
    ids = torch.randint(0, case["vocab_size"], (LENGTH,), generator=generator).tolist()
    positions = chosen_positions(generator)
    token = ids[0]
    with torch.no_grad():
        reference, repeated = log_probs(model, [ids, [token] * LENGTH])
    spread = (repeated.max() - repeated.min()).item()
    assert spread < 1e-11, f"{name}: log-probs of one token repeated are {spread} apart"
    save_file({
        "token_ids": torch.tensor(ids, dtype=torch.uint8), "positions": torch.tensor(positions, dtype=torch.int32),
        "log_probs": reference[torch.tensor(positions) - 1].clone(),
        "repeated_token": torch.tensor([token], dtype=torch.int32), "repeated_log_prob": repeated[:1].clone(),
    }, os.path.join(directory, "long.safetensors"))
    size = sum(os.path.getsize(os.path.join(directory, file)) for file in os.listdir(directory))
    print(f"{name:12} {len(positions)} positions  {size / 1024:4.0f} KiB  mean log-prob {reference.mean().item():.3f}  "
          f"repeated {repeated[0].item():.4f}, spread {spread:.1e}")


if __name__ == "__main__":
    for name in sys.argv[2:] or CASES:
        make(name, CASES[name], sys.argv[1])
