"""The upscaler: RealBasicVSR (Chan et al., "Investigating Tradeoffs in Real-World Video Super-Resolution", 2022).

A cleaning module takes the degradations out of each frame; BasicVSR then carries features backward and forward in time
along the optical flow of SPyNet (Ranjan & Black, 2017) and rebuilds every frame at four times its size. Tensors have
the names of the published checkpoints. Sizes are configurable: `PUBLISHED` is the paper's network, `UpscalerConfig()`
the starter's.

A clip is worked off in four steps per frame, which is also what is exported: `clean` and `flow` for all frames, then
`backward_step` from the last frame to the first, then `forward_step` from the first to the last. Both directions begin
with a feature of zeros and a flow of zeros.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SCALE: Final = 4
_SLOPE = 0.1
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class UpscalerConfig:
    """Sizes of the network.

    `tail` holds the widths after each doubling of the picture. With one width instead of two nothing is computed at
    the large size: a convolution of that width is followed by one that gives all 4x4 pixels of each small one, which
    is far cheaper. `flow_widths` are the hidden widths of each of the `flow_levels` modules; the flow is sought in
    frames made `flow_shrink` times smaller and enlarged. `cleaning_passes` is how often the cleaning module is applied.
    """

    channels: int = 24
    cleaning_blocks: int = 3
    propagation_blocks: int = 2
    tail: tuple[int, ...] = (32,)
    flow_levels: int = 3
    flow_widths: tuple[int, ...] = (16, 32, 16, 8)
    flow_shrink: int = 4
    cleaning_passes: int = 1


PUBLISHED: Final = UpscalerConfig(channels=64, cleaning_blocks=20, propagation_blocks=20, tail=(64, 64), flow_levels=6,
                                  flow_widths=(32, 64, 32, 16), flow_shrink=1)


@dataclass(frozen=True)
class Upscaled:
    """A clip at four times its size, (B, T, 3, 4h, 4w) in about 0..1, and what it was made from.

    `cleaned` is (B, T, 3, h, w); `ahead` (B, T-1, 2, h, w) the flow of each frame to the one after it, `behind` of each
    frame but the first to the one before it; in pixels, x before y.
    """

    pictures: Tensor
    cleaned: Tensor
    ahead: Tensor
    behind: Tensor


class Upscaler(nn.Module):
    """Clips (B, T, 3, h, w) in 0..1 at four times their size."""

    def __init__(self, config: UpscalerConfig) -> None:
        super().__init__()
        self.config = config
        self.basicvsr = _BasicVSR(config)
        self.image_cleaning = nn.Sequential(
            _ResidualBlocks(3, config.channels, config.cleaning_blocks), _zeroed(_conv(config.channels, 3)))

    def clean(self, frame: Tensor) -> Tensor:
        """The frame (B, 3, h, w) without degradations, same shape."""
        for _ in range(self.config.cleaning_passes):
            frame = frame + self.image_cleaning(frame)
        return frame

    def flow(self, frame: Tensor, neighbour: Tensor) -> Tensor:
        """Where each pixel of `frame` is found in `neighbour`: (B, 2, h, w) in pixels, x before y. Cleaned frames."""
        return self.basicvsr.spynet(frame, neighbour)

    def backward_step(self, frame: Tensor, feature: Tensor, flow: Tensor) -> Tensor:
        """The feature (B, C, h, w) of a cleaned frame, from the feature of the frame after it and the flow to that."""
        return self.basicvsr.backward_features(frame, warp(feature, flow))

    def forward_step(self, frame: Tensor, feature: Tensor, flow: Tensor, backward: Tensor) -> tuple[Tensor, Tensor]:
        """The feature of a cleaned frame and its picture (B, 3, 4h, 4w).

        `feature` is that of the frame before it, `flow` leads there; `backward` is this frame's own `backward_step`.
        """
        feature = self.basicvsr.forward_features(frame, warp(feature, flow))
        return feature, self.basicvsr.rebuild(frame, backward, feature)

    def forward(self, frames: Tensor) -> Upscaled:
        """All steps over a whole clip."""
        batch, count, _, height, width = frames.shape
        cleaned = self.clean(frames.flatten(0, 1)).unflatten(0, (batch, count))
        first, second = cleaned[:, :-1].flatten(0, 1), cleaned[:, 1:].flatten(0, 1)
        ahead = self.flow(first, second).unflatten(0, (batch, count - 1))
        behind = self.flow(second, first).unflatten(0, (batch, count - 1))
        no_flow = frames.new_zeros(batch, 2, height, width)
        nothing = frames.new_zeros(batch, self.config.channels, height, width)

        features, feature = [], nothing
        for index in reversed(range(count)):
            flow = ahead[:, index] if index < count - 1 else no_flow
            feature = self.backward_step(cleaned[:, index], feature, flow)
            features.append(feature)
        pictures, feature = [], nothing
        for index in range(count):
            flow = behind[:, index - 1] if index else no_flow
            feature, picture = self.forward_step(cleaned[:, index], feature, flow, features.pop())
            pictures.append(picture)
        return Upscaled(torch.stack(pictures, dim=1), cleaned, ahead, behind)


class _Step(nn.Module):
    """One of the four networks into which an upscaler is cut for use."""

    def __init__(self, upscaler: Upscaler) -> None:
        super().__init__()
        self.upscaler = upscaler


class CleanStep(_Step):
    """`Upscaler.clean` as a network of its own: frame (B, 3, h, w) in 0..1 -> cleaned, same shape."""

    def forward(self, frame: Tensor) -> Tensor:
        """See `Upscaler.clean`."""
        return self.upscaler.clean(frame)


class FlowStep(_Step):
    """`Upscaler.flow` as a network of its own: two cleaned frames -> flow (B, h, w, 2) as absolute positions, -1..1.

    This is what the other two sample at, so the only network in which positions are computed can be run in single
    precision while the others are run in bf16. On a zero feature, as at the clip's ends, any positions give zeros.
    """

    def forward(self, frame: Tensor, neighbour: Tensor) -> Tensor:
        """See `Upscaler.flow`."""
        return positions(self.upscaler.flow(frame, neighbour))


class BackwardStep(_Step):
    """`Upscaler.backward_step` as a network of its own: frame, feature, flow of `FlowStep` -> feature."""

    def forward(self, frame: Tensor, feature: Tensor, flow: Tensor) -> Tensor:
        """See `Upscaler.backward_step`."""
        return self.upscaler.basicvsr.backward_features(frame, sample(feature, flow))


class ForwardStep(_Step):
    """`Upscaler.forward_step` as a network of its own: frame, feature, flow of `FlowStep`, backward -> both.

    That is: the frame's feature and its picture (B, 4h, 4w, 3) uint8, ready to be encoded.
    """

    def forward(self, frame: Tensor, feature: Tensor, flow: Tensor, backward: Tensor) -> tuple[Tensor, Tensor]:
        """See `Upscaler.forward_step`."""
        feature = self.upscaler.basicvsr.forward_features(frame, sample(feature, flow))
        picture = self.upscaler.basicvsr.rebuild(frame, backward, feature)
        # Adding a half and cutting off rounds to nearest; clamped first, for a cast out of range is undefined.
        return feature, (picture.float().clamp(0, 1) * 255 + 0.5).permute(0, 2, 3, 1).to(torch.uint8)


def published_tensors(checkpoint: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The generator's tensors out of a published file's `state_dict`: the averaged ones, else the plain ones.

    Discriminator, perceptual loss and counters are left out. Bare names are taken as they are.
    """
    for prefix in ("generator_ema.", "generator.", ""):
        found = {name[len(prefix):]: value for name, value in checkpoint.items() if name.startswith(prefix)}
        found = {name: value for name, value in found.items() if name.startswith(("basicvsr.", "image_cleaning."))}
        if found:
            return found
    raise ValueError("expected the tensors of a RealBasicVSR generator, but none is named basicvsr.*")


