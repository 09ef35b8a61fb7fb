"""Whether a manifest can be used: version, required features, the schema, then what a schema cannot say."""

import functools
import importlib.resources
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from runtime.bundle.manifest import ROLES
from runtime.errors import BundleError

SCHEMA: Final = 1
FEATURES: Final[frozenset[str]] = frozenset()
"""Features a bundle may list under 'required' that this version knows. Schema 1 has none."""

MAX_MANIFEST: Final = 16 * 2**20


def read_json(path: Path) -> Any:
    """The JSON in `path`. Raises BundleError when it cannot be read, is absurdly large, or is not JSON."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_MANIFEST + 1)
    except OSError as error:
        raise BundleError(f"a model bundle with {path}", f"it cannot be read: {error.strerror or error}",
                          "check the path and its permissions") from error
    if len(raw) > MAX_MANIFEST:
        raise BundleError(f"{path} to be at most {MAX_MANIFEST >> 20} MiB", "it is larger",
                          "point to a bundle made by `python -m export`")
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise BundleError(f"{path} to be JSON", f"line {error.lineno} is not: {error.msg}",
                          "fetch or export the bundle again") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} to be JSON", f"it is not: {str(error)[:100]}",
                          "fetch or export the bundle again") from error


def check(data: Any, source: str) -> None:
    """Raise BundleError naming the first thing that keeps `data` from being used; `source` names the file."""
    if not isinstance(data, dict):
        raise BundleError(f"{source} to hold a JSON object", "it holds something else",
                          "fetch or export the bundle again")
    if (found := data.get("schema")) != SCHEMA or isinstance(found, bool):
        raise BundleError(f"{source} to have schema {SCHEMA}", f"it has {_shown(found)}",
                          "use a bundle made for this MovieFactory, or the MovieFactory it was made for")
    required = data.get("required")
    if isinstance(required, list):
        for feature in required:
            if isinstance(feature, str) and feature not in FEATURES:
                raise BundleError(f"{source} to require only what this MovieFactory knows",
                                  f"it requires {_shown(feature)}", "use a newer MovieFactory")
    _check_schema(data, source)
    if not any(role in ROLES for role in data["roles"]):
        raise _wrong(source, ["roles"], f"an object with one or more of {', '.join(ROLES)}",
                     f"it has {', '.join(data['roles'])[:60]}")
    if "denoiser" in data["roles"]:
        _check_denoiser(data["roles"]["denoiser"], source)


@functools.cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # slow to load, and --help needs none of it

    text = importlib.resources.files("runtime.bundle").joinpath("bundle.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def _check_schema(data: Mapping[str, Any], source: str) -> None:
    from jsonschema.exceptions import best_match

    error = best_match(_validator().iter_errors(data))
    if error is None:
        return
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        raise _wrong(source, [*error.absolute_path, missing], "there", "it is missing")
    raise _wrong(source, error.absolute_path, error.schema.get("description", error.message[:200]),
                 f"{_shown(error.instance)} came")


def _check_denoiser(denoiser: Mapping[str, Any], source: str) -> None:
    """The figures that must agree with each other."""
    latent, (width, height) = denoiser["latent"], denoiser["size"]
    for name in ("mean", "std"):
        if len(latent[name]) != latent["channels"]:
            raise _wrong(source, ["roles", "denoiser", "latent", name],
                         f"{latent['channels']} numbers, one per channel", f"{len(latent[name])} came")
    if denoiser["default_domain"] not in denoiser["domains"]:
        raise _wrong(source, ["roles", "denoiser", "default_domain"], "one of " + ", ".join(denoiser["domains"]),
                     f"{_shown(denoiser['default_domain'])} came")
    kind = denoiser["schedule"]["kind"]
    if (denoiser["prediction"] == "flow") != (kind == "flow"):
        raise _wrong(source, ["roles", "denoiser", "prediction"], f"one that fits a {kind} schedule",
                     f"{_shown(denoiser['prediction'])} came")
    ratio = latent["ratio"]
    shape = denoiser["graph"]["inputs"]["latents"]["shape"]
    wanted = ["B", latent["channels"], denoiser["frames"], height / ratio, width / ratio]
    if len(shape) != len(wanted) or any(not isinstance(size, str) and size != want
                                        for size, want in zip(shape[1:], wanted[1:], strict=True)):
        raise _wrong(source, ["roles", "denoiser", "graph", "inputs", "latents", "shape"],
                     f"(B, channels, frames, height / ratio, width / ratio) = {tuple(wanted)}", f"{shape} came")


def _wrong(source: str, where: Iterable[str | int], expected: str, got: str) -> BundleError:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    return BundleError(f"{path or 'the manifest'} in {source} to be {expected}", got,
                       "correct it, or fetch or export the bundle again")


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an empty one" if not value else "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if abs(number) < float("inf") else _no_number(text)
