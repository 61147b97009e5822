"""What computes a teacher's log-probs in this process."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from remit.batch import Floats
from remit.score.context import context_length, require_context
from remit.scores.errors import ScoresError

Ids = npt.NDArray[np.int32]
#: Tokens by which a head is probed.
PROBE_TOKENS = 16
#: Largest mean difference of a probe's log-probs that is rounding. In f32 sums of other orders differ by 1e-6. In bf16 logits of 16 to 32 are
#: rounded to steps of 0.125, and a soft cap, which models round at each of its operations, by some hundredths. Another temperature is nats
#: off.
PROBE_TOLERANCES = {"f32": 1e-3, "bf16": 0.2}


#: Arguments of vLLM's that say how much memory it takes and how it batches, not what it computes.
_RESOURCES = ("gpu_memory_utilization", "max_num_seqs", "max_num_batched_tokens", "swap_space", "disable_log_stats")


@dataclass(frozen=True)
class Identity:
    """What decides an engine's numbers beside the model: a part of the scores fingerprint."""

    engine: str
    version: str
    #: f32 or bf16.
    precision: str
    #: Name of what computes, such as NVIDIA H200.
    device: str
    #: Further arguments of the engine that may change numbers, as JSON; empty where there are none.
    options: str = ""

    def members(self) -> dict[str, str]:
        """As they stand in a manifest; options only where there are some."""
        return {name: value for name, value in asdict(self).items() if value or name != "options"}

    def scores_fingerprint(self, model_fingerprint: str) -> str:
        """SHA-256 of the model and all of this."""
        text = json.dumps({"model_fingerprint": model_fingerprint, **self.members()}, sort_keys=True)
        return hashlib.sha256(b"remit engine scores 1\n" + text.encode()).hexdigest()


class Engine(Protocol):
    """A teacher in this process."""

    @property
    def identity(self) -> Identity:
        """What its numbers depend on."""

    def score(self, sequences: Sequence[Ids]) -> list[Floats]:
        """Natural log-probs of each sequence's ids given those before, NaN at the first."""


class TransformersEngine:
    """A checkpoint in transformers, padded into batches; the head runs in blocks of the vocabulary.

    Args:
        precision: f32 or bf16.
        device: of torch; by default a GPU where there is one.
        longest: tokens of the longest sequence that will be scored, where that is known.

    Raises:
        ScoresError: the model reads fewer tokens, or its logits are not its head's times its hidden states.
    """

    def __init__(
        self, model: str, *, precision: str = "bf16", device: str | None = None, longest: int | None = None
    ) -> None:  # fmt: skip
        import torch
        import transformers

        positions = context_length(model)
        require_context(model, positions, longest or 0)
        self._torch: Any = torch
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        loaded: Any = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=_dtype(torch, precision))
        self._model = loaded.to(self._device).eval()
        name = torch.cuda.get_device_name() if self._device.startswith("cuda") else "cpu"
        self.identity = Identity("transformers", f"{transformers.__version__}+torch{torch.__version__}", precision, name)
        self._probe(model, PROBE_TOLERANCES[precision], min(PROBE_TOKENS, positions or PROBE_TOKENS))

    def score(self, sequences: Sequence[Ids]) -> list[Floats]:
        torch = self._torch
        from remit.torch.head import head_losses

        width = max(len(ids) for ids in sequences)
        rows = torch.zeros((len(sequences), width), dtype=torch.long)
        mask = torch.zeros_like(rows)
        for row, ids in enumerate(sequences):
            rows[row, : len(ids)] = torch.from_numpy(ids.astype(np.int64))
            mask[row, : len(ids)] = 1
        rows, mask = rows.to(self._device), mask.to(self._device)
        with torch.no_grad():
            hidden = self._model.model(input_ids=rows, attention_mask=mask, use_cache=False).last_hidden_state
            head = self._model.get_output_embeddings()
            labels = torch.where(mask[:, 1:] == 1, rows[:, 1:], -100)
            softcap = getattr(self._model.config, "final_logit_softcapping", None)
            losses, _ = head_losses(hidden[:, :-1], head.weight, labels, bias=head.bias, softcap=softcap)
        values = -losses.float().cpu().numpy()
        return [np.concatenate([[np.nan], values[row, : len(ids) - 1]]).astype(np.float32) for row, ids in enumerate(sequences)]


    def _probe(self, model: str, tolerance: float, count: int) -> None:
        """Compares a short text's log-probs with those of the model's own logits: families scale, mask or cut theirs, each by another
        name in its config, and whatever is not done here would be a wrong temperature and no error."""
        torch, advice = self._torch, "take --engine vllm, or a remit-server"
        try:
            vocabulary = self._model.get_input_embeddings().weight.shape[0]
            ids = (np.arange(1, count + 1, dtype=np.int64) * 7919 % vocabulary).astype(np.int32)
            own = self.score([ids])[0][1:]
        except (AttributeError, NotImplementedError) as error:
            raise ScoresError(f"{model}: expected a model that has .model and a head of its own ({error}): {advice}") from error
        row = torch.from_numpy(ids.astype(np.int64))[None].to(self._device)
        with torch.no_grad():
            logits = self._model(input_ids=row, attention_mask=torch.ones_like(row), use_cache=False).logits.float()
        theirs = logits[0, :-1].log_softmax(-1).gather(-1, row[0, 1:, None])[:, 0].cpu().numpy()
        off = float(np.abs(own - theirs).mean())
        if not off <= tolerance:
            raise ScoresError(
                f"{model}: its log-probs are {off:.2e} off those of its own logits in the mean, expected {tolerance} at most: "
                f"{type(self._model).__name__} does more to its logits than a head and a soft cap do; {advice}"
            )


