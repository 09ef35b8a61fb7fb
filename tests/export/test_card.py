"""Model cards: what somebody would have to type to have the bundle again."""

from pathlib import Path
from typing import Any

import pytest

from export.starter import Request, build
from tests.export import tiny_networks as tiny


@pytest.mark.parametrize(("asked", "said"), [
    ({"form": "cached"}, " --form cached"),
    ({"form": "controls", "step": True, "encoder": True}, " --form controls --step --encoder")])
def test_the_starters_card_tells_every_option_it_was_made_with(asked: dict[str, Any], said: str, tmp_path: Path
                                                               ) -> None:
    tiny.save_all(tmp_path / "weights")
    for left_out in (tmp_path / "weights").glob("upscaler.*"):
        left_out.unlink()
    folder = build(Request(tmp_path / "weights", tmp_path / "bundle", "fp32", frame=tiny.FRAME, **asked)).bundle.folder
    card = (folder / "MODEL_CARD.md").read_text("utf-8")
    assert f"\npython -m export starter --precision fp32{said}\n" in card
