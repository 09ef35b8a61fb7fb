"""What an engine is: named, typed tensors in and out, checked before anything runs."""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Literal, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from runtime.errors import BackendError, MovieFactoryError, OutOfMemory

Array: TypeAlias = npt.NDArray[Any]


_OUT_OF_MEMORY: Final = re.compile(
    r"(?:(?:failed to|could not|cannot) allocate|out ?of ?memory|bad[_ ]alloc|alloc(?:ation)?_failed)"
    r"(?:\([^)]*\)|[^;()\n])*", re.IGNORECASE)
"""How it is said by ONNX Runtime, OpenVINO and its oneDNN, and the system; by CUDA and TensorRT; by C++, on Windows in
words of its own; by cuBLAS and cuDNN. They raise no class that would tell it from other failures."""


@dataclass(frozen=True)
class TensorSpec:
    """A named input or output: numpy dtype name, and per axis a fixed size or the name of a free one."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.dtype} ({', '.join(map(str, self.shape))})"


@runtime_checkable
class SupportsDLPack(Protocol):
    """Anything that lends its memory by DLPack: tensors of torch, CuPy, JAX and the like."""

    def __dlpack__(self, *, stream: Any = None) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...


Feed: TypeAlias = Array | SupportsDLPack
Target: TypeAlias = Array | Literal["keep"] | None
"""Where an output goes: into an array, into a fresh one, or nowhere: it stays on the device."""


class Engine(Protocol):
    """A graph ready to run. Use it as a context manager, or call `close`.

    `device` says what really runs it, version and precision included. Engines are not safe to share between threads.
    """

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The tensors `run` must be fed."""

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The tensors `run` gives."""

    @property
    def device(self) -> str:
        """What runs the graph, for people: 'OpenVINO 2026.4.1 on CPU (bf16)'."""

    def run(self, feeds: Mapping[str, Feed], out: Mapping[str, Array] | None = None,
            keep: Collection[str] = ()) -> dict[str, Array]:
        """Run once and give every output by name.

        `feeds` holds exactly the graph's inputs. Outputs named in `out` are written there (C-contiguous, right dtype
        and shape); the others are fresh arrays that the caller owns. Outputs named in `keep` are only good for feeding
        the same backend's engines: they may have stayed on the GPU. Raises BackendError for a feed that does not fit
        the graph, and when the library fails; OutOfMemory when that was for want of memory.
        """

    def hold(self, feeds: Mapping[str, Feed]) -> dict[str, Any]:
        """Some of `run`'s feeds, where the engine has them at hand: on its GPU, uploaded once for all runs they serve.

        Only this engine may be given them. Raises BackendError for a feed that does not fit the graph, OutOfMemory when
        there is no room.
        """

    def close(self) -> None:
        """Free the graph's memory. Closing twice is harmless."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None: ...


class CheckedEngine(ABC):
    """The checks every adapter shares; an adapter adds `_infer`, which may rely on them, and `_free`.

    One that can leave outputs on its device sets `own` to the class it gives them as, and takes such for feeds.
    """

    own: type | None = None

    def __init__(self, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...], device: str) -> None:
        self.inputs, self.outputs, self.device = inputs, outputs, device
        self._open = True

    def run(self, feeds: Mapping[str, Feed], out: Mapping[str, Array] | None = None,
            keep: Collection[str] = ()) -> dict[str, Array]:
        """See `Engine.run`."""
        with self._failing():
            arrays, sizes = check_feeds(self.inputs, feeds, self.own)
            return self._infer(arrays, outputs_for(self.outputs, sizes, out or {}, keep if self.own else ()))

    def hold(self, feeds: Mapping[str, Feed]) -> dict[str, Any]:
        """See `Engine.hold`."""
        with self._failing():
            arrays, _ = check_feeds(tuple(spec for spec in self.inputs if spec.name in feeds), feeds, self.own)
            return {name: array if self.own and isinstance(array, self.own) else self._held(array)
                    for name, array in arrays.items()}

    @contextmanager
    def _failing(self) -> Iterator[None]:
        if not self._open:
            raise BackendError("an open engine", "this one was closed", "open the graph again")
        with failing(f"{self.device} to run the graph", "try another --backend, and report this if none works"):
            yield

    def _held(self, array: Array) -> Any:
        """A feed on the device, as `own`; in the host's memory it is there already."""
        return array

    @abstractmethod
    def _infer(self, feeds: dict[str, Any], targets: dict[str, Target]) -> dict[str, Any]:
        """Run; write into the targets that are arrays, allocate the ones whose size only the graph knows (None)."""

    @abstractmethod
    def _free(self) -> None:
        """Drop what the library holds."""

    def close(self) -> None:
        """See `Engine.close`."""
        self._open = False
        self._free()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def check_feeds(specs: tuple[TensorSpec, ...], feeds: Mapping[str, Feed],
                own: type | None = None) -> tuple[dict[str, Any], dict[str, int]]:
    """The feeds as C-contiguous host arrays (of class `own`: as they are), and the size each free axis took.

    Raises BackendError naming the first feed that is missing, unknown or does not fit.
    """
    names = {spec.name for spec in specs}
    if missing := names - feeds.keys():
        raise _misfit(f"feeds {_listed(names)}", f"{_listed(missing)} did not come")
    if unknown := feeds.keys() - names:
        raise _misfit(f"feeds {_listed(names)}", f"{_listed(unknown)} came too")
    sizes: dict[str, int] = {}
    found = {}
    for spec in specs:
        feed: Any = feeds[spec.name]
        found[spec.name] = feed if own and isinstance(feed, own) else _host_array(spec.name, feed)
        _check_fit(spec, found[spec.name], sizes)
    return found, sizes


