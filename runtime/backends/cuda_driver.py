"""The few calls of the CUDA driver that engines need: memory, copies, one stream. Nothing to install but the driver.

Written to the documentation of the driver API; the names ending in _v2 are what its header maps the plain ones to.
"""

import ctypes
import functools
import sys
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint64, c_void_p
from typing import Any, Final, Self

import numpy as np

from runtime.backends.engine import Array
from runtime.errors import BackendError, OutOfMemory

_LIBRARY: Final = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_OUT_OF_MEMORY, _NO_DEVICE = 2, 100
_MAJOR, _MINOR = 75, 76
"""Attributes of a device: its compute capability."""
_NON_BLOCKING: Final = 1
_SIGNATURES: Final[dict[str, tuple[Any, ...]]] = {
    "cuInit": (ctypes.c_uint,), "cuDriverGetVersion": (c_void_p,), "cuDeviceGetCount": (c_void_p,),
    "cuDeviceGet": (c_void_p, c_int), "cuDeviceGetName": (c_void_p, c_int, c_int),
    "cuDeviceGetAttribute": (c_void_p, c_int, c_int), "cuDevicePrimaryCtxRetain": (c_void_p, c_int),
    "cuCtxSetCurrent": (c_void_p,), "cuStreamCreate": (c_void_p, ctypes.c_uint), "cuStreamSynchronize": (c_void_p,),
    "cuMemAlloc_v2": (c_void_p, c_size_t), "cuMemFree_v2": (c_uint64,), "cuMemGetInfo_v2": (c_void_p, c_void_p),
    "cuMemcpyHtoDAsync_v2": (c_uint64, c_void_p, c_size_t, c_void_p),
    "cuMemcpyDtoHAsync_v2": (c_void_p, c_uint64, c_size_t, c_void_p),
    "cuGetErrorString": (c_int, c_void_p)}


class Gpu:
    """The first GPU that CUDA shows, its primary context (the one TensorRT uses too), and one stream."""

    def __init__(self, library: Any) -> None:
        """Use the driver `library`. Raises BackendError when it finds no GPU."""
        self._library = library
        device, self.name = _first(library)
        version, major, minor = (c_int() for _ in range(3))
        self._check("cuDriverGetVersion", byref(version))
        self._check("cuDeviceGetAttribute", byref(major), _MAJOR, device)
        self._check("cuDeviceGetAttribute", byref(minor), _MINOR, device)
        self.capability = f"{major.value}.{minor.value}"
        self.cuda = f"{version.value // 1000}.{version.value % 1000 // 10}"
        self._context, self._stream = c_void_p(), c_void_p()
        self._check("cuDevicePrimaryCtxRetain", byref(self._context), device)
        self.enter()
        self._check("cuStreamCreate", byref(self._stream), _NON_BLOCKING)

    @property
    def stream(self) -> int:
        """The stream's handle."""
        return self._stream.value or 0

    def enter(self) -> None:
        """Make this GPU the calling thread's. Raises BackendError."""
        self._check("cuCtxSetCurrent", self._context)

    def free_memory(self) -> tuple[int, int]:
        """Bytes that are free now, and bytes in all."""
        free, total = c_size_t(), c_size_t()
        self._check("cuMemGetInfo_v2", byref(free), byref(total))
        return free.value, total.value

    def described(self) -> str:
        """What it is, how much memory it has, and for which CUDA its driver is."""
        free, total = self.free_memory()
        return (f"{self.name} (sm {self.capability}), {total / 1e9:.1f} GB of memory, {free / 1e9:.1f} free; "
                f"driver for CUDA {self.cuda}")

    def require(self, size: int) -> None:
        """Raise OutOfMemory unless `size` bytes are free.

        For what libraries allocate themselves: Windows drivers lend the host's memory instead of refusing, and then
        work at a crawl.
        """
        free, total = self.free_memory()
        if size > free:
            raise OutOfMemory(f"{size / 2**20:,.0f} MiB of memory on {self.name}",
                              f"{free / 2**20:,.0f} of {total / 2**20:,.0f} MiB are free")

    def allocate(self, size: int) -> int:
        """The address of `size` bytes. Raises OutOfMemory."""
        self.require(size)
        address = c_uint64()
        self._check("cuMemAlloc_v2", byref(address), max(1, size))
        return address.value

    def free(self, address: int) -> None:
        """Give back what `allocate` gave, on any thread."""
        self.enter()
        self._check("cuMemFree_v2", address)

    def upload(self, array: Array, address: int) -> None:
        """Copy a C-contiguous array to the GPU. It may change when this returns."""
        self._check("cuMemcpyHtoDAsync_v2", address, array.ctypes.data, array.nbytes, self._stream)
        self.synchronise()

    def download(self, address: int, array: Array) -> None:
        """Copy from the GPU into a C-contiguous array."""
        self._check("cuMemcpyDtoHAsync_v2", array.ctypes.data, address, array.nbytes, self._stream)
        self.synchronise()

    def synchronise(self) -> None:
        """Wait until the stream has nothing left to do."""
        self._check("cuStreamSynchronize", self._stream)

    def _check(self, name: str, *arguments: Any) -> None:
        _call(self._library, name, *arguments)


