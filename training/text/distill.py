"""Distil all-MiniLM-L6-v2 into the starter's text encoder: `python -m training.text.distill --out runs/text`.

The student meets generated text once, sentence by sentence, and learns from the teacher: every token's last and
middle state, the sentence embedding, and how close the sentences of a batch are to each other. One thing it
learns from the text alone: the words around each token. The teacher's last states mix the words of a sentence, and
a student of them alone knows that 'a white horse and a black dog' holds white and black, but not whose they are.
"""

import argparse
import json
import math
import random
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from training.models.text_encoder import TextConfig, TextEncoder, masked_mean, save_text_encoder
from training.text.corpus import Corpus
from training.text.evaluate import evaluate
from training.text.teacher import Lesson, Teacher, first_student, packaged_teacher, word_states
from training.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Settings:
    """What a run is; with `sentences` given, two runs of the same settings end with the same weights."""

    seed: int = 1
    batch: int = 128
    # Sentences between two checkpoints; resuming starts at the beginning of a chunk.
    chunk: int = 8192
    # The length of the schedule; 0: as many as fit into `minutes`, judged by the first chunk.
    sentences: int = 0
    minutes: float = 12.0
    rate: float = 2e-3
    warmup: int = 16384
    bfloat16: bool = True
    device: str = "cpu"


@dataclass(frozen=True)
class Progress:
    """One finished chunk: sentences seen and planned, seconds spent, mean loss terms."""

    seen: int
    planned: int
    seconds: float
    losses: dict[str, float]


# Where the neighbours stand that a token's state must name: two and one before it, one behind it.
OFFSETS = (-2, -1, 1)


class Pupil(nn.Module):
    """The student with the extra heads that training alone needs."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        config = encoder.config
        self.middle = nn.Linear(config.width, config.embedding)
        self.neighbours = nn.ModuleList(nn.Linear(config.width, config.factor) for _ in OFFSETS)

    def losses(self, tokens: Tensor, mask: Tensor, lesson: Lesson) -> dict[str, Tensor]:
        """Return the weighted loss terms for tokens and mask (B,N)."""
        context = self.encoder.context(tokens, mask)
        taught = masked_mean(lesson.last, mask)
        states = self.encoder.head(context).float()
        learned = masked_mean(states, mask)
        return {
            "token": _token_loss(states, lesson.last, mask),
            "middle": 0.5 * _token_loss(self.middle(context), lesson.middle, mask),
            "sentence": 4 * (1 - functional.cosine_similarity(learned, taught, dim=-1)).mean(),
            # The denoiser sees the context, not the embedding: let alike sentences be alike there as well.
            "nearness": 4 * functional.mse_loss(_cosines(masked_mean(context, mask).float()), _cosines(taught)),
            "neighbours": 0.2 * self.neighbour_loss(context, tokens, mask),
        }

    def neighbour_loss(self, context: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
        """Cross-entropy of naming each token's neighbours among all the words of the batch."""
        present, places = torch.unique(tokens, return_inverse=True)
        words = functional.normalize(self.encoder.table.weight.detach()[present], dim=-1)
        terms = []
        for offset, head in zip(OFFSETS, self.neighbours, strict=True):
            # Shifted by the offset, position n holds what stands at n + offset; the ends fall away.
            here = slice(max(0, -offset), tokens.shape[1] - max(0, offset))
            there = slice(max(0, offset), tokens.shape[1] - max(0, -offset))
            both = (mask[:, here] * mask[:, there]).bool()
            logits = head(context[:, here][both]) @ words.T
            terms.append(functional.cross_entropy(logits.float(), places[:, there][both]))
        return torch.stack(terms).mean()


