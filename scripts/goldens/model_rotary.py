"""Rotary frequencies of real configurations as transformers computes them.

usage: python scripts/goldens/model_rotary.py Tests/Model/TransformersTests/Goldens/rotary.json

Each case: a config.json as a string, and for each rotary embedding of the model (full attention, then sliding) the inverse
frequencies and the factor of cosines and sines.
"""
import json, sys
from transformers import AutoConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.olmo3.modeling_olmo3 import Olmo3RotaryEmbedding
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

SHAPE = dict(hidden_size=2048, intermediate_size=64, num_hidden_layers=4, num_attention_heads=16, num_key_value_heads=16,
             vocab_size=64)
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
CASES = [
    dict(model_type="llama", max_position_embeddings=8192, rope_theta=100000.0),
    dict(model_type="llama", max_position_embeddings=131072, rope_theta=500000.0,
         rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                       "original_max_position_embeddings": 8192}),
    dict(model_type="llama", max_position_embeddings=131072, rope_theta=500000.0, head_dim=64,
         rope_scaling={"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                       "original_max_position_embeddings": 8192}),
    dict(model_type="llama", max_position_embeddings=16384, rope_theta=10000.0,
         rope_scaling={"type": "linear", "factor": 4.0}),
    dict(model_type="mistral", max_position_embeddings=131072, rope_theta=1000000000.0, head_dim=160),
    dict(model_type="qwen2", max_position_embeddings=131072, rope_theta=1000000.0, rope_scaling=YARN),
    dict(model_type="qwen3", max_position_embeddings=40960, head_dim=96,
         rope_parameters={**YARN, "rope_theta": 1000000.0, "mscale": 1.0, "mscale_all_dim": 0.5, "truncate": False,
                          "beta_fast": 24.0, "beta_slow": 2.0}),
    dict(model_type="smollm3", max_position_embeddings=65536, rope_theta=5000000.0),
    dict(model_type="olmo3", max_position_embeddings=65536, rope_theta=500000,
         rope_scaling={"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 8192,
                       "attention_factor": 1.2079441541679836, "beta_fast": 32.0, "beta_slow": 1.0}),
    dict(model_type="gemma3_text", max_position_embeddings=131072, rope_theta=1000000.0, rope_local_base_freq=10000.0,
         head_dim=256, rope_scaling={"rope_type": "linear", "factor": 8.0}),
    dict(model_type="olmo3", max_position_embeddings=65536, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}),
    dict(model_type="olmo3", max_position_embeddings=65536,
         rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "sliding_attention": {"rope_theta": 3000.0},
                          "full_attention": {"rope_type": "linear", "factor": 4.0}}),
    dict(model_type="gemma3_text", max_position_embeddings=131072, head_dim=256, rope_theta=2000000.0,
         rope_parameters={"rope_type": "default", "rope_theta": 5000.0}),
    dict(model_type="gemma3_text", max_position_embeddings=131072, head_dim=256,
         rope_parameters={"rope_theta": 5000.0, "sliding_attention": None,
                          "full_attention": {"rope_type": "linear", "rope_theta": 700000.0, "factor": 8.0}}),
    dict(model_type="youtu", max_position_embeddings=131072, rope_theta=1600000.0, qk_rope_head_dim=64),
]


def embeddings(config):
    layered = "full_attention" in config.rope_parameters
    for layer_type in ["full_attention", "sliding_attention"] if layered else [None]:
        parameters = config.rope_parameters[layer_type] if layered else config.rope_parameters
        choice = {"layer_type": layer_type} if layered else {}
        if parameters["rope_type"] == "default":
            module = Olmo3RotaryEmbedding if layered else LlamaRotaryEmbedding
            yield module.compute_default_rope_parameters(config, **choice)
        else:
            yield ROPE_INIT_FUNCTIONS[parameters["rope_type"]](config, None, **choice)


def main():
    answers = []
    for case in CASES:
        fields = {**SHAPE, **case}
        config = AutoConfig.for_model(**json.loads(json.dumps(fields)))
        answers.append({"config": json.dumps(fields), "embeddings": [
            {"inverse_frequencies": frequencies.tolist(), "attention_factor": factor}
            for frequencies, factor in embeddings(config)]})
    with open(sys.argv[1], "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(answer) for answer in answers) + "\n]\n")


if __name__ == "__main__":
    main()
