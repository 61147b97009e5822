"""How many tokens a checkpoint reads at once."""

from __future__ import annotations

from typing import Any

from remit.scores.errors import ScoresError

#: As configs name it; transformers knows more names for the first.
_NAMES = ("max_position_embeddings", "n_positions", "max_seq_len")


def context_length(model: str, **options: Any) -> int | None:
    """Positions that a checkpoint's config allows; None where it names none.

    Args:
        options: of `transformers.AutoConfig.from_pretrained`.
    """
    import transformers

    config: Any = transformers.AutoConfig.from_pretrained(model, **options).get_text_config()
    found = (getattr(config, name, None) for name in _NAMES)
    return next((one for one in found if isinstance(one, int) and one > 0), None)


def require_context(model: str, positions: int | None, longest: int) -> None:
    """Raises `ScoresError` where sequences have more tokens than a model has positions: engines would score behind them, and wrongly."""
    if positions is not None and longest > positions:
        raise ScoresError(
            f"{model}: the plan's sequences have up to {longest} tokens, but the model has {positions} positions "
            f"(max_position_embeddings): plan with --sequence-length {positions} or less. A model whose rotary scaling reaches farther "
            f"says so in its config.json"
        )
