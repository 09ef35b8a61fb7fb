"""What a diffusers scheduler's configuration says of a model's training, in the manifest's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from export.diffusers_folder import AGAIN, read_config
from export.errors import ExportError

_PREDICTIONS: Final = {"epsilon": "epsilon", "v_prediction": "v"}
_OTHER: Final = "give a model with these; the app has no others"


@dataclass(frozen=True)
class Trained:
    """`prediction` and `schedule` as in a bundle's denoiser section."""

    prediction: str
    schedule: Mapping[str, Any]


def noise_schedule(path: Path) -> Trained:
    """Read `scheduler_config.json`.

    Only what the model was trained with is taken. How steps are placed and whether latents are clipped belong to the
    sampler, which published examples replace by another one too. Raises ExportError for what the app does not know.
    """
    config = read_config(path)
    kind = config.get("beta_schedule", "linear")  # diffusers' default
    if kind != "scaled_linear" or config.get("trained_betas") is not None:
        found = f"it is {kind!r}" if kind != "scaled_linear" else "it lists betas of its own"
        raise ExportError(f"the beta_schedule in {path} to be 'scaled_linear'", found, _OTHER)
    # Configurations of before prediction types existed do not name theirs.
    prediction = config.get("prediction_type", "epsilon")
    if prediction not in _PREDICTIONS:
        raise ExportError(f"the prediction_type in {path} to be {' or '.join(_PREDICTIONS)}", f"it is {prediction!r}",
                          _OTHER)
    zero_snr = config.get("rescale_betas_zero_snr") is True
    if zero_snr and prediction == "epsilon":
        raise ExportError(f"the prediction_type in {path} to be v_prediction, for its steps begin in pure noise",
                          "it is 'epsilon', which says nothing there", AGAIN)
    start, end = _number(config, "beta_start", path), _number(config, "beta_end", path)
    return Trained(_PREDICTIONS[prediction], {
        "kind": "scaled_linear", "beta_start": start, "beta_end": end,
        "steps": int(_number(config, "num_train_timesteps", path)), "zero_terminal_snr": zero_snr})


def _number(config: Mapping[str, Any], name: str, path: Path) -> float:
    value = config.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
        raise ExportError(f"{name} in {path} to be a number above 0", f"it is {value!r}", AGAIN)
    return value
