"""The training loop of the encoder: folders in and out, vectors with gradient, losses, steps, checkpoints, a log."""

from __future__ import annotations

import argparse
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch.nn import functional

from index.sentence import sentences
from scripts.train_pairs import Group

MAX_LENGTH = 256  # word pieces of the finished encoder
SENTENCE_LIMIT = 64  # word pieces of a question or a parallel sentence in training

Slice = tuple[list[int], list[list[tuple[int, int]]], torch.Tensor, torch.Tensor]
Loss = tuple[str, torch.Tensor, float]  # its name, the loss, and the share of rows whose own partner came first


# ── folders and logs ─────────────────────────────────────────────────────────────────────────────────────────────


def load_encoder(folder: Path, seed: int = 0) -> SentenceTransformer:
    """Load an encoder folder in fp32, seeded, with dropout off (one short epoch cannot overfit).

    Eager attention: its backward pass on a CPU is up to four times faster than the default's.
    """
    if not (folder / "modules.json").is_file():
        raise SystemExit(f"train_encoder: no sentence-transformers folder: {folder}")
    random.seed(seed)
    torch.manual_seed(seed)
    options = {"dtype": torch.float32, "attn_implementation": "eager"}
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs=options).eval()


def save_encoder(encoder: SentenceTransformer, folder: Path) -> None:
    """Write the encoder as an fp16 folder in one step: a reader sees the old folder or the new one, never half."""
    fresh = folder.with_name(folder.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    state = {name: value.clone() for name, value in encoder.state_dict().items()}
    encoder.max_seq_length = MAX_LENGTH
    encoder.tokenizer.init_kwargs.pop("max_length", None)
    encoder.tokenizer.backend_tokenizer.enable_truncation(MAX_LENGTH)
    encoder.half().save(str(fresh), create_model_card=False)
    for weights in fresh.glob("*.safetensors"):
        weights.chmod(0o644)  # safetensors writes files that only their owner may read
    encoder.float().load_state_dict(state)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


class Log:
    """A text log of steps and figures, on the screen and in a file."""

    def __init__(self, out: Path) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        self.path = beside(out, "log")
        self.start = time.monotonic()

    def __call__(self, text: str) -> None:
        """Write one line."""
        line = f"{(time.monotonic() - self.start) / 60:6.1f} min  {text}"
        print(line, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def beside(out: Path, ending: str) -> Path:
    """The path of a file next to the folder that a stage writes."""
    return out.with_name(f"{out.name}.{ending}")


# ── vectors with gradient ────────────────────────────────────────────────────────────────────────────────────────


class Embedder:
    """Turns texts into unit vectors with gradient; texts of like length share a slice, so little is padded."""

    def __init__(self, encoder: SentenceTransformer, slice_size: int = 16, *, bf16: bool = False) -> None:
        self.model = encoder[0].auto_model
        self.bf16 = bf16  # the model only: cosines over a small temperature need float32
        self.tokenizer = encoder.tokenizer
        self.slice_size = slice_size
        self.tokens = 0

    def length(self, text: str) -> int:
        """How many word pieces a text has, without the two marks around it."""
        return len(self.tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"])

    def __call__(self, texts: Sequence[str], limit: int = SENTENCE_LIMIT) -> torch.Tensor:
        """One unit vector a text, in the order given; what is over `limit` word pieces is not read."""
        vectors, order = [], []
        for rows, _, hidden, mask in self._states(texts, limit):
            weights = mask.unsqueeze(-1).float()
            vectors.append((hidden * weights).sum(1) / weights.sum(1))
            order += rows
        return functional.normalize(torch.cat(vectors)[torch.tensor(order).argsort()].float(), dim=-1)

    def similarities(self, questions: torch.Tensor, texts: Sequence[str], limit: int, share: float) -> torch.Tensor:
        """Cosines of questions × texts as search weighs them: (1 - share) × the whole text + share × its best sentence.

        A sentence's vector is the mean of its tokens within the text, as in `index.encoder`.
        """
        whole, parts, order, owners = [], [], [], []
        for rows, offsets, hidden, mask in self._states(texts, limit):
            weights = mask.unsqueeze(-1).float()
            whole.append((hidden * weights).sum(1) / weights.sum(1))
            order += rows
            for at, row in enumerate(rows):
                for begin, end in sentences(texts[row]):
                    inside = [n for n, (low, high) in enumerate(offsets[at]) if begin <= low < high <= end]
                    if inside:
                        parts.append(hidden[at, inside[0] : inside[-1] + 1].mean(0))
                        owners.append(row)
        passages = functional.normalize(torch.cat(whole)[torch.tensor(order).argsort()].float(), dim=-1)
        cosines = questions @ functional.normalize(torch.stack(parts).float(), dim=-1).T
        best = torch.full((len(questions), len(texts)), -1.0).scatter_reduce(
            1, torch.tensor(owners).expand(len(questions), -1), cosines, "amax", include_self=False
        )
        return (1 - share) * (questions @ passages.T) + share * best

    def _states(self, texts: Sequence[str], limit: int) -> Iterator[Slice]:
        """Yield the texts in slices of like length: their numbers, their pieces' offsets, states and mask."""
        pieces = self.tokenizer(
            list(texts), truncation=True, max_length=limit, padding=False, return_offsets_mapping=True
        )
        ids, offsets = pieces["input_ids"], pieces["offset_mapping"]
        order = sorted(range(len(texts)), key=lambda row: len(ids[row]))
        for start in range(0, len(order), self.slice_size):
            rows = order[start : start + self.slice_size]
            tensors = [torch.tensor(ids[row]) for row in rows]
            padded = torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True)
            mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in tensors], batch_first=True)
            self.tokens += padded.numel()
            with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
                hidden = self.model(input_ids=padded, attention_mask=mask).last_hidden_state.float()
            yield rows, [offsets[row] for row in rows], hidden, mask