def outputs_for(specs: tuple[TensorSpec, ...], sizes: Mapping[str, int], out: Mapping[str, Array],
                keep: Collection[str] = ()) -> dict[str, Target]:
    """Where each output goes: the caller's array, a fresh one, None where only the graph knows the size, or "keep"."""
    if unknown := {*out, *keep} - {spec.name for spec in specs}:
        raise _misfit(f"outputs {_listed(spec.name for spec in specs)}", f"{_listed(unknown)} was asked for")
    targets: dict[str, Target] = {}
    for spec in specs:
        shape = tuple(sizes.get(size, size) if isinstance(size, str) else size for size in spec.shape)
        known = tuple(size for size in shape if isinstance(size, int))
        if spec.name in out:
            array = out[spec.name]
            _check_fit(spec, array, dict(sizes))
            if not (array.flags.c_contiguous and array.flags.writeable):
                raise _misfit(f"a writable, C-contiguous array for the output '{spec.name}'", "another kind came")
            targets[spec.name] = array
        elif spec.name in keep:
            targets[spec.name] = "keep"
        else:
            targets[spec.name] = np.empty(known, np.dtype(spec.dtype)) if len(known) == len(shape) else None
    return targets


@contextmanager
def failing(expected: str, fix: str) -> Iterator[None]:
    """A block in which libraries' own exceptions become ours: see `failure`."""
    try:
        yield
    except MovieFactoryError:
        raise
    except Exception as error:
        # Each library raises classes of its own (onnxruntime's share no base but Exception).
        raise failure(error, expected, fix) from error


def failure(error: Exception, expected: str, fix: str) -> BackendError:
    """A library's `error` as ours: OutOfMemory if it speaks of that, else a BackendError with this `fix`."""
    told = _OUT_OF_MEMORY.search(str(error))
    if told or isinstance(error, MemoryError):
        words = told.group().strip() if told else said(error)
        return OutOfMemory(f"enough memory for {expected}", f"it said: {words}")
    return BackendError(expected, f"it failed: {said(error)}", fix)


def said(error: BaseException) -> str:
    """A library's message as one line of at most 300 characters, without its source positions."""
    lines = [line.strip() for line in str(error).splitlines()]
    noise = ("Exception from ", "Check '", "FrontEnd API failed with ")
    telling = [line for line in lines if line and not line.startswith(noise)]
    text = " ".join(telling or lines).strip() or type(error).__name__
    return text if len(text) <= 300 else text[:299] + "…"


def _check_fit(spec: TensorSpec, array: Any, sizes: dict[str, int]) -> None:
    """`array` must fit `spec`; free axes are noted in `sizes` and must agree across tensors."""
    fits = array.dtype == np.dtype(spec.dtype) and len(array.shape) == len(spec.shape)
    if fits:
        for size, name in zip(array.shape, spec.shape, strict=True):
            fits = fits and size == (sizes.setdefault(name, size) if isinstance(name, str) else name)
    if not fits:
        taken = ", ".join(f"{name} = {sizes[name]}" for name in spec.shape if isinstance(name, str) and name in sizes)
        raise _misfit(f"'{spec.name}' to be {spec}{f' with {taken}' if taken else ''}",
                      f"{array.dtype} {array.shape} came")


def _host_array(name: str, feed: Feed) -> Array:
    """C-contiguous."""
    try:
        array: Array = feed if isinstance(feed, np.ndarray) else np.from_dlpack(feed)
        return np.ascontiguousarray(array).reshape(array.shape)
    except (AttributeError, TypeError, BufferError, RuntimeError) as error:
        raise _misfit(f"'{name}' to be a numpy array or to lend its memory by DLPack",
                      f"{type(feed).__name__} does not: {said(error)}") from error


def _misfit(expected: str, got: str) -> BackendError:
    return BackendError(expected, got, "check that the bundle's parts belong together")


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
