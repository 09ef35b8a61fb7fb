"""The planner: from a film's caption to who is where in each frame, and what of the scenery is seen.

Trained on the layout of film clips, which need not be painted for that. None of the held-out pairs is among them.
"""

import dataclasses
import functools
import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from runtime.story.english import article
from training import data
from training.command import Request, facts, parse, train
from training.finished import text_models
from training.loop import Batch, Schedule, device
from training.models import weights
from training.models.denoiser import DenoiserConfig
from training.models.layout import ACTORS, KNOWN, ROWS, SCENERY, WHO, Planner
from training.models.text_encoder import TextEncoder
from training.pools import places_of
from training.stages.films import film_clip
from training.stages.stage0 import read
from training.text.tokenizer import Tokenizer
from training.world.captions import ALONE, REMARKS, caption
from training.world.clip import HELD_OUT, Clip, sample
from training.world.compose import FPS, FRAMES, HEIGHT, WIDTH, trace
from training.world.light import TIMES, WEATHERS
from training.world.settings import SETTINGS
from training.world.staging import stage
from training.world.subjects import SUBJECTS
from training.world.synonyms import NOUNS, PHRASES, UNHEARD, UNHEARD_PHRASES, alike, renamed, wording

SCHEDULE = Schedule(clips=80_000, batch=64, rate=1e-3, warmup=2000, ema=0.99)
LOOKS: Final = 4
"""Frames of a clip whose places are compared: a path has no more to it than these tell (`layout.BENDS`)."""
WITHOUT = 0.05
"""The share of items without a text: then nobody is there."""
ANYWHERE, NOWHERE = 0.3, 0.15
"""The shares of clips in settings that need not suit them, and of captions that name none: texts of users do."""
BLUR: Final = 0.3
"""How much noise, at most, a text's states get, which vary by 0.8: words that no caption has (an android, a jet) lie
about that far from those that captions do have."""
ODD: Final = 0.3
"""The share of captions with some words that are any: in a text of a user, or of a writer, who is who must not hang on
a verb that no caption has."""
ASIDE: Final = 0.25
"""The share of captions with words that name nobody where others tell of a second actor: a remark behind a comma, or
what one does alone."""
EMPTY: Final = 0.05
"""The share of captions from which everyone has left: a name of a place is easily taken for somebody's."""
ALIKE: Final = 0.06
"""The share of captions of two of a kind."""
NONSENSE: Final = 0.2
"""The share of captions whose nouns are no words: there the place has to be read from what is said of it, since who is
in it tells nothing. A pair that is held out is one that never comes, and would be read as another place."""
KINDS: Final = tuple(SUBJECTS)
COLOURS: Final = tuple(sorted({colour for subject in SUBJECTS.values()
                               for colour in (*subject.colours, subject.colour)}))
SCENE: Final = {"setting": tuple(SETTINGS), "time": tuple(TIMES), "weather": tuple(WEATHERS)}
"""What there is to know of a scenery."""
SAID: Final = 0.1
"""What telling who is there, what and how coloured, and where it heads counts against where it is: the loss of a box is
in frames."""
TURNED: Final = 0.1
"""What being a cycle off in its own motion counts."""
HELD = 512
LEARNED: Final = 8192
"""Captions that tell what a trained planner says of whom."""


def looks(frames: int) -> list[int]:
    """The numbers of those frames, from the first to the last."""
    return torch.linspace(0, frames - 1, min(LOOKS, frames)).round().int().tolist()


