"""Goldens of every model family but plain Llama: tiny random checkpoints and what transformers makes of them in float64
(float64.py: throughout).

usage: python scripts/goldens/model_families.py Tests/Model/TransformersTests/Goldens [NAME...]

Every case is a family and a shape: head counts that are no power of two, rows of the vocabulary that no tokenizer would use,
windows shorter than the longest sequence, padding tokens in the text, files in f32 and bf16, one file or shards,
configurations as transformers writes them today or as older versions did ("legacy"), heads of their own beside embeddings that
config.json ties. Norms, biases and scales are far from
their neutral values, and for each case `matters` lists changes of the configuration that must move the log-probs: an option
that shows nowhere proves nothing.
"""
import json, os, shutil, sys
import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM
from float64 import exact

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

SMALL = dict(vocab_size=103, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
             num_key_value_heads=1, max_position_embeddings=192)
WIDE = dict(vocab_size=118, hidden_size=36, intermediate_size=44, num_hidden_layers=2, num_attention_heads=6,
            num_key_value_heads=2, max_position_embeddings=192)
ROPE = {"rope_type": "default", "rope_theta": 500.0}
LENGTHS = [1, 2, 13, 131]

CASES = {
    "llama-linear": dict(
        model_type="llama", **SMALL, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
        rope_parameters={"rope_type": "linear", "rope_theta": 900.0, "factor": 3.0}, _legacy=True,
        matters=[{"rope_scaling": None}]),
    "llama-llama3": dict(
        model_type="llama", **WIDE, head_dim=16, _dtype="bfloat16", _shard="20KB",
        rope_parameters={"rope_type": "llama3", "rope_theta": 2000.0, "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 48},
        matters=[{"rope_parameters": {"rope_type": "default", "rope_theta": 2000.0}}]),
    "llama-yarn": dict(
        model_type="llama", **SMALL, head_dim=14, attention_bias=True, _dtype="bfloat16",
        rope_parameters={"rope_type": "yarn", "rope_theta": 700.0, "factor": 4.0, "beta_fast": 4.0,
                         "original_max_position_embeddings": 48},
        matters=[{"rope_parameters": {"rope_type": "default", "rope_theta": 700.0}}]),
    "mistral-window": dict(
        model_type="mistral", **SMALL, sliding_window=70, rope_parameters=ROPE, matters=[{"sliding_window": None}]),
    "mistral-full": dict(
        model_type="mistral", **WIDE, sliding_window=None, head_dim=10, rope_parameters=ROPE, _dtype="bfloat16",
        _shard="20KB", _legacy=True, matters=[{"sliding_window": 12}]),
    "qwen2-tied": dict(
        model_type="qwen2", **SMALL, tie_word_embeddings=True, rope_parameters=ROPE, _legacy=True,
        _written={"sliding_window": 9, "max_window_layers": 1, "use_sliding_window": False}),
    "qwen2-window": dict(
        model_type="qwen2", **{**WIDE, "num_hidden_layers": 3}, use_sliding_window=True, sliding_window=9,
        max_window_layers=1, rope_parameters=ROPE, _dtype="bfloat16",
        matters=[{"layer_types": ["full_attention"] * 3}, {"layer_types": ["sliding_attention"] * 3}]),
    "qwen2-own-head": dict(
        model_type="qwen2", **SMALL, tie_word_embeddings=True, rope_parameters=ROPE, _head=True),
    "smollm3-own-head": dict(
        model_type="smollm3", **WIDE, rope_parameters=ROPE, _head=True, _dtype="bfloat16", _shard="20KB",
        _dropped=["tie_word_embeddings"]),
    "qwen3-tied": dict(
        model_type="qwen3", **SMALL, head_dim=12, tie_word_embeddings=True, rope_parameters=ROPE),
    "qwen3-bias": dict(
        model_type="qwen3", **{**WIDE, "num_hidden_layers": 3}, head_dim=10, attention_bias=True,
        rope_parameters={"rope_type": "yarn", "rope_theta": 500.0, "factor": 3.0, "attention_factor": 1.2,
                         "original_max_position_embeddings": 64, "truncate": False},
        use_sliding_window=True, sliding_window=40, max_window_layers=2, _dtype="bfloat16", _shard="20KB",
        matters=[{"rope_parameters": ROPE}, {"layer_types": ["full_attention"] * 3}]),
    "olmo-clip": dict(
        model_type="olmo", **SMALL, clip_qkv=0.9, pad_token_id=7, rope_parameters=ROPE, _legacy=True, matters=[{"clip_qkv": None}]),
    "olmo-plain": dict(
        model_type="olmo", **{**WIDE, "num_key_value_heads": 6}, tie_word_embeddings=True, attention_bias=True,
        rope_parameters=ROPE, _dtype="bfloat16", matters=[{"clip_qkv": 0.9}]),
    "olmo2-shared": dict(
        model_type="olmo2", **SMALL, rope_parameters=ROPE, _legacy=True, matters=[{"rms_norm_eps": 0.1}]),
    "olmo2-bias": dict(
        model_type="olmo2", **{**WIDE, "num_key_value_heads": 3}, attention_bias=True, tie_word_embeddings=True,
        rms_norm_eps=1e-3, rope_parameters=ROPE, _dtype="bfloat16", _shard="20KB"),
    "olmo3-yarn": dict(
        model_type="olmo3", **{**SMALL, "num_hidden_layers": 4}, sliding_window=10,
        rope_parameters={"sliding_attention": {"rope_type": "default", "rope_theta": 500000.0},
                         "full_attention": {"rope_type": "yarn", "rope_theta": 500000.0, "factor": 4.0,
                                            "original_max_position_embeddings": 32, "attention_factor": 1.1,
                                            "beta_fast": 8, "beta_slow": 1}},
        _legacy=True, matters=[{"layer_types": ["full_attention"] * 4}, {"rope_scaling": None}]),
    "olmo3-types": dict(
        model_type="olmo3", **{**WIDE, "num_hidden_layers": 3}, sliding_window=66,
        layer_types=["full_attention", "sliding_attention", "full_attention"],
        rope_parameters={"sliding_attention": ROPE, "full_attention": {"rope_type": "default", "rope_theta": 80.0},
                         "rope_type": "default", "rope_theta": 33.0},
        _dtype="bfloat16", matters=[{"layer_types": ["full_attention"] * 3},
                                    {"rope_parameters": {"sliding_attention": ROPE, "full_attention": ROPE}}]),
    "smollm3-nope": dict(
        model_type="smollm3", **{**SMALL, "num_hidden_layers": 4}, rope_parameters=ROPE, pad_token_id=7, _legacy=True,
        matters=[{"no_rope_layers": [1, 1, 1, 1]}]),
    "smollm3-window": dict(
        model_type="smollm3", **{**WIDE, "num_hidden_layers": 3}, rope_parameters=ROPE, no_rope_layers=[0, 1, 1],
        use_sliding_window=True, sliding_window=11, mlp_bias=True, tie_word_embeddings=False, _dtype="bfloat16",
        matters=[{"layer_types": ["full_attention"] * 3}, {"no_rope_layers": [1, 1, 1]}]),
    "youtu-low-rank": dict(
        model_type="youtu", **{**SMALL, "num_key_value_heads": 3}, q_lora_rank=14, kv_lora_rank=10, qk_rope_head_dim=4,
        qk_nope_head_dim=6, v_head_dim=5, rope_parameters=ROPE, rms_norm_eps=1e-3, _legacy=True,
        matters=[{"rope_interleave": False}]),
    "youtu-yarn": dict(
        model_type="youtu", **{**WIDE, "num_attention_heads": 5, "num_key_value_heads": 5}, q_lora_rank=None,
        kv_lora_rank=12, qk_rope_head_dim=6, qk_nope_head_dim=5, v_head_dim=9, rope_interleave=False,
        attention_bias=True, tie_word_embeddings=False, _dtype="bfloat16", _shard="20KB",
        rope_parameters={"rope_type": "yarn", "rope_theta": 500.0, "factor": 4.0, "mscale": 0.7, "mscale_all_dim": 1.1,
                         "beta_fast": 6, "original_max_position_embeddings": 40},
        matters=[{"rope_parameters": ROPE}, {"rope_interleave": True}]),
    "gemma2-caps": dict(
        model_type="gemma2", **SMALL, head_dim=10, query_pre_attn_scalar=5, sliding_window=8, rope_parameters=ROPE,
        attn_logit_softcapping=3.0, final_logit_softcapping=4.0, _legacy=True,
        _written={"hidden_act": "relu", "cache_implementation": "hybrid"},
        matters=[{"attn_logit_softcapping": None}, {"final_logit_softcapping": None}, {"sliding_window": 20},
                 {"query_pre_attn_scalar": 10}]),
    "gemma2-types": dict(
        model_type="gemma2", **{**WIDE, "num_hidden_layers": 3}, head_dim=8, query_pre_attn_scalar=12,
        sliding_window=65, layer_types=["full_attention", "full_attention", "sliding_attention"], rope_parameters=ROPE,
        attn_logit_softcapping=None, final_logit_softcapping=6.0, tie_word_embeddings=False, attention_bias=True,
        pad_token_id=-1, _dtype="bfloat16", _shard="30KB", matters=[{"layer_types": ["full_attention"] * 3}]),
    "gemma3-pattern": dict(
        model_type="gemma3_text", **{**SMALL, "num_hidden_layers": 7}, head_dim=8, query_pre_attn_scalar=8,
        sliding_window=12, _legacy=True,
        rope_parameters={"sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
                         "full_attention": {"rope_type": "linear", "rope_theta": 5000.0, "factor": 4.0}},
        matters=[{"rope_scaling": None}, {"rope_local_base_freq": 60.0}, {"sliding_window": 20}]),
    "gemma3-types": dict(
        model_type="gemma3_text", **{**WIDE, "num_hidden_layers": 3}, head_dim=14, query_pre_attn_scalar=9,
        sliding_window=30, layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters={"sliding_attention": ROPE, "full_attention": {"rope_type": "default", "rope_theta": 9000.0}},
        final_logit_softcapping=5.0, _dtype="bfloat16",
        matters=[{"layer_types": ["full_attention"] * 3}, {"final_logit_softcapping": None}]),
}


def perturb(model, generator):
    """Weights that show: norms and biases far from neutral, attention that is not flat, logits with a spread of about 2."""
    centred = 0.0 if model.config.model_type.startswith("gemma") else 1.0
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator, dtype=torch.float32)
            if "norm" in name:
                weight.copy_(centred + 0.3 * noise)
            elif name.endswith("bias"):
                weight.copy_(0.3 * noise)
            elif "embed_tokens" in name or "lm_head" in name:
                weight.copy_(0.4 * noise)
            else:
                weight.copy_(noise * (1.6 if "q_" in name or "k_proj" in name else 1.0) / weight.shape[1] ** 0.5)


