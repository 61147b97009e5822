"""Models that an engine in process would score wrongly, and what it says of them: on tiny models, without weights from elsewhere."""

from __future__ import annotations

import os
import pathlib
import sys
import types

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("default")]  # of transformers

import remit
from conftest import DEMO
from remit.score import TransformersEngine, VLLMEngine, make_plan
from remit.score.__main__ import main
from remit.scores import Unit

POSITIONS = 64


def saved(folder: pathlib.Path, family: str, **options) -> str:
    """A tiny checkpoint with random weights, large enough for logits of some size."""
    torch.manual_seed(0)
    sizes = dict(
        vocab_size=500, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=POSITIONS, initializer_range=0.3, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    config = getattr(transformers, f"{family}Config")(**{**sizes, **options})
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("precision", ["f32", "bf16"])
@pytest.mark.parametrize(
    ("family", "options"),
    [("Granite", dict(logits_scaling=8.0)), ("Cohere", dict(logit_scale=0.25)), ("Cohere2", dict(logit_scale=0.0625))],
    ids=["granite", "cohere", "cohere2"],
)
def test_a_model_that_scales_its_logits_is_refused(tmp_path: pathlib.Path, family: str, options: dict, precision: str) -> None:
    with pytest.raises(remit.ScoresError, match=f"{family}ForCausalLM does more to its logits.*--engine vllm"):
        TransformersEngine(saved(tmp_path, family, **options), precision=precision)


@pytest.mark.parametrize("precision", ["f32", "bf16"])
@pytest.mark.parametrize(
    ("family", "options"),
    [("Llama", {}), ("Granite", dict(logits_scaling=1.0)), ("Gemma2", dict(head_dim=16, final_logit_softcapping=30.0)), ("Phi", {})],
    ids=["llama", "granite", "gemma2", "phi"],
)
def test_other_models_are_scored_by_their_own_logits(tmp_path: pathlib.Path, family: str, options: dict, precision: str) -> None:
    folder = saved(tmp_path, family, **options)
    engine = TransformersEngine(folder, precision=precision, longest=POSITIONS)
    ids = np.random.default_rng(1).integers(0, 500, POSITIONS).astype(np.int32)
    if precision == "f32":
        logits = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)(torch.tensor(ids[None])).logits[0]
        expected = logits.log_softmax(-1)[torch.arange(POSITIONS - 1), torch.tensor(ids[1:])].detach().numpy()
        np.testing.assert_allclose(engine.score([ids])[0][1:], expected, rtol=0, atol=1e-4)
    with pytest.raises(remit.ScoresError, match=f"up to {POSITIONS + 1} tokens, but the model has {POSITIONS} positions"):
        TransformersEngine(folder, precision=precision, longest=POSITIONS + 1)


def test_a_model_without_a_body_of_that_name_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(remit.ScoresError, match="expected a model that has .model and a head"):
        TransformersEngine(saved(tmp_path, "GPT2"), precision="f32")


@pytest.mark.parametrize("engine", ["transformers", "vllm"])
def test_a_plan_of_longer_sequences_than_the_model_reads_is_refused(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", types.ModuleType("vllm"))  # it is not reached
    folder = saved(tmp_path / "model", "Llama")
    np.arange(300, dtype=np.uint16).tofile(tmp_path / "tokens.npy")
    pins = remit.Pins("1" * 64, "2" * 64)
    plan = make_plan(tmp_path / "plan.json", [tmp_path / "tokens.npy"], Unit("chunk", 128), dtype="uint16", pins=pins)
    assert main(["run", "--plan", plan.path, "--results", str(tmp_path / "results"), "--engine", engine, "--model", folder]) == 1
    assert "up to 128 tokens, but the model has 64 positions" in capsys.readouterr().err
    assert not (tmp_path / "results/range-000000.json").exists()


class LLM:
    """What vLLM is asked for."""

    asked: dict = {}

    def __init__(self, model: str, **options) -> None:
        LLM.asked = {**options, "long": os.environ.get("VLLM_ALLOW_LONG_MAX_MODEL_LEN")}


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = types.ModuleType("vllm")
    fake.LLM, fake.SamplingParams, fake.__version__ = LLM, dict, "0"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", fake)
    # Set, so that what the engine sets is taken back, and then not there.
    monkeypatch.setenv("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "")
    monkeypatch.delenv("VLLM_ALLOW_LONG_MAX_MODEL_LEN")


@pytest.mark.parametrize(("longest", "long"), [(POSITIONS - 1, None), (POSITIONS, "1")])
def test_vllm_lets_one_token_behind_the_context_through_and_no_more(
    tmp_path: pathlib.Path, vllm: None, longest: int, long: str | None
) -> None:
    folder = saved(tmp_path, "Llama")
    VLLMEngine(folder, longest=longest)
    assert LLM.asked["max_model_len"] == longest + 1 and LLM.asked["long"] == long
    with pytest.raises(remit.ScoresError, match="positions"):
        VLLMEngine(folder, longest=POSITIONS + 1)
    VLLMEngine(folder, longest=2 * POSITIONS, hf_overrides={"max_position_embeddings": 2 * POSITIONS})
    with pytest.raises(remit.ScoresError, match=f"{2 * POSITIONS} positions"):
        VLLMEngine(folder, longest=2 * POSITIONS + 1, hf_overrides={"max_position_embeddings": 2 * POSITIONS})


def test_what_changes_vllms_numbers_is_a_part_of_its_identity(tmp_path: pathlib.Path, vllm: None) -> None:
    """An engine that quantizes is another, whatever files it read; one that takes less memory is not."""
    folder = saved(tmp_path, "Llama")

    def identity(**options):
        return VLLMEngine(folder, longest=8, **options).identity

    plain, quantized = identity(), identity(quantization="fp8", tensor_parallel_size=2)
    assert quantized.options == '{"quantization": "fp8", "tensor_parallel_size": 2}'
    assert quantized == identity(tensor_parallel_size=2, quantization="fp8", gpu_memory_utilization=0.5)
    assert plain == identity(gpu_memory_utilization=0.5, max_num_seqs=4) and "options" not in plain.members()
    assert plain.scores_fingerprint("1" * 64) != quantized.scores_fingerprint("1" * 64)


def test_vllm_refuses_on_its_own_where_positions_are_not_known(tmp_path: pathlib.Path, vllm: None) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "of-tomorrow"}')
    VLLMEngine(str(tmp_path), longest=1 << 20)
    assert LLM.asked["long"] is None


@pytest.mark.parametrize("precision", ["f32", "bf16"])
def test_a_trained_model_passes_its_probe(precision: str) -> None:
    assert TransformersEngine(str(DEMO / "teacher"), precision=precision).identity.precision == precision