def item(index: int, tokenizer: Tokenizer, seed: int, frames: int = FRAMES, plain: bool = False) -> data.Item:
    """Item `index`: tokens and mask (N,) of a caption; places (LOOKS, ROWS, PLACE), turns (LOOKS, ROWS) as in a
    `Plan`, the numbers of kinds and colours (ACTORS,), of what the `scene` is, in the order of `SCENE`, and whether the
    text says what each is: `named` (ROWS,). A `plain` caption is without remarks and odd words."""
    rng = random.Random(f"planner/{seed}/{index}")
    told, placed, anywhere = (rng.random() >= share for share in (WITHOUT, NOWHERE, 1 - ANYWHERE))
    clip, numbers = film_clip(index, seed, anywhere), looks(frames)
    clip = clip if placed else at_home(clip)
    if not plain and placed and rng.random() < EMPTY:
        clip = dataclasses.replace(clip, actors=(), relation="")
    called = clip if plain else renamed(clip, rng)
    if not plain and rng.random() < ALIKE and _countable(called):
        clip, called = alike(clip), alike(called)
    nonsense = not plain and rng.random() < NONSENSE
    if nonsense:
        called = dataclasses.replace(called, actors=tuple(
            dataclasses.replace(actor, noun=no_word(rng)) for actor in called.actors))
    text = ""
    if told:
        text = caption(called, rng.getrandbits(30), placed) if plain else remarked(called, placed, rng)
    tokens, mask = tokenizer([text])
    if not plain and rng.random() < ODD:
        garble(tokens[0], int(mask[0].sum()), tokenizer.size, rng)
    seen = list(trace(clip, numbers, WIDTH, HEIGHT))
    places, turns = places_of(seen), np.zeros((len(numbers), ROWS), np.float32)
    turns[:, SCENERY] = [frame.scenery.travelled for frame in seen]
    kinds, colours = np.zeros((2, ACTORS), np.int64)
    for number, role in enumerate(stage(clip, WIDTH / HEIGHT / 2)):
        subject = SUBJECTS[role.actor.subject]
        turns[:, number] = [role.turned(look / FPS) for look in numbers]
        kinds[number] = KINDS.index(subject.name)
        colours[number] = COLOURS.index(role.actor.colour or subject.colour)
    return {"tokens": torch.from_numpy(tokens[0]), "mask": torch.from_numpy(mask[0]),
            "places": torch.from_numpy(places if told else np.zeros_like(places)), "turns": torch.from_numpy(turns),
            "kinds": torch.from_numpy(kinds), "colours": torch.from_numpy(colours),
            "named": torch.tensor([float(not nonsense)] * ACTORS + [1.0] * (ROWS - ACTORS)),
            "scene": torch.tensor([names.index(getattr(clip, name)) for name, names in SCENE.items()])}


def remarked(clip: Clip, placed: bool, rng: random.Random) -> str:
    """A caption of `clip`, sometimes with words that could be taken for a second actor's."""
    if len(clip.actors) == 1 and rng.random() < ASIDE:
        clip = dataclasses.replace(clip, actors=(dataclasses.replace(clip.actors[0], verb=rng.choice(ALONE)),))
    text = wording(clip, rng.getrandbits(30), placed)
    if rng.random() < ASIDE:
        text += "".join(f", {remark}" for remark in rng.sample(REMARKS, rng.randint(1, 2)))
    return text


def no_word(rng: random.Random) -> str:
    """Two or three syllables that mean nothing."""
    return "".join(rng.choice("bcdfghjklmnpqrstvwxz") + rng.choice("aeiou") for _ in range(rng.randint(2, 3)))


def _countable(clip: Clip) -> bool:
    """Whether it shows one whom there may be two of: who moves, and has no name of its own."""
    return len(clip.actors) == 1 and SUBJECTS[clip.actors[0].subject].speed > 0 and clip.actors[0].noun[0].islower()


def garble(tokens: np.ndarray, length: int, vocabulary: int, rng: random.Random) -> None:
    """Put any tokens in the place of one to three of a text's (N,), of which `length` count; the first and the last of
    these stay."""
    count = min(rng.randint(1, 3), length - 2)
    if count > 0:
        begin = rng.randint(1, length - 1 - count)
        tokens[begin:begin + count] = [rng.randrange(vocabulary) for _ in range(count)]


