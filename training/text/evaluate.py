"""Figures for a trained text encoder, on sentences written by hand that the generator does not know."""

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.models.text_encoder import masked_mean
from training.text.teacher import Teacher
from training.text.tokenizer import Tokenizer

# The subjects of the film world, each with words that its captions do not use.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "car": ("automobile", "sedan", "motorcar", "taxi"),
    "airplane": ("jet", "aeroplane", "aircraft", "airliner"),
    "sailing boat": ("ship", "yacht", "sailboat", "vessel"),
    "train": ("locomotive", "railway", "tram", "steam engine"),
    "rocket": ("missile", "spaceship", "spacecraft", "space shuttle"),
    "hot-air balloon": ("balloon", "airship", "zeppelin", "blimp"),
    "bird": ("seagull", "eagle", "sparrow", "pigeon"),
    "fish": ("trout", "salmon", "goldfish", "tuna"),
    "whale": ("orca", "humpback", "cetacean", "dolphin"),
    "butterfly": ("moth", "monarch butterfly", "caterpillar", "swallowtail"),
    "horse": ("pony", "stallion", "mare", "foal"),
    "dog": ("puppy", "hound", "canine", "terrier"),
    "robot": ("android", "droid", "cyborg", "automaton"),
    "astronaut": ("cosmonaut", "spaceman", "spacewalker", "space explorer"),
    "lighthouse": ("beacon", "light tower", "light house on the coast", "lighthouses"),
    "windmill": ("wind turbine", "mill", "windmills", "old Dutch mill"),
}

CAPTIONS = (
    "a red car on a coast road",
    "an airplane above the clouds at sunset",
    "a sailing boat on a stormy sea",
    "a rocket leaving the moon",
    "a whale under water",
    "a hot-air balloon over a desert",
    "a train crossing snow mountains",
    "a robot in a city at night",
    "a white horse and a black dog running across a meadow",
    "a race between a yellow car and an airplane",
    "wide shot of a blue train winding through a red rock canyon in the early morning",
    "an orange butterfly flutters over a summer meadow, close-up",
    "a lighthouse stands on a cliff while a storm rolls in",
    "two birds fly side by side above the calm sea at dawn",
    "a silver robot walks a brown dog through the park in autumn",
    "an astronaut floats past a green planet, slow zoom in",
    "the old windmill turns in the wind as the sun goes down",
    "a school of yellow fish circles a huge grey whale",
    "a purple balloon drifts over snowy peaks, camera pans right",
    "tracking shot of a black horse galloping through the forest in the rain",
    "a little white boat meets a blue whale in the fog",
    "night falls over the city and a red rocket lights up the sky",
    "a green car overtakes a yellow train beside the river",
    "a golden fish swims alone in the dark blue deep",
    "an old sailor watches the lighthouse from his small boat",
)

IDEAS = (
    "a race between a car and an airplane",
    "a kitten who wants to become a pirate",
    "the last lighthouse keeper",
    "two robots fall in love on the moon",
    "my grandmother's garden comes alive at midnight",
    "a feline detective in a rainy city",
    "dinosaurs return and take over New York",
    "a pony lost in the snow finds its way home",
    "Make a film about a brave little tugboat that saves a big ship!",
    "what if trains could fly?",
    "an automobile chased by a jet",
    "the secret life of city pigeons",
    "a lonely whale sings to the stars",
    "an android learns to paint",
    "a boy and his dog build a rocket from scrap metal",
    "a mermaid visits the desert",
    "the great escape of a goldfish",
    "hot air balloon race around the world",
    "a knight who is afraid of horses",
    "winter comes to the village of the bears",
    "a taxi driver picks up a ghost",
    "journey to the centre of the earth",
    "an old windmill dreams of the sea",
    "butterflies crossing the ocean",
    "an astronaut plants the first tree on Mars",
)

SOUNDS = (
    "rain on a tin roof",
    "a car engine revving and driving away",
    "gentle piano music with soft strings",
    "seagulls and waves at the harbour",
    "a steam train passing with a long whistle",
    "wind howling over an empty desert",
    "dog barking in the distance",
    "epic orchestral music with drums",
    "horse hooves on cobblestones",
    "whale song deep under water",
    "busy city street with traffic and horns",
    "the roar of a rocket launch",
)

COLOURS = ("red", "blue", "green", "yellow", "white", "black", "orange", "purple")