class Spares:
    """Buffers of one size that their last holder let go of, for whoever needs the next. Two at most: of what a step
    hands on to the next one, one is read while the other is written. More would be memory that others want."""

    MOST: Final = 2

    def __init__(self, gpu: Gpu) -> None:
        self._gpu, self._addresses, self._open = gpu, list[int](), True

    def take(self, size: int) -> int:
        """The address of one, of `size` bytes if there is none yet. Raises OutOfMemory."""
        return self._addresses.pop() if self._addresses else self._gpu.allocate(size)

    def leave(self, address: int) -> None:
        """Give one to whoever needs it next, or back to the GPU."""
        if self._open and len(self._addresses) < self.MOST:
            self._addresses.append(address)
        else:
            self._gpu.free(address)

    def close(self) -> None:
        """Give all of them back, and those that are left later too."""
        self._open = False
        while self._addresses:
            self._gpu.free(self._addresses.pop())


class DeviceArray:
    """An array on the GPU, of a numpy `dtype` and a `shape`; when nobody holds it its memory goes to `spares`, where it
    came from, or is given back."""

    def __init__(self, gpu: Gpu, dtype: str, shape: tuple[int, ...], spares: Spares | None = None) -> None:
        """Raises OutOfMemory."""
        self._gpu, self.dtype, self.shape, self._spares = gpu, np.dtype(dtype), shape, spares
        self.nbytes = int(np.prod(shape, dtype=np.int64)) * self.dtype.itemsize
        self.address = gpu.allocate(self.nbytes) if spares is None else spares.take(self.nbytes)

    def fill(self, array: Array) -> Self:
        """Take the values of a C-contiguous array of the same dtype and shape."""
        self._gpu.upload(array, self.address)
        return self

    def host(self, out: Array | None = None) -> Array:
        """The values, in `out` if it is given."""
        found: Array = np.empty(self.shape, self.dtype) if out is None else out
        self._gpu.download(self.address, found)
        return found

    def __del__(self) -> None:
        # Unset when the allocation failed; at the interpreter's end the driver has cleaned up already.
        if not hasattr(self, "address") or sys.is_finalizing():
            return
        if self._spares is None:
            self._gpu.free(self.address)
        else:
            self._spares.leave(self.address)


@functools.cache
def gpu() -> Gpu:
    """The GPU, opened when first asked for. Raises BackendError when there is no driver or no GPU."""
    return Gpu(_driver())


def card() -> str:
    """What the GPU is called; takes nothing of its memory. Raises BackendError as `gpu` does."""
    return _first(_driver())[1]


def _driver() -> Any:
    try:
        return ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise BackendError("an NVIDIA GPU and its driver", f"the driver's library {_LIBRARY} is not on this machine",
                           "install NVIDIA's driver, or choose another --backend") from error


def _first(library: Any) -> tuple[c_int, str]:
    """The first GPU that the driver shows, and its name."""
    for name, arguments in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, c_int
    count, device, title = c_int(), c_int(), ctypes.create_string_buffer(128)
    _call(library, "cuInit", 0)
    _call(library, "cuDeviceGetCount", byref(count))
    if count.value == 0:
        raise _no_gpu()
    _call(library, "cuDeviceGet", byref(device), 0)
    _call(library, "cuDeviceGetName", title, len(title), device)
    return device, title.value.decode("utf-8", "replace")


def _call(library: Any, name: str, *arguments: Any) -> None:
    code: int = getattr(library, name)(*arguments)
    if code == _OUT_OF_MEMORY:
        raise OutOfMemory("enough free memory on the GPU", f"{name} found too little")
    if code == _NO_DEVICE:
        raise _no_gpu()
    if code:
        text = c_char_p()
        library.cuGetErrorString(code, byref(text))
        said = (text.value or b"unknown error").decode("utf-8", "replace")
        raise BackendError("the NVIDIA driver to work", f"{name} failed: {said} ({code})",
                           "restart, or install a newer driver; `moviefactory doctor` shows what else can run")


def _no_gpu() -> BackendError:
    return BackendError("an NVIDIA GPU", "the driver shows none",
                        "look at CUDA_VISIBLE_DEVICES, or choose another --backend")
