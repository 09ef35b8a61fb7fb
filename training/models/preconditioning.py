"""What a flow network has to find, apart from what simple arithmetic knows already (Karras et al., 2022, section 5).

Of a channel that varies by `spread` around 0, x_t = (1 - t) x_0 + t noise varies by s = sqrt((1 - t)^2 spread^2 + t^2),
and the best guess of the velocity noise - x_0 that is linear in x_t is (t - (1 - t) spread^2) / s^2 * x_t. The network
is given x_t / s and finds the rest, in units of spread / s: numbers of about unit size at every t, and nothing of the
noise has to be passed through it.
"""

from torch import Tensor


def given(noisy: Tensor, time: Tensor, spread: Tensor) -> Tensor:
    """What the network sees of `noisy` (B, C, ...) at `time` (B,) in 0..1; `spread` (C,)."""
    return (noisy / _wide(_size(time, spread), noisy)).to(noisy.dtype)


def velocity(found: Tensor, noisy: Tensor, time: Tensor, spread: Tensor) -> Tensor:
    """The velocity, from what the network has `found` (B, C, ...)."""
    size, share = _size(time, spread), time[:, None]
    kept = (share - (1 - share) * spread.square()) / size.square()
    return _wide(kept, noisy) * noisy + _wide(spread / size, noisy) * found


def _size(time: Tensor, spread: Tensor) -> Tensor:
    """Standard deviation of noisy latents, (B, C)."""
    share = time[:, None]
    return ((1 - share).square() * spread.square() + share.square()).sqrt()


def _wide(value: Tensor, like: Tensor) -> Tensor:
    return value.reshape(*value.shape, *[1] * (like.ndim - 2))