def at_home(clip: Clip) -> Clip:
    """`clip` where its first actor is most at home, if that suits all of it: a text that names no place must mean one,
    or a bit of every place is drawn."""
    for name in SUBJECTS[clip.actors[0].subject].settings if clip.actors else ():
        setting = SETTINGS[name]
        suits = all(actor.place in setting.levels and (actor.subject, name) not in HELD_OUT for actor in clip.actors)
        if suits and clip.time in ("day", *setting.times) and clip.weather in setting.weathers:
            return dataclasses.replace(clip, setting=name)
    return clip


class Examined(nn.Module):
    """A planner that is asked what it means: linear layers on top tell from its `who` the actors' kinds and colours,
    and the scene."""

    def __init__(self, planner: Planner) -> None:
        super().__init__()
        self.planner = planner
        self.kind, self.colour = nn.Linear(WHO, len(KINDS)), nn.Linear(WHO, len(COLOURS))
        self.scene = nn.ModuleList(nn.Linear(WHO, len(names)) for names in SCENE.values())

    def misnamed(self, who: Tensor, batch: Batch) -> Tensor:
        """How surely kind and colour of each actor, and the scene, are told: cross entropies (B, ROWS)."""
        kind, colour = (F.cross_entropy(layer(who[:, :ACTORS]).float().transpose(1, 2), batch[truth], reduction="none")
                        for layer, truth in ((self.kind, "kinds"), (self.colour, "colours")))
        scene = torch.stack([F.cross_entropy(layer(who[:, SCENERY]).float(), truth, reduction="none")
                             for layer, truth in zip(self.scene, batch["scene"].unbind(-1), strict=True)], dim=1)
        return torch.cat([kind + colour, scene.sum(1, keepdim=True)], dim=1)


class PlannerJob:
    """Trains the planner on freshly staged clips."""

    name = "planner"

    def __init__(self, model: Examined, texts: tuple[TextEncoder, Tokenizer], seed: int) -> None:
        self.model: nn.Module = model
        self._examined, (self._encoder, self._tokenizer), self._seed = model, texts, seed

    def batches(self, start: int, count: int) -> Iterator[Batch]:
        """Fresh items."""
        frames = len(self._examined.planner.powers)
        draw = functools.partial(item, tokenizer=self._tokenizer, seed=self._seed, frames=frames)
        return data.batches(draw, start, count)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """How far the sides of boxes and the turns of motions are away, and how surely the rest is known."""
        context = read(self._encoder, batch)
        blur, noise = (draw(shape, generator=generator, device=context.device)
                       for draw, shape in ((torch.rand, (len(context), 1, 1)), (torch.randn, context.shape)))
        plan = self._examined.planner.plan(context + BLUR * blur * noise)
        numbers = looks(plan.boxes.shape[1])
        there = _there(batch["places"])
        known = F.binary_cross_entropy_with_logits(plan.there.float(), there)
        there = there * batch["named"]
        count = there.sum().clamp(min=1)
        apart = (plan.boxes[:, numbers].float() - batch["places"][..., :4]).abs().mean(dim=(1, 3))
        away = (apart * there).sum() / count
        turned = ((plan.turns[:, numbers].float() - batch["turns"]).abs().mean(1) * there).sum() / count
        right = (batch["places"][:, 0, :ACTORS, -1] > 0).float()
        heads = F.binary_cross_entropy_with_logits(plan.heading[:, :ACTORS].float(), right, weight=there[:, :ACTORS])
        named = (self._examined.misnamed(plan.who, batch) * there).sum() / count
        figures = {"away": float(away.detach()), "turned": float(turned.detach()), "known": float(known.detach()),
                   "named": float(named.detach())}
        return away + TURNED * turned + SAID * (known + heads + named), figures