def warp(picture: Tensor, flow: Tensor, padding: str = "zeros") -> Tensor:
    """`picture` (B, C, h, w) read where `flow` (B, 2, h, w) points, bilinear, corners aligned."""
    return sample(picture, positions(flow), padding)


def positions(flow: Tensor) -> Tensor:
    """Where a flow (B, 2, h, w) in pixels points: (B, h, w, 2), -1 and 1 the middles of the outermost pixels.

    In single precision whatever the flow's: in bf16 they would be off by pixels.
    """
    height, width = flow.shape[-2:]
    x = torch.arange(width, device=flow.device, dtype=torch.float32) + flow[:, 0].float()
    y = torch.arange(height, device=flow.device, dtype=torch.float32)[:, None] + flow[:, 1].float()
    return torch.stack([2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1], dim=-1)


def sample(picture: Tensor, where: Tensor, padding: str = "zeros") -> Tensor:
    """`picture` (B, C, h, w) at `positions` (B, h, w, 2)."""
    moved = F.grid_sample(picture.float(), where, mode="bilinear", padding_mode=padding, align_corners=True)
    return moved.to(picture.dtype)


class _BasicVSR(nn.Module):
    """What carries features through time, and the tail that makes pictures of them."""

    enlarging: Tensor

    def __init__(self, config: UpscalerConfig) -> None:
        super().__init__()
        channels = config.channels
        self.spynet = FlowNetwork(config)
        self.backward_resblocks = _ResidualBlocks(channels + 3, channels, config.propagation_blocks)
        self.forward_resblocks = _ResidualBlocks(channels + 3, channels, config.propagation_blocks)
        self.fusion = nn.Conv2d(2 * channels, channels, 1)
        self.large = len(config.tail) == 2
        if self.large:
            self.upsample1 = _PixelShuffle(channels, config.tail[0])
            self.upsample2 = _PixelShuffle(config.tail[0], config.tail[1])
        width = config.tail[-1]
        self.conv_hr = _conv(width if self.large else channels, width)
        self.conv_last = _zeroed(_conv(width, 3 if self.large else 3 * SCALE**2))
        if not self.large:
            self.register_buffer("enlarging", _bilinear_kernel(), persistent=False)

    def backward_features(self, frame: Tensor, moved: Tensor) -> Tensor:
        """The feature of a frame from that of the frame after it, already warped to it."""
        return self.backward_resblocks(torch.cat([frame, moved], dim=1))

    def forward_features(self, frame: Tensor, moved: Tensor) -> Tensor:
        """The feature of a frame from that of the frame before it, already warped to it."""
        return self.forward_resblocks(torch.cat([frame, moved], dim=1))

    def rebuild(self, frame: Tensor, backward: Tensor, forward: Tensor) -> Tensor:
        """The picture (B, 3, 4h, 4w) of a frame from itself, enlarged bilinearly, and its features."""
        value = _lrelu(self.fusion(torch.cat([backward, forward], dim=1)))
        if self.large:
            value = _lrelu(self.upsample2(_lrelu(self.upsample1(value))))
            base = F.interpolate(frame, scale_factor=SCALE, mode="bilinear", align_corners=False)
            return base + self.conv_last(_lrelu(self.conv_hr(value)))
        value = self.conv_last(_lrelu(self.conv_hr(value)))
        # The same enlargement, as a convolution: one pass over the large picture less. Values around zero lose half
        # as much in bf16, so that skies do not band.
        base = F.conv2d(F.pad(frame - 0.5, (1, 1, 1, 1), mode="replicate"), self.enlarging)
        return F.pixel_shuffle(value + base, SCALE) + 0.5


