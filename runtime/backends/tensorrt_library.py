"""TensorRT and TensorRT-RTX: two libraries with one Python interface, loaded when first needed.

Neither raises when something goes wrong: calls return None or False, and only the logger was told why.
"""

import functools
import importlib
import re
from collections.abc import Iterable
from typing import Any, Final, Literal

from runtime.backends.engine import said
from runtime.backends.installed import installed
from runtime.errors import BackendError

Name = Literal["tensorrt", "tensorrt_rtx"]
TITLES: Final[dict[Name, str]] = {"tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX"}
_PLACE: Final = re.compile(r"^\w+\.cpp:\d+: ")
_EXTRAS: Final[dict[Name, str]] = {"tensorrt": "tensorrt", "tensorrt_rtx": "rtx"}
_CUDA: Final = (13, 12)
"""The releases of CUDA there are packages for."""


def named(backend: str) -> Name | None:
    """The library that `backend` asks for, if it is one of these."""
    return next((name for name in TITLES if name == backend), None)


def load(name: Name) -> Any:
    """The library. Raises BackendError when it is not installed or does not load."""
    try:
        library = importlib.import_module(name)
        library.Builder  # noqa: B018 - a half-removed package imports as an empty shell
    except ModuleNotFoundError as error:
        raise _missing(name) from error
    except (ImportError, OSError, AttributeError) as error:
        raise BackendError(f"a working {TITLES[name]}", f"the installed one does not load: {said(error)}",
                           f"run `pip install --force-reinstall {name.replace('_', '-')}`") from error
    return library


def packages(name: Name) -> tuple[str, ...]:
    """The packages that may have brought the library: the first one asks for the newest of the others."""
    return (name, *(f"{name}_cu{release}" for release in _CUDA))


def version(name: Name) -> str:
    """The library's exact version, without loading it. Raises BackendError when it is not installed."""
    found = next(filter(None, map(installed, packages(name))), None)
    if found is None:
        raise _missing(name)
    return found


def cuda_release(name: Name) -> int | None:
    """The release of CUDA whose drivers the installed library needs, or newer ones; None where its package does not
    say."""
    return next((release for release in _CUDA if installed(f"{name}_cu{release}") is not None), None)


@functools.cache
def listener(name: Name) -> Any:
    """The process's one logger for the library: of several, it keeps to the first, even when that is gone.

    `messages` holds (is error, text) of what it was told, from warnings on; who begins something clears it.
    """
    return _listener(load(name))


def _listener(library: Any) -> Any:
    class Listener(library.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            library.ILogger.__init__(self)
            self.messages: list[tuple[bool, str]] = []

        def log(self, severity: Any, text: str) -> None:
            if severity <= library.ILogger.Severity.WARNING:
                self.messages.append((severity <= library.ILogger.Severity.ERROR, text))

    return Listener()


def reason(messages: Iterable[tuple[bool, str]]) -> str:
    """The first error the logger was told (the others follow from it), as one line without its place in the source."""
    errors = [text for is_error, text in messages if is_error]
    return said(RuntimeError(_PLACE.sub("", errors[0]))) if errors else "it gave no reason"


def _missing(name: Name) -> BackendError:
    return BackendError(TITLES[name], "it is not installed", f'run `pip install "moviefactory[{_EXTRAS[name]}]"`')