def _there(places: Tensor) -> Tensor:
    """(B, ROWS) 1 for those with a box in any frame."""
    return (places[..., 2:4] > places[..., :2]).all(-1).any(1).float()


@torch.no_grad()
def judged(model: Examined, texts: tuple[TextEncoder, Tokenizer], count: int = HELD) -> dict[str, float]:
    """On held-out clips: how often it is right who is there, what kind and colour they have, how much boxes overlap
    (intersection over union), how far motions are off, in cycles, and the sides of the scenery, in frames;
    how often the scene is told right, of which a caption need not say all."""
    encoder, tokenizer = texts
    planner = model.planner
    draw = functools.partial(item, tokenizer=tokenizer, seed=0, frames=len(planner.powers), plain=True)
    batch = next(data.batches(draw, data.HELD, count))
    batch = {key: value.to(device()) for key, value in batch.items()}
    plan, numbers = planner.plan(read(encoder, batch)), looks(len(planner.powers))
    rows, told = plan.layout().places[:, numbers].float(), batch["places"]
    seen = _there(told)[:, SCENERY].bool()
    scenery = (rows - told)[:, :, SCENERY, :4].abs().mean(dim=(1, 2))[seen]
    found, truth = rows[:, :, :ACTORS], told[:, :, :ACTORS]
    there = _there(truth).bool()
    low, high = torch.maximum(found, truth)[..., :2], torch.minimum(found, truth)[..., 2:4]
    shared = (high - low).clamp(min=0).prod(-1)
    areas = sum((boxes[..., 2:4] - boxes[..., :2]).clamp(min=0).prod(-1) for boxes in (found, truth))
    overlap = (shared / (areas - shared).clamp(min=1e-6)).mean(1)[there]
    turned = (plan.turns[:, numbers] - batch["turns"]).abs().mean(1)[:, :ACTORS][there]
    figures = {"there": (_there(found).bool() == there).float().mean(), "overlap": overlap.mean(),
               "turned": turned.mean(), "scenery": scenery.mean()}
    for layer, name in ((model.kind, "kinds"), (model.colour, "colours")):
        figures[name] = (layer(plan.who[:, :ACTORS]).argmax(-1) == batch[name])[there].float().mean()
    for asked, name, known in zip(model.scene, SCENE, batch["scene"].unbind(-1), strict=True):
        figures[name] = (asked(plan.who[:, SCENERY]).argmax(-1) == known)[seen].float().mean()
    return {name: round(float(value), 4) for name, value in figures.items()}


@torch.no_grad()
def known(model: Examined, texts: tuple[TextEncoder, Tokenizer], count: int = LEARNED) -> dict[str, Tensor]:
    """What the planner says of each kind in each colour, and of each scenery (K, WHO): the median over `count`
    captions."""
    draw = functools.partial(item, tokenizer=texts[1], seed=0, frames=len(model.planner.powers), plain=True)
    said: dict[str, dict[tuple[int, ...], list[Tensor]]] = {name: {} for name in KNOWN}
    for batch in itertools.islice(data.batches(draw, 0, min(HELD, count)), math.ceil(count / HELD)):
        who = model.planner.plan(read(texts[0], {key: value.to(device()) for key, value in batch.items()})).who.cpu()
        for index, there in enumerate(_there(batch["places"]).bool().tolist()):
            for row in (row for row in range(ROWS) if there[row]):
                name = KNOWN[row == SCENERY]
                facts = batch["scene"][index] if row == SCENERY else torch.stack(
                    [batch["kinds"][index, row], batch["colours"][index, row]])
                said[name].setdefault(tuple(facts.tolist()), []).append(who[index, row])
    return {name: torch.stack([torch.stack(group[key]).median(0).values for key in sorted(group)])
            for name, group in said.items()}


Words = Mapping[str, Sequence[str]]
"""Words by what they stand for."""