def _bilinear_kernel() -> Tensor:
    """Bilinear enlargement (half-pixel centres) as a kernel (3 * 16, 3, 3, 3) whose output is folded."""
    offsets = (torch.arange(SCALE) + 0.5) / SCALE - 0.5
    taps = torch.stack([-offsets.clamp(max=0), 1 - offsets.abs(), offsets.clamp(min=0)], dim=1)
    patch = torch.einsum("ai,bj->abij", taps, taps).reshape(1, SCALE**2, 1, 3, 3)
    return (torch.eye(3).reshape(3, 1, 3, 1, 1) * patch).reshape(3 * SCALE**2, 3, 3, 3)


class FlowNetwork(nn.Module):
    """SPyNet: optical flow from coarse to fine, one small module a level."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: UpscalerConfig) -> None:
        super().__init__()
        self.shrink = config.flow_shrink
        self.basic_module = nn.ModuleList(_FlowModule(config.flow_widths) for _ in range(config.flow_levels))
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Flow (B, 2, h, w) in pixels from `first` to `second`, both (B, 3, h, w) in 0..1, any size."""
        height, width = first.shape[-2:]
        step = self.shrink * 2 ** (len(self.basic_module) - 1)
        fitting = (-(-height // step) * step, -(-width // step) * step)
        flow = self._coarse_to_fine(self._pyramid(first, fitting), self._pyramid(second, fitting))
        scale = flow.new_tensor([width / flow.shape[-1], height / flow.shape[-2]]).view(1, 2, 1, 1)
        if flow.shape[-2:] != (height, width):
            flow = F.interpolate(flow, size=(height, width), mode="bilinear", align_corners=False)
        return flow * scale

    def _pyramid(self, frame: Tensor, fitting: tuple[int, int]) -> list[Tensor]:
        """The normalised frame from the smallest level to the largest."""
        if frame.shape[-2:] != fitting:
            frame = F.interpolate(frame, size=fitting, mode="bilinear", align_corners=False)
        if self.shrink > 1:
            frame = F.avg_pool2d(frame, self.shrink)
        levels = [(frame - self.mean) / self.std]
        for _ in range(len(self.basic_module) - 1):
            levels.append(F.avg_pool2d(levels[-1], 2))
        return levels[::-1]

    def _coarse_to_fine(self, first: list[Tensor], second: list[Tensor]) -> Tensor:
        batch, _, height, width = first[0].shape
        flow = first[0].new_zeros(batch, 2, height, width, dtype=torch.float32)
        for level, module in enumerate(self.basic_module):
            if level:
                flow = 2 * F.interpolate(flow, scale_factor=2, mode="bilinear", align_corners=True)
            moved = warp(second[level], flow, padding="border")
            flow = flow + module(torch.cat([first[level], moved, flow], dim=1))
        return flow


class _FlowModule(nn.Module):
    """Five 7x7 convolutions: first frame, warped second frame and flow so far (8 channels) to a correction (2)."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        sizes = (8, *widths, 2)
        layers = [_FlowConv(a, b, last=b == 2) for a, b in pairwise(sizes)]
        self.basic_module = nn.Sequential(*layers)

    def forward(self, value: Tensor) -> Tensor:
        return self.basic_module(value)


class _FlowConv(nn.Module):
    def __init__(self, inputs: int, outputs: int, last: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 7, padding=3)
        self.last = last
        if last:
            _zeroed(self.conv)

    def forward(self, value: Tensor) -> Tensor:
        value = self.conv(value)
        return value if self.last else F.relu(value)


class _ResidualBlocks(nn.Module):
    """A convolution to `channels`, then residual blocks."""

    def __init__(self, inputs: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.main = nn.Sequential(_conv(inputs, channels), nn.LeakyReLU(_SLOPE),
                                  nn.Sequential(*(_ResidualBlock(channels) for _ in range(blocks))))

    def forward(self, value: Tensor) -> Tensor:
        return self.main(value)


class _ResidualBlock(nn.Module):
    """Two convolutions around a ReLU, added to the input; no normalisation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _conv(channels, channels), _conv(channels, channels)
        for conv in (self.conv1, self.conv2):
            # As published: small residuals at the start keep long recurrences stable.
            nn.init.kaiming_normal_(conv.weight)
            conv.weight.data *= 0.1

    def forward(self, value: Tensor) -> Tensor:
        return value + self.conv2(F.relu(self.conv1(value)))


class _PixelShuffle(nn.Module):
    """Twice the size: a convolution to four times the channels, folded out."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.upsample_conv = _conv(inputs, 4 * outputs)

    def forward(self, value: Tensor) -> Tensor:
        return F.pixel_shuffle(self.upsample_conv(value), 2)


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def _zeroed(conv: nn.Conv2d) -> nn.Conv2d:
    """A convolution that gives nothing yet: an untrained network cleans nothing, sees no motion, enlarges plainly."""
    for parameter in conv.parameters():
        nn.init.zeros_(parameter)
    return conv


def _lrelu(value: Tensor) -> Tensor:
    return F.leaky_relu(value, _SLOPE)