# Subjects of the colour probe, all of them single tokens: those it is fitted on, and those it is read on.
PROBE_FITTED = (
    ("car", "train"),
    ("dog", "robot"),
    ("bird", "whale"),
    ("boat", "rocket"),
    ("cat", "tree"),
    ("house", "ship"),
    ("truck", "lion"),
    ("flower", "bus"),
)
PROBE_ASKED = (("horse", "fish"), ("butterfly", "airplane"), ("balloon", "tower"))


def evaluate(encoder: nn.Module, teacher: Teacher, tokenizer: Tokenizer) -> dict[str, float]:
    """Return cosines with the teacher, the nearest-word shares and the colour-binding share."""
    encoder.eval()
    figures = {}
    for name, texts in (("captions", CAPTIONS), ("ideas", IDEAS), ("sounds", SOUNDS)):
        taught = teacher.embed(*_tensors(tokenizer, texts))
        _, learned = pooled(encoder, tokenizer, texts)
        cosines = (taught * learned).sum(-1)
        figures[f"{name}_cosine"] = cosines.mean().item()
        figures[f"{name}_cosine_least"] = cosines.min().item()
    words = [*SYNONYMS, *(word for group in SYNONYMS.values() for word in group)]
    context, embedding = pooled(encoder, tokenizer, words)
    taught = teacher.embed(*_tensors(tokenizer, words))
    for name, states in (("embedding", embedding), ("context", context), ("teacher", taught)):
        figures[f"synonyms_{name}"] = 1 - len(wrong_synonyms(states)) / (len(words) - len(SYNONYMS))
    figures["colour_binding"] = colour_binding(encoder, tokenizer)
    return {name: round(value, 4) for name, value in figures.items()}


def pooled(encoder: nn.Module, tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return the mean context state of each text, unit length (B,D), and its embedding (B,E)."""
    tokens, mask = _tensors(tokenizer, texts)
    with torch.no_grad():
        context, embedding = encoder(tokens, mask)
    return functional.normalize(masked_mean(context, mask), dim=-1), embedding


def wrong_synonyms(states: Tensor) -> list[tuple[str, str]]:
    """Return (word, subject it fell to) of each synonym nearest to another subject.

    Args:
        states: unit vectors of the subjects, then of all their synonyms, in the order of `SYNONYMS`.
    """
    subjects = list(SYNONYMS)
    expected = [(word, index) for index, group in enumerate(SYNONYMS.values()) for word in group]
    nearest = (states[len(subjects) :] @ states[: len(subjects)].T).argmax(1).tolist()
    return [(word, subjects[found]) for (word, right), found in zip(expected, nearest, strict=True) if found != right]


def colour_binding(encoder: nn.Module, tokenizer: Tokenizer) -> float:
    """Return how often a linear probe reads a subject's own colour from its token state, with two subjects present.

    The probe is fitted on some pairs of subjects ('a white car and a black train') and read on others.
    """
    inputs, colours = _coloured(encoder, tokenizer, PROBE_FITTED)
    asked, expected = _coloured(encoder, tokenizer, PROBE_ASKED)
    centre = inputs.mean(0)
    inputs, asked = inputs - centre, asked - centre
    wanted = functional.one_hot(colours, len(COLOURS)).float() - 1 / len(COLOURS)
    probe = torch.linalg.solve(inputs.T @ inputs + 30 * torch.eye(inputs.shape[1]), inputs.T @ wanted)
    return float(((asked @ probe).argmax(1) == expected).float().mean())


def _coloured(encoder: nn.Module, tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]) -> tuple[Tensor, Tensor]:
    texts, colours = [], []
    for (one, other), first, second in product(pairs, range(len(COLOURS)), range(len(COLOURS))):
        if first != second:
            texts.append(f"a {COLOURS[first]} {one} and a {COLOURS[second]} {other}")
            colours.append((first, second))
    tokens, mask = _tensors(tokenizer, texts)
    with torch.no_grad():
        context, _ = encoder(tokens, mask)
    # [CLS] a colour noun and a colour noun [SEP]: every word used here is a single token.
    states = torch.cat([context[:, 3], context[:, 7]])
    return states, torch.tensor([pair[0] for pair in colours] + [pair[1] for pair in colours])


def _tensors(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    tokens, mask = tokenizer(texts)
    return torch.from_numpy(tokens), torch.from_numpy(mask)