def legacy(config):
    """The configuration as versions of transformers before rope_parameters wrote it."""
    rope = config.pop("rope_parameters")
    if "full_attention" in rope:
        if config["model_type"] == "gemma3_text":
            config["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
            config["sliding_window_pattern"] = config.pop("_sliding_window_pattern")
            config.pop("layer_types")
        rope = rope["full_attention"]
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    if rope["rope_type"] == "linear" and config["model_type"] == "llama":
        rope["type"] = rope.pop("rope_type")
    config["torch_dtype"] = config.pop("dtype")
    config.pop("layer_types", None)
    return config


def write_checkpoint(case, directory, generator):
    options = {key: value for key, value in case.items() if key[0] != "_" and key != "matters"}
    options = {**dict(pad_token_id=None, bos_token_id=None, eos_token_id=None), **json.loads(json.dumps(options))}
    config = AutoConfig.for_model(options.pop("model_type"), **options)
    model = AutoModelForCausalLM.from_config(config)
    perturb(model, generator)
    model.to(getattr(torch, case.get("_dtype", "float32")))
    if case.get("_head"):  # of other values than the embedding that config.json ties it to
        model.lm_head.weight = torch.nn.Parameter(torch.zeros_like(model.lm_head.weight))
        with torch.no_grad():
            model.lm_head.weight.copy_(0.4 * torch.randn(model.lm_head.weight.shape, generator=generator))
    model.save_pretrained(directory, max_shard_size=case.get("_shard", "1GB"))
    generation = os.path.join(directory, "generation_config.json")
    if os.path.exists(generation):
        os.remove(generation)
    path = os.path.join(directory, "config.json")
    with open(path) as file:
        written = json.load(file)
    if case.get("_legacy"):
        written = legacy(written)
    written.update(case.get("_written", {}))
    for field in case.get("_dropped", []):
        written.pop(field)
    with open(path, "w") as file:
        json.dump(written, file, indent=1, sort_keys=True)


def load(directory, changes=None):
    config = None
    if changes:
        with open(os.path.join(directory, "config.json")) as file:
            fields = json.load(file)
        config = AutoConfig.for_model(fields.pop("model_type"), **{**fields, **changes})
    model = AutoModelForCausalLM.from_pretrained(
        directory, config=config, dtype=torch.float64, attn_implementation="eager").eval()
    return exact(model)


def log_probs(model, segments):
    """One tensor a segment, its first position left out."""
    answers = []
    for ids in segments:
        logits = model(torch.tensor([ids])).logits[0, :-1].double()
        answers.append(torch.log_softmax(logits, -1).gather(1, torch.tensor(ids)[1:, None])[:, 0])
    return answers


def decays(name, weight):
    return weight.dim() > 1 and "embed_tokens" not in name


def make(name, case, root):
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    directory = os.path.join(root, name)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    write_checkpoint(case, directory, generator)
    used = case["vocab_size"] - 6
    segments = [torch.randint(0, used, (length,), generator=generator).tolist() for length in LENGTHS]
    if case.get("pad_token_id") is not None:
        segments[2][5] = segments[3][9] = case["pad_token_id"] % case["vocab_size"]
    weights = 0.8 + 0.4 * torch.rand(sum(LENGTHS), generator=generator)

    model = load(directory)
    with torch.no_grad():
        reference = torch.cat(log_probs(model, segments))
        for changes in case.get("matters", []):
            moved = (torch.cat(log_probs(load(directory, changes), segments)) - reference).abs().max().item()
            assert moved > 0.01, f"{name}: {changes} moves the log-probs by {moved} only"

    scored = torch.cat([torch.tensor([False] + [True] * (length - 1)) for length in LENGTHS])
    picked = weights[scored].double()
    golden = {
        "token_ids": torch.tensor(sum(segments, []), dtype=torch.int32),
        "segment_starts": torch.tensor([0] + LENGTHS).cumsum(0).to(torch.int32),
        "weights": torch.where(scored, weights, torch.zeros(())),
        "log_probs": torch.zeros(len(scored), dtype=torch.float64).masked_scatter(scored, reference),
    }
    loss = -(picked * torch.cat(log_probs(model, segments))).sum() / len(picked)
    loss.backward()
    for key, weight in model.named_parameters():
        golden["gradient." + key] = weight.grad.to(torch.float32)
    golden["losses"] = ten_losses(model, segments)
    save_file(golden, os.path.join(directory, "golden.safetensors"))
    spread = torch.cat([model(torch.tensor([ids])).logits[0] for ids in segments]).std().item()
    size = sum(os.path.getsize(os.path.join(directory, file)) for file in os.listdir(directory))
    print(f"{name:16} {sum(w.numel() for w in model.parameters()):7} parameters  {size / 1024:5.0f} KiB  "
          f"loss {loss.item():.3f}  logits' deviation {spread:.2f}  ten losses {golden['losses'][0]:.4f} -> "
          f"{golden['losses'][-1]:.4f}")


def ten_losses(model, segments):
    groups = [[w for n, w in model.named_parameters() if decays(n, w) == choice] for choice in (True, False)]
    optimizer = torch.optim.AdamW(
        [{"params": groups[0], "weight_decay": 0.1}, {"params": groups[1], "weight_decay": 0.0}],
        lr=3e-3, betas=(0.9, 0.95), eps=1e-8)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = -torch.cat(log_probs(model, segments)).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[2:] or CASES:
        make(name, CASES[name], sys.argv[1])
