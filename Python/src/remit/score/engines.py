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

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Identity:
    """What decides an engine's numbers beside the model: a part of the scores fingerprint."""

    engine: str
    version: str
    #: f32 or bf16.
    precision: str
    #: Name of what computes, such as NVIDIA H200.
    device: str

    def scores_fingerprint(self, model_fingerprint: str) -> str:
        """SHA-256 of the model and all of this."""
        text = json.dumps({"model_fingerprint": model_fingerprint, **asdict(self)}, sort_keys=True)
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
    """

    def __init__(self, model: str, *, precision: str = "bf16", device: str | None = None) -> None:
        import torch
        import transformers

        self._torch: Any = torch
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        loaded: Any = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=_dtype(torch, precision))
        self._model = loaded.to(self._device).eval()
        name = torch.cuda.get_device_name() if self._device.startswith("cuda") else "cpu"
        self.identity = Identity("transformers", f"{transformers.__version__}+torch{torch.__version__}", precision, name)

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


class VLLMEngine:
    """A checkpoint in vLLM's own process, without its JSON front.

    Args:
        precision: f32 or bf16.
        longest: tokens of the longest sequence that will be scored.
        options: further arguments of `vllm.LLM`, such as tensor_parallel_size.
    """

    def __init__(self, model: str, *, precision: str = "bf16", longest: int, **options: Any) -> None:
        # One token is generated behind the prompt, also where the prompt is as long as the model's context.
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
        self.identity = Identity("vllm", str(vllm.__version__), precision, device)

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


def _dtype(torch: Any, precision: str) -> Any:
    return {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
