"""Contact sheets of the world: what a painter of subjects and settings looks at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import skia

from training.world import clip as clips
from training.world.captions import caption
from training.world.clip import Clip
from training.world.compose import Picture, draw
from training.world.domains import watermarked


def sheet(rows: Sequence[Sequence[Picture]], captions: Sequence[str] = ()) -> Picture:
    """Pictures of one size in rows, 4 pixels apart, a line of text under each row."""
    height, width = rows[0][0].shape[:2]
    gap, text = 4, 22 if captions else 0
    columns = max(len(row) for row in rows)
    page = np.full((len(rows) * (height + gap + text), columns * (width + gap), 4), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            top, left = i * (height + gap + text), j * (width + gap)
            page[top : top + height, left : left + width, :3] = picture
    surface = skia.Surface(page)
    font, ink = skia.Font(skia.FontMgr().legacyMakeTypeface("", skia.FontStyle()), 15), skia.Paint(AntiAlias=True)
    for i, line in enumerate(captions):
        surface.getCanvas().drawString(line, 6, i * (height + gap + text) + height + 16, font, ink)
    return np.ascontiguousarray(page[:, :, :3])


def save(picture: Picture, path: Path) -> None:
    """Write a JPEG if the name ends in `.jpg`, a PNG otherwise."""
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    kind, quality = (skia.kJPEG, 85) if path.suffix == ".jpg" else (skia.kPNG, 100)
    skia.Image.fromarray(opaque, colorType=skia.ColorType.kRGBA_8888_ColorType).save(str(path), kind, quality)


def films(seeds: Sequence[int], path: Path, mark: bool = False, size: tuple[int, int] = (384, 160)) -> None:
    """One row a clip: four moments of it, its caption below."""
    rows, lines = [], []
    for seed in seeds:
        clip = clips.sample(seed, films=True)
        frames = [frame.picture for frame in draw(clip, 16, *size)][::5]
        rows.append(watermarked(frames, seed) if mark else frames)
        lines.append(caption(clip, seed))
    save(sheet(rows, lines), path)


def stills(list_of_clips: Sequence[Clip], path: Path, columns: int = 6, size: int = 240) -> None:
    """Square pictures of single moments."""
    pictures = [next(iter(draw(clip, 1, size, size, start=0.8))).picture for clip in list_of_clips]
    save(sheet([pictures[i : i + columns] for i in range(0, len(pictures), columns)]), path)
