"""A checkpoint of scripts/oracle/make_checkpoint.py as a GGUF file for llama.cpp.

llama.cpp's own converter takes only tokenizers that it knows by their hash. Scoring token ids needs none: the vocabulary
written here has placeholders.
"""
import json, math, os
import gguf
import numpy as np

# As the checkpoint calls a layer's weights, and as GGUF does.
LAYER = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
         "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
         "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
MODEL = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def write_gguf(directory, path, precision):
    """Writes matrices in f32 or bf16; norms and biases in f32."""
    with open(directory + "/config.json", encoding="utf-8") as file:
        c = json.load(file)
    heads, kv_heads = c["num_attention_heads"], c["num_key_value_heads"]
    writer = gguf.GGUFWriter(path + ".part", c["model_type"])
    writer.add_block_count(c["num_hidden_layers"])
    writer.add_context_length(c["max_position_embeddings"])
    writer.add_embedding_length(c["hidden_size"])
    writer.add_feed_forward_length(c["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_rope_dimension_count(c["hidden_size"] // heads)
    writer.add_rope_freq_base(c["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(c["rms_norm_eps"])
    writer.add_vocab_size(c["vocab_size"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"<{i}>" for i in range(c["vocab_size"])])
    writer.add_token_types([gguf.TokenType.NORMAL] * c["vocab_size"])
    writer.add_token_merges(["< 0"])
    matrices = {"f32": gguf.GGMLQuantizationType.F32, "bf16": gguf.GGMLQuantizationType.BF16}[precision]
    for name, values in tensors(directory):
        if name.startswith("model.layers."):
            layer, _, rest = name.removeprefix("model.layers.").partition(".")
            part, _, kind = rest.rpartition(".")
            if c["model_type"] == "llama" and part in ("self_attn.q_proj", "self_attn.k_proj"):
                values = interleaved(values, heads if part == "self_attn.q_proj" else kv_heads)
            name = f"blk.{layer}.{LAYER[part]}.{kind}"
        else:
            part, _, kind = name.rpartition(".")
            name = f"{MODEL[part]}.{kind}"
        stored = matrices if values.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(values), stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.rename(path + ".part", path)


def tensors(directory):
    """Names and values in f32 of model.safetensors, whose tensors are bf16: the upper halves of f32."""
    with open(directory + "/model.safetensors", "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            if entry["dtype"] != "BF16":
                raise ValueError(f"{name} is {entry['dtype']}, expected BF16")
            file.seek(start + entry["data_offsets"][0])
            halves = np.fromfile(file, "<u2", math.prod(entry["shape"]))
            yield name, (halves.astype("<u4") << 16).view("<f4").reshape(entry["shape"])


def interleaved(values, heads):
    """Rows of each head reordered: the checkpoint rotates feature i with i + d/2, llama.cpp's Llama feature 2i with 2i + 1."""
    halves = values.reshape(heads, 2, -1, *values.shape[1:])
    return halves.swapaxes(1, 2).reshape(values.shape)
