"""Pools of latents: the world drawn and encoded once, learned from many times.

Drawing and encoding cost as much as a training step, so each stage draws its pool first (resuming where it was cut
off) and then takes random items from it; captions are worded anew every time.
"""

import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from training import data
from training.models import weights
from training.models.autoencoder import Autoencoder
from training.models.layout import ACTORS, PLACE, ROWS, SCENERY
from training.text.tokenizer import Tokenizer
from training.world.clip import Clip
from training.world.compose import Frame, Picture
from training.world.synonyms import renamed, wording

_SHARD: Final = 256
_CHECKED: Final = 16


@dataclass(frozen=True)
class Drawn:
    """One drawn item: pictures (T, H, W, 3) uint8, where actors and scenery are (T, ROWS, PLACE), domain id."""

    clip: Clip
    pictures: Picture
    places: np.ndarray
    domain: int


@dataclass(frozen=True)
class Shape:
    """What a pool holds: `items` of `frames` pictures of `width` x `height`."""

    items: int
    frames: int
    width: int
    height: int


class Pool:
    """Latents (items, T, C, h, w) in fp16 with places and domains, in files of `folder`. A pool may grow: item k is the
    same in a longer one."""

    def __init__(self, folder: Path, shape: Shape, channels: int, ratio: int) -> None:
        self.folder, self.shape = folder, shape
        folder.mkdir(parents=True, exist_ok=True)
        size = (shape.items, shape.frames, channels, shape.height // ratio, shape.width // ratio)
        self.latents = _array(folder / "latents.npy", np.dtype(np.float16), size)
        self.places = _array(folder / "places.npy", np.dtype(np.float32), (shape.items, shape.frames, ROWS, PLACE))
        self.domains = _array(folder / "domains.npy", np.dtype(np.int64), (shape.items,))

    def fill(self, draw: Callable[[int], Drawn], encoder: Autoencoder, batch: int = 8) -> Iterator[int]:
        """Draw and encode what is missing; yields how many items are there after each shard."""
        marker = self.folder / "filled.json"
        origin = weights.digest(encoder.code())
        fresh: dict[str, Any] = {"items": 0, "encoder": origin}
        kept = json.loads(marker.read_text()) if marker.exists() else fresh
        if kept["encoder"] != origin:
            raise ValueError(f"{self.folder} was encoded by another autoencoder: remove the folder")
        done = kept["items"]
        self._check(draw, encoder, done)
        # This process has next to nothing to do meanwhile: one worker more than in training.
        drawn = data.batches(_Arrays(draw), done, min(batch, self.shape.items), workers=data.WORKERS + 1)
        while done < self.shape.items:
            part = next(drawn)
            count = min(len(part["domain"]), self.shape.items - done)
            latents = _encoded(encoder, part["pictures"][:count].flatten(0, 1))
            self.latents[done : done + count] = latents.reshape(count, -1, *latents.shape[1:])
            self.places[done : done + count] = part["places"][:count].numpy()
            self.domains[done : done + count] = part["domain"][:count].numpy()
            before, done = done, done + count
            if done // _SHARD > before // _SHARD or done == self.shape.items:
                for array in (self.latents, self.places, self.domains):
                    array.flush()
                marker.write_text(json.dumps({"items": done, "encoder": origin}))
                yield done

    def _check(self, draw: Callable[[int], Drawn], encoder: Autoencoder, done: int) -> None:
        """A few of the items that are there, drawn again: they would not match captions of a world that changed."""
        for index in range(0, done, -(-done // _CHECKED) or 1):
            drawn = draw(index)
            latents, kept = _encoded(encoder, torch.from_numpy(drawn.pictures[:1])), self.latents[index, :1]
            apart = np.linalg.norm(latents.astype(np.float32) - kept) / np.linalg.norm(kept.astype(np.float32))
            if apart > 0.01 or not np.allclose(drawn.places, self.places[index], atol=1e-5):
                raise ValueError(f"{self.folder} was drawn of another world (item {index} differs): remove the folder")


def _encoded(encoder: Autoencoder, pictures: Tensor) -> np.ndarray:
    """Latents (N, C, h, w) fp16 of pictures (N, H, W, 3) uint8."""
    moved = pictures.to(encoder.middle.device).permute(0, 3, 1, 2)
    with torch.no_grad():
        latents = torch.cat([encoder.encode(few.float() / 127.5 - 1) for few in moved.split(16)])
    return latents.half().cpu().numpy()


class _Arrays:
    """Turns a draw function into tensors for worker processes."""

    def __init__(self, draw: Callable[[int], Drawn]) -> None:
        self._draw = draw

    def __call__(self, index: int) -> dict[str, Tensor]:
        drawn = self._draw(index)
        return {"pictures": torch.from_numpy(np.ascontiguousarray(drawn.pictures)),
                "places": torch.from_numpy(drawn.places), "domain": torch.tensor(drawn.domain)}


class FromPool:
    """Item i of training: a random item of the pool under one of its wordings, or under none (for guidance).

    `clip_of` gives back the clip of a pool item, so that captions need not be stored.
    """

    def __init__(self, pool: Pool, clip_of: Callable[[int], Clip], tokenizer: Tokenizer, seed: int,
                 drop: float = 0.1) -> None:
        self._pool, self._clip_of, self._tokenizer, self._seed, self._drop = pool, clip_of, tokenizer, seed, drop

    def __call__(self, index: int) -> dict[str, Tensor]:
        """Latents (T, C, h, w) fp16, weight (T, 1, h, w), places (T, ROWS, PLACE), tokens and mask (N,), domain ().

        Without a text there is no layout either.
        """
        rng = np.random.default_rng((self._seed, index))
        number = int(rng.integers(self._pool.shape.items))
        text = "" if rng.random() < self._drop else self._wording(number, int(rng.integers(1 << 30)))
        tokens, mask = self._tokenizer([text])
        latents = np.array(self._pool.latents[number])
        places = np.array(self._pool.places[number])
        weight = emphasis(places, latents.shape[-2:])
        return {"latents": torch.from_numpy(latents), "weight": torch.from_numpy(weight),
                "places": torch.from_numpy(places if text else np.zeros_like(places)),
                "tokens": torch.from_numpy(tokens[0]), "mask": torch.from_numpy(mask[0]),
                "domain": torch.tensor(int(self._pool.domains[number]))}

    def _wording(self, number: int, seed: int) -> str:
        """One of the captions of an item, at times in other words than the world's own."""
        return wording(renamed(self._clip_of(number), random.Random(seed)), seed)


def emphasis(places: np.ndarray, size: tuple[int, int], extra: float = 4.0) -> np.ndarray:
    """Loss weights (T, 1, h, w) of mean 1: what acts counts more than the scenery behind it."""
    height, width = size
    weights = np.ones((len(places), 1, height, width), np.float32)
    for frame, actors in enumerate(places[:, :ACTORS].clip(0, 1)):
        for left, top, right, bottom, *_ in actors:
            rows = slice(int(top * height), int(np.ceil(bottom * height)))
            columns = slice(int(left * width), int(np.ceil(right * width)))
            weights[frame, 0, rows, columns] = 1 + extra
    return weights / weights.mean(axis=(1, 2, 3), keepdims=True)


def places_of(frames: Sequence[Frame]) -> np.ndarray:
    """Where actors and scenery are as (T, ROWS, PLACE), zeros for one who is missing."""
    array = np.zeros((len(frames), ROWS, PLACE), np.float32)
    for number, frame in enumerate(frames):
        array[number, : len(frame.actors)] = np.array(frame.actors, np.float32).reshape(-1, PLACE)
        array[number, SCENERY, : len(frame.scenery)] = frame.scenery
    return array


def _array(path: Path, kind: np.dtype[Any], shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    """The array of `path`, made if it is not there, and made longer if it holds fewer items."""
    if not path.exists():
        return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)
    found: np.memmap[Any, Any] = np.lib.format.open_memmap(path, mode="r+")
    if found.dtype != kind or found.shape[1:] != shape[1:] or len(found) > shape[0]:
        raise ValueError(f"{path} holds {found.shape}, not {shape}: it is another pool; remove the folder")
    if len(found) == shape[0]:
        return found
    longer = path.with_suffix(".tmp")
    grown = np.lib.format.open_memmap(longer, mode="w+", dtype=kind, shape=shape)
    grown[: len(found)] = found
    grown.flush()
    os.replace(longer, path)
    return grown
