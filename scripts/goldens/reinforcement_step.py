"""Goldens of one update of reinforcement (GRPO): advantages, tempered log-probs, loss, divergence, and every gradient.

usage: python scripts/goldens/reinforcement_step.py OUT_DIR        (Tests/Trainer/ReinforcementTests/Goldens)

Tiny random models (transformers, float64), two prompts with groups of completions of unequal length. Log-probs of the policy, of the
student that drew and of the student before the first step are those of softmax(logits / temperature), as the tokens were drawn; the
deviation of a group is torch's std, of the sample. The students that drew and that came first are the policy with noise on its values.
"""
import json, pathlib, sys
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

from float64 import exact

OUT = pathlib.Path(sys.argv[1])
CLIP, KL = 0.2, 0.3
SMALL = dict(vocab_size=48, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, initializer_range=0.4)
# Name: family, its fields, temperature.
CASES = {
    "llama-warm": ("llama", dict(tie_word_embeddings=False), 1.7),
    "llama-cold": ("llama", dict(tie_word_embeddings=True), 0.6),
    "gemma2-cold": ("gemma2", dict(head_dim=4, query_pre_attn_scalar=4, final_logit_softcapping=3.0,
                                   attn_logit_softcapping=None, sliding_window=32, tie_word_embeddings=True), 0.6),
}
# Of each prompt: its tokens, the tokens of its completions, their rewards.
GROUPS = [(3, [4, 1, 7, 2], [0.0, 1.0, 0.25, 1.0]), (5, [3, 3, 6, 5], [-2.0, 0.5, 0.5, 3.0])]


def completion_log_probs(model, segments, temperature):
    rows = []
    for prompt, completion in segments:
        tokens = torch.cat([prompt, completion])
        logits = model(tokens[None]).logits[0, :-1] / temperature
        rows.append(torch.log_softmax(logits, -1).gather(1, tokens[1:, None])[len(prompt) - 1:, 0])
    return rows


def moved(model, scale, seed):
    """Values of the model with noise on them."""
    generator = torch.Generator().manual_seed(seed)
    copy = AutoModelForCausalLM.from_config(model.config, dtype=torch.float64)
    copy.load_state_dict({name: value + scale * value.abs().mean() * torch.randn(
        value.shape, generator=generator, dtype=torch.float64) for name, value in model.state_dict().items()})
    copy.tie_weights()
    return exact(copy.eval())


for number, (name, (family, fields, temperature)) in enumerate(CASES.items()):
    torch.manual_seed(number + 5)
    config = AutoConfig.for_model(family, **SMALL, **fields)
    made = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for key, value in made.named_parameters():
            if "norm" in key:
                value.add_(0.3 * torch.randn(value.shape))
    folder = OUT / name
    made.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    model = exact(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64).eval())

    segments, advantages, rewards = [], [], []
    for prompt_length, lengths, group in GROUPS:
        prompt = torch.randint(0, 48, (prompt_length,))
        segments += [(prompt, torch.randint(0, 48, (length,))) for length in lengths]
        group = torch.tensor(group, dtype=torch.float64)
        advantages.append((group - group.mean()) / (group.std() + 1e-4))
        rewards.append(group)
    advantages, rewards = torch.cat(advantages), torch.cat(rewards)

    with torch.no_grad():
        old = completion_log_probs(moved(model, 0.05, 1), segments, temperature)
        start = completion_log_probs(moved(model, 0.1, 2), segments, temperature)
    policy = completion_log_probs(model, segments, temperature)
    tokens = sum(len(row) for row in policy)
    loss, divergence, clipped = 0, 0, 0
    for row, old_row, start_row, advantage in zip(policy, old, start, advantages):
        old_row, start_row = old_row.float().double(), start_row.float().double()
        ratio = torch.exp(row - old_row)
        cut = ratio.clamp(1 - CLIP, 1 + CLIP)
        clipped += int((ratio * advantage > cut * advantage).sum())
        log_q = start_row - row
        estimate = torch.exp(log_q) - log_q - 1
        loss = loss + (-torch.minimum(ratio * advantage, cut * advantage) + KL * estimate).sum()
        divergence = divergence + estimate.sum()
    (loss / tokens).backward()

    tensors = {"gradient." + key: value.grad.float() for key, value in model.named_parameters()}
    tensors |= {
        "token_ids": torch.cat([torch.cat(pair) for pair in segments]).int(),
        "prompt_tokens": torch.tensor([len(prompt) for prompt, _ in segments], dtype=torch.int32),
        "completion_tokens": torch.tensor([len(completion) for _, completion in segments], dtype=torch.int32),
        "rewards": rewards, "advantages": advantages, "log_probs": torch.cat(policy).detach().float(),
        "old": torch.cat(old).float(), "start": torch.cat(start).float(),
        "scalars": torch.tensor([temperature, CLIP, KL, loss.item() / tokens, divergence.item() / tokens, clipped],
                                dtype=torch.float64)}
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, OUT / f"{name}.safetensors")
    print(name, {"loss": loss.item() / tokens, "divergence": divergence.item() / tokens, "clipped": clipped, "tokens": tokens})