def _token_loss(states: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Squared error of the real tokens, in units of the target's variance."""
    keep = mask.bool()
    wanted = target[keep]
    return functional.mse_loss(states.float()[keep], wanted) / wanted.var()


def _cosines(states: Tensor) -> Tensor:
    unit = functional.normalize(states, dim=-1)
    return unit @ unit.T


class Run:
    """A training run in a folder: made new, or taken up where its last checkpoint ended."""

    def __init__(self, folder: Path, settings: Settings, config: TextConfig, teacher: Path) -> None:
        torch.manual_seed(settings.seed)
        self.folder, self.settings = folder, settings
        self.tokenizer = Tokenizer(teacher, config.tokens)
        self.teacher = Teacher(teacher, settings.device)
        self.corpus = Corpus(self.tokenizer.vocabulary(), settings.seed)
        self.seen, self.planned, self.seconds = 0, settings.sentences, 0.0
        state = self._latest()
        with self._precision():
            words = None if state else word_states(self.teacher, self.tokenizer, settings.device)
        student = TextEncoder(config) if words is None else first_student(config, words)
        self.pupil = Pupil(student).to(settings.device)
        weights = [value for name, value in self.pupil.named_parameters() if value.ndim > 1 and "table" not in name]
        others = [value for name, value in self.pupil.named_parameters() if value.ndim == 1 or "table" in name]
        groups = [{"params": weights, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.rate, betas=(0.9, 0.98))
        if state:
            self._restore(state)

    def __iter__(self) -> Iterator[Progress]:
        """Train chunk by chunk until the plan is done; a checkpoint is on disk before each yield."""
        while not self.planned or self.seen < self.planned:
            began = time.monotonic()
            losses = self._chunk(self.seen // self.settings.chunk)
            self.seen += self.settings.chunk
            self.seconds += time.monotonic() - began
            if not self.planned:
                chunks = max(1, round(self.settings.minutes * 60 / self.seconds))
                self.planned = chunks * self.settings.chunk
            self._save()
            yield Progress(self.seen, self.planned, self.seconds, losses)

    def _chunk(self, index: int) -> dict[str, float]:
        texts = self.corpus.chunk(index, self.settings.chunk)
        tokens, mask = (torch.from_numpy(array) for array in self.tokenizer(texts))
        # Rows of like length share a batch: half the padding, twice the speed.
        rows = torch.split(mask.sum(1).argsort(stable=True), self.settings.batch)
        order = list(range(len(rows)))
        random.Random(f"{self.settings.seed}/{index}/order").shuffle(order)
        totals: dict[str, float] = {}
        for step, chosen in enumerate(order):
            length = int(mask[rows[chosen]].sum(1).max())
            batch = (tokens[rows[chosen], :length], mask[rows[chosen], :length])
            self._set_rate(index * self.settings.chunk + step * self.settings.batch)
            for name, value in self._step(*(part.to(self.settings.device) for part in batch)).items():
                totals[name] = totals.get(name, 0.0) + value / len(order)
        return totals

    def _step(self, tokens: Tensor, mask: Tensor) -> dict[str, float]:
        with self._precision():
            lesson = self.teacher(tokens, mask)
            losses = self.pupil.losses(tokens, mask, lesson)
        self.optimizer.zero_grad()
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        nn.utils.clip_grad_norm_(self.pupil.parameters(), 1.0)
        self.optimizer.step()
        return {name: value.item() for name, value in losses.items()}

    def _precision(self) -> torch.autocast:
        kind = torch.device(self.settings.device).type
        return torch.autocast(kind, torch.bfloat16, enabled=self.settings.bfloat16)

    def _set_rate(self, seen: int) -> None:
        """Rise linearly, then fall along a cosine to a hundredth."""
        done = min(1.0, seen / self.planned) if self.planned else 0.0
        factor = min(1.0, (seen + 1) / self.settings.warmup) * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * factor

    def _latest(self) -> Path | None:
        found = sorted(self.folder.glob("checkpoint-*[0-9]"))
        return found[-1] if found else None

    def _save(self) -> None:
        target = self.folder / f"checkpoint-{self.seen:010d}"
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        save_file(self.pupil.state_dict(), partial / "pupil.safetensors")
        torch.save(self.optimizer.state_dict(), partial / "optimizer.pt")
        state = {"seen": self.seen, "planned": self.planned, "seconds": self.seconds, "settings": asdict(self.settings)}
        (partial / "state.json").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        # Complete or absent: a checkpoint gets its name only when all of it is written.
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
        for old in self.folder.glob("checkpoint-*[0-9]"):
            if old != target:
                shutil.rmtree(old)

    def _restore(self, checkpoint: Path) -> None:
        state = json.loads((checkpoint / "state.json").read_text(encoding="utf-8"))
        self.seen, self.planned, self.seconds = state["seen"], state["planned"], state["seconds"]
        # The way ahead is that of the run's first start; only the device may change.
        self.settings = replace(Settings(**state["settings"]), device=self.settings.device)
        self.pupil.load_state_dict(load_file(checkpoint / "pupil.safetensors", self.settings.device))
        self.optimizer.load_state_dict(torch.load(checkpoint / "optimizer.pt", weights_only=True))


def publish(run: Run, folder: Path) -> dict[str, Any]:
    """Measure the student and write its weights and figures to `folder`; return the figures."""
    figures = evaluate(run.pupil.encoder, run.teacher, run.tokenizer)
    facts = {
        "teacher": "all-MiniLM-L6-v2 (Apache-2.0)",
        "seed": run.settings.seed,
        "sentences": run.seen,
        "training_minutes": round(run.seconds / 60, 1),
        "figures": figures,
    }
    save_text_encoder(run.pupil.encoder, folder, facts)
    return figures


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("training text", description="Distil the starter's text encoder.")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoints; a run begun there goes on")
    parser.add_argument("--weights", type=Path, help="folder for the fp16 weights and figures (default: --out)")
    parser.add_argument("--minutes", type=float, default=12.0, help="training time to plan for (default: 12)")
    parser.add_argument("--sentences", type=int, default=0, help="length of the training; overrides --minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--teacher", type=Path, help="folder of all-MiniLM-L6-v2 (default: the installed package's)")
    parser.add_argument("--fp32", action="store_true", help="no bfloat16")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Train, or go on training, and write weights and figures."""
    options = _arguments(arguments)
    torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    settings = Settings(
        options.seed, sentences=options.sentences, minutes=options.minutes, bfloat16=not options.fp32, device=device
    )
    run = Run(options.out, settings, TextConfig(), options.teacher or packaged_teacher())
    printed = -math.inf
    for progress in run:
        if progress.seconds - printed >= 20 or progress.seen >= progress.planned:
            printed = progress.seconds
            terms = "  ".join(f"{name} {value:.4f}" for name, value in progress.losses.items())
            sys.stdout.write(f"{progress.seen:,}/{progress.planned:,} sentences  {progress.seconds:.0f} s  {terms}\n")
            sys.stdout.flush()
    figures = publish(run, options.weights or options.out)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