def words_read(model: Examined, texts: tuple[TextEncoder, Tokenizer]) -> dict[str, float]:
    """The shares of the lexicon's nouns and places, and of some that no caption holds, that are read rightly: each in a
    text of its own, as the subject or the setting under which it is listed."""
    def share(words: Words, place: bool) -> float:
        asked = [(name, f"a wide view of {word}" if place else f"{article(word)} {word}")
                 for name, group in words.items() for word in group]
        who = _who(model, texts, [text for _, text in asked])
        told = (model.scene[0](who[:, SCENERY]) if place else model.kind(who[:, 0])).argmax(-1).tolist()
        names = SCENE["setting"] if place else KINDS
        return round(sum(names[found] == name for (name, _), found in zip(asked, told, strict=True)) / len(asked), 4)

    return {"nouns": share(NOUNS, False), "unheard_nouns": share(UNHEARD, False),
            "places": share(PHRASES, True), "unheard_places": share(UNHEARD_PHRASES, True)}


@torch.no_grad()
def pairs_read(model: Examined, texts: tuple[TextEncoder, Tokenizer], count: int = HELD) -> float:
    """The share of captions of the held-out pairs, of which none is trained on, whose setting, and whose actors' kinds
    and number are read rightly."""
    found: list[tuple[str, Clip]] = []
    for seed in itertools.count(data.HELD):
        clip = sample(seed, films=False)
        if any((actor.subject, clip.setting) in HELD_OUT for actor in clip.actors):
            found.append((caption(clip, 0), clip))
        if len(found) == count:
            break
    plan = model.planner.plan(_read(texts, [text for text, _ in found]))
    there = _there(plan.layout().places)[:, :ACTORS].bool().tolist()
    kinds, setting = model.kind(plan.who[:, :ACTORS]).argmax(-1), model.scene[0](plan.who[:, SCENERY]).argmax(-1)
    right = 0
    for index, (_, clip) in enumerate(found):
        seen = [KINDS[kind] for kind, here in zip(kinds[index].tolist(), there[index], strict=True) if here]
        told = [actor.subject for actor in clip.actors]
        right += seen == told and SCENE["setting"][int(setting[index])] == clip.setting
    return round(right / count, 4)


@torch.no_grad()
def _who(model: Examined, texts: tuple[TextEncoder, Tokenizer], asked: list[str]) -> Tensor:
    """What the planner makes of texts: who is there and where that is (B, ROWS, WHO)."""
    who: Tensor = model.planner(_read(texts, asked)).who
    return who


def _read(texts: tuple[TextEncoder, Tokenizer], asked: list[str]) -> Tensor:
    encoder, tokenizer = texts
    tokens, mask = tokenizer(asked)
    return read(encoder, {"tokens": torch.from_numpy(tokens).to(device()), "mask": torch.from_numpy(mask).to(device())})


def main(arguments: list[str]) -> None:
    """Train, measure on held-out clips, write `planner.safetensors`."""
    run(parse("planner", SCHEDULE, arguments), DenoiserConfig())


def run(request: Request, config: DenoiserConfig) -> None:
    """As `main`."""
    seed = request.schedule.seed
    torch.manual_seed(seed)
    texts = text_models(request.weights)
    model = Examined(Planner(config.context, config.frames))
    trainer = train(PlannerJob(model, texts, seed), request)
    model.load_state_dict(trainer.average)
    figures = {**judged(model.eval(), texts, min(HELD, 8 * request.schedule.batch)), **words_read(model, texts),
               "unseen_pairs": pairs_read(model, texts, min(HELD, 8 * request.schedule.batch))}
    for name, codes in known(model, texts, min(LEARNED, 128 * request.schedule.batch)).items():
        setattr(model.planner, name, codes)
    weights.save(request.weights, "planner",
                 {name: value for name, value in model.state_dict().items() if name.startswith("planner.")},
                 {**facts(trainer, request), "figures": figures}, compact=True)
    print(f"planner: {figures}", flush=True)