class VLLMEngine:
    """A checkpoint in vLLM's own process, without its JSON front.

    Args:
        precision: f32 or bf16.
        longest: tokens of the longest sequence that will be scored.
        options: further arguments of `vllm.LLM`, such as tensor_parallel_size. They are a part of the identity, as a quantization or
            another config makes it another model, unless they are of memory and batches alone.

    Raises:
        ScoresError: the model reads fewer tokens.
    """

    def __init__(self, model: str, *, precision: str = "bf16", longest: int, **options: Any) -> None:
        positions = _vllm_context(model, options)
        require_context(model, positions, longest)
        if longest == positions:
            # One token is generated behind the prompt, for which vLLM would refuse a prompt as long as the model's context. No more than
            # that is let through: what vLLM then only warns of has been refused above.
            os.environ.setdefault("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "1")
        import vllm

        name = {"f32": "float32", "bf16": "bfloat16"}[precision]
        self._engine = vllm.LLM(
            model, dtype=name, max_model_len=longest + 1, enable_prefix_caching=False, skip_tokenizer_init=True, **options
        )
        wanted: dict[str, Any] = {"max_tokens": 1, "temperature": 1.0, "prompt_logprobs": 0, "detokenize": False}
        try:
            self._wanted = vllm.SamplingParams(**wanted, flat_logprobs=True)
        except TypeError:  # before flat ones there were only lists of dictionaries
            self._wanted = vllm.SamplingParams(**wanted)
        try:
            import torch

            device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
        except ImportError:
            device = "unknown"
        decisive = {key: value for key, value in options.items() if key not in _RESOURCES}
        said = json.dumps(decisive, sort_keys=True, default=str) if decisive else ""
        self.identity = Identity("vllm", str(vllm.__version__), precision, device, said)

    def score(self, sequences: Sequence[Ids]) -> list[Floats]:
        prompts = [{"prompt_token_ids": ids.tolist()} for ids in sequences]
        answers = self._engine.generate(prompts, self._wanted, use_tqdm=False)
        return [self._values(answer.prompt_logprobs, prompt["prompt_token_ids"]) for answer, prompt in zip(answers, prompts)]

    @staticmethod
    def _values(found: Any, ids: list[int]) -> Floats:
        if len(found) != len(ids):
            raise ValueError(f"vLLM answered {len(found)} positions for a prompt of {len(ids)} tokens")
        values = np.full(len(ids), np.nan, np.float32)
        if hasattr(found, "start_indices"):
            # Of each position the realized token is the first.
            starts = np.asarray(found.start_indices)[1:]
            if not np.array_equal(np.asarray(found.token_ids)[starts], ids[1:]):
                raise ValueError("vLLM answered log-probs of other tokens than the prompt's")
            values[1:] = np.asarray(found.logprobs, np.float32)[starts]
        else:
            values[1:] = [one[token].logprob for one, token in zip(found[1:], ids[1:])]
        return values


def _vllm_context(model: str, options: dict[str, Any]) -> int | None:
    """Positions of a checkpoint as vLLM will have it; None where they are not known here, and vLLM's own refusal is all there is."""
    overrides = options.get("hf_overrides")
    if isinstance(overrides, dict) and "max_position_embeddings" in overrides:
        return int(overrides["max_position_embeddings"])
    try:
        return context_length(model, trust_remote_code=bool(options.get("trust_remote_code", False)))
    except (OSError, ValueError):
        return None


def _dtype(torch: Any, precision: str) -> Any:
    return {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
