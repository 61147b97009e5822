"""Golden of an average of checkpoints: three of them, in f32, bf16 and f16, and their means in numpy.

usage: python checkpoint_average.py OUT_DIR     (Tests/Trainer/TrainingTests/Goldens)

Random parameters of a tiny Llama. The mean is summed in float64 in the order of the checkpoints and rounded to float32 once: uniform, and
with weights 3, 1, 2.
"""
import json
import pathlib
import sys
import numpy as np
from safetensors.numpy import save_file

OUT = pathlib.Path(sys.argv[1]) / "average"
V, D, F = 16, 8, 8
LAYER = {"input_layernorm": [D], "post_attention_layernorm": [D], "mlp.gate_proj": [F, D], "mlp.up_proj": [F, D],
         "mlp.down_proj": [D, F], "self_attn.q_proj": [D, D], "self_attn.k_proj": [D, D], "self_attn.v_proj": [D, D],
         "self_attn.o_proj": [D, D]}
SHAPES = {"model.embed_tokens.weight": [V, D], "lm_head.weight": [V, D], "model.norm.weight": [D]} | {
    f"model.layers.0.{name}.weight": shape for name, shape in LAYER.items()}
CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": V, "hidden_size": D,
          "intermediate_size": F, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2,
          "rms_norm_eps": 1e-6, "max_position_embeddings": 8, "hidden_act": "silu", "rope_theta": 10000.0,
          "tie_word_embeddings": False}


def bf16(x):
    """The upper half of each float32, which is a bfloat16 as it lies in a file."""
    return (x.view(np.uint32) >> 16).astype(np.uint16)


def write(path, tensors, dtype):
    """A safetensors file by hand: safetensors.numpy knows no bfloat16."""
    header, data = {}, b""
    for name, tensor in sorted(tensors.items()):
        raw = (bf16(tensor) if dtype == "BF16" else tensor).tobytes()
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


random = np.random.default_rng(5)
members = []
for name, dtype in (("a", "F32"), ("b", "BF16"), ("c", "F16")):
    (OUT / name).mkdir(parents=True, exist_ok=True)
    tensors = {key: random.normal(size=shape).astype(np.float32) for key, shape in SHAPES.items()}
    if dtype == "BF16":
        tensors = {key: (x.view(np.uint32) & 0xFFFF0000).view(np.float32) for key, x in tensors.items()}
    if dtype == "F16":
        tensors = {key: x.astype(np.float16) for key, x in tensors.items()}
    write(OUT / name / "model.safetensors", tensors, dtype)
    (OUT / name / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n")
    members.append({key: x.astype(np.float64) for key, x in tensors.items()})

for name, weights in (("uniform", (1, 1, 1)), ("weighted", (3, 1, 2))):
    means = {}
    for key in SHAPES:
        total = np.zeros(SHAPES[key])
        for weight, member in zip(weights, members):
            total = total + (weight / sum(weights)) * member[key]
        means[key] = total.astype(np.float32)
    save_file(means, OUT / f"{name}.safetensors")