# ── losses ───────────────────────────────────────────────────────────────────────────────────────────────────────


def question_loss(cosines: torch.Tensor, groups: Sequence[Group], temperature: float) -> tuple[torch.Tensor, float]:
    """The loss of questions × passages of the batch by their cosines; also the share whose own passage comes first.

    A passage cut from the same article, or one that contains the answer, is no negative. Questions of one passage
    count together as the square root of their number.
    """
    flat = [(answer, row) for row, group in enumerate(groups) for answer in group.answers]
    target = torch.tensor([row for _, row in flat])
    excused = torch.tensor(
        [
            [
                column != row
                and (group.article == groups[row].article or (len(answer) > 3 and answer in group.passage))
                for column, group in enumerate(groups)
            ]
            for answer, row in flat
        ]
    )
    scores = (cosines / temperature).masked_fill(excused, -1e4)
    weights = torch.tensor([len(groups[row].answers) ** -0.5 for _, row in flat])
    loss = (functional.cross_entropy(scores, target, reduction="none") * weights).sum() / weights.sum()
    return loss, (scores.argmax(1) == target).float().mean().item()


def pair_loss(left: torch.Tensor, right: torch.Tensor, temperature: float) -> tuple[torch.Tensor, float]:
    """Each row against every row of the other side, both ways; also the share of rows that find their own."""
    scores = left @ right.T / temperature
    target = torch.arange(len(left))
    loss = (functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)) / 2
    return loss, (scores.argmax(1) == target).float().mean().item()


# ── the loop ─────────────────────────────────────────────────────────────────────────────────────────────────────


def make_optimizer(model: torch.nn.Module, rate: float, freeze: Sequence[str]) -> torch.optim.AdamW:
    """AdamW over all parameters whose names start with none of `freeze`; weight decay on matrices only."""
    for name, weights in model.named_parameters():
        weights.requires_grad = not name.startswith(tuple(freeze))
    live = [weights for weights in model.parameters() if weights.requires_grad]
    parts = [
        {"params": [weights for weights in live if weights.ndim > 1], "weight_decay": 0.01},
        {"params": [weights for weights in live if weights.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(parts, lr=rate, betas=(0.9, 0.98), eps=1e-7)


class Checkpoint:
    """Saves and restores a run: weights, the optimiser's state, the step, and the seconds spent."""

    def __init__(self, out: Path, model: torch.nn.Module, optimizer: torch.optim.AdamW) -> None:
        self.path, self.model, self.optimizer = beside(out, "checkpoint.pt"), model, optimizer

    def save(self, step: int, spent: float) -> None:
        """Write the checkpoint; the one before stays until this one is whole."""
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        part = self.path.with_suffix(".part")
        torch.save({**state, "step": step, "spent": spent}, part)
        part.replace(self.path)

    def load(self) -> tuple[int, float]:
        """Restore the run and return step and seconds; (0, 0.0) where there is none."""
        if not self.path.is_file():
            return 0, 0.0
        state = torch.load(self.path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        return state["step"], state["spent"]


def train(
    args: argparse.Namespace,
    encoder: SentenceTransformer,
    embed: Embedder,
    steps: int,
    losses: Callable[[int], Iterator[Loss]],
) -> None:
    """Run `steps` steps, or to the end of `args.minutes`; the learning rate falls linearly to zero at the end.

    `losses(step)` yields (name, loss, figure) one after another; each is put into the gradient before the next is
    worked out, so that only one batch's activations are held at a time.
    """
    log = Log(args.out)
    optimizer = make_optimizer(embed.model, args.rate, args.freeze)
    checkpoint = Checkpoint(args.out, embed.model, optimizer)
    step, spent = checkpoint.load() if args.resume else (0, 0.0)
    log(f"{steps} steps, from step {step}")
    begin = saved = time.monotonic()
    embed.tokens, seen = 0, {}
    while step < steps:
        elapsed = spent + time.monotonic() - begin
        progress = max(step / steps, elapsed / 60 / args.minutes if args.minutes else 0)
        if progress >= 1:
            break
        for part in optimizer.param_groups:
            part["lr"] = args.rate * min(1, (step + 1) / args.warmup) * (1 - progress)
        for name, loss, figure in losses(step):
            loss.backward()
            seen.setdefault(name, []).append((loss.item(), figure))
        torch.nn.utils.clip_grad_norm_(embed.model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        if step % args.log_every == 0 or step == steps:
            means = {name: np.mean(pairs, axis=0) for name, pairs in seen.items()}
            figures = ", ".join(f"{name} loss {mean[0]:.4f} first {mean[1]:.3f}" for name, mean in means.items())
            log(f"step {step}: {figures}; {embed.tokens / (time.monotonic() - begin):.0f} word pieces/s")
            seen = {}
        if time.monotonic() - saved > args.checkpoint_minutes * 60:
            saved = time.monotonic()
            checkpoint.save(step, spent + saved - begin)
            save_encoder(encoder, beside(args.out, f"step{step}"))
            log(f"checkpoint at step {step}")
    save_encoder(encoder, args.out)
    log(f"wrote {args.out.name} after {step} steps")
