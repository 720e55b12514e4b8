"""Train the bundled encoder, one stage a command: python -m scripts.train_encoder STAGE --help

  align        extend an English encoder by Indonesian word pieces, rows from IBM Model 1 (no training)
  distill      teach both languages the English vectors of a teacher, over parallel sentences
  contrast     question -> passage pairs with near misses in the batch, and a share of parallel sentences
  interpolate  a weighted mean of two encoders with one vocabulary

Every stage reads an ordinary sentence-transformers folder and writes one (fp16, mean pooling, unit vectors, 256 word
pieces). Data files are arguments, plain or .xz: question files are JSON lines (question, passage, answer, set),
parallel files are tab-separated (english, indonesian, set, coverage). Everything is drawn from one seed. Beside the
folder lie its log (OUT.log) and, while it trains, a checkpoint for --resume (OUT.checkpoint.pt).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch.nn import functional

from scripts.train_align import align, read_texts
from scripts.train_pairs import Group, by_length, neighbourhoods, read_groups, read_parallel

MAX_LENGTH = 256  # word pieces of the finished encoder
SENTENCE_LIMIT = 64  # word pieces of a question or a parallel sentence in training

Step = Callable[[int], Iterator[tuple[str, torch.Tensor, float]]]


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
    encoder.tokenizer.backend_tokenizer.enable_truncation(MAX_LENGTH)
    encoder.half().save(str(fresh), create_model_card=False)
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

    def __init__(self, encoder: SentenceTransformer, slice_size: int = 16) -> None:
        self.model = encoder[0].auto_model
        self.tokenizer = encoder.tokenizer
        self.slice_size = slice_size
        self.tokens = 0

    def length(self, text: str) -> int:
        """How many word pieces a text has, without the two marks around it."""
        return len(self.tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"])

    def __call__(self, texts: Sequence[str], limit: int = SENTENCE_LIMIT) -> torch.Tensor:
        """One unit vector a text, in the order given; what is over `limit` word pieces is not read."""
        pieces = self.tokenizer(list(texts), truncation=True, max_length=limit, padding=False)["input_ids"]
        order = sorted(range(len(texts)), key=lambda i: len(pieces[i]))
        vectors = []
        for start in range(0, len(order), self.slice_size):
            rows = [torch.tensor(pieces[i]) for i in order[start : start + self.slice_size]]
            ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
            mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
            self.tokens += ids.numel()
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).to(hidden.dtype)
            vectors.append((hidden * weights).sum(1) / weights.sum(1))
        return functional.normalize(torch.cat(vectors)[torch.tensor(order).argsort()].float(), dim=-1)


# ── losses ───────────────────────────────────────────────────────────────────────────────────────────────────────


def question_loss(
    questions: torch.Tensor, passages: torch.Tensor, groups: Sequence[Group], temperature: float
) -> tuple[torch.Tensor, float]:
    """Each question against every passage of the batch; also the share of questions whose passage comes first.

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
    scores = (questions @ passages.T / temperature).masked_fill(excused, -1e4)
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


def train(args: argparse.Namespace, encoder: SentenceTransformer, embed: Embedder, steps: int, losses: Step) -> None:
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
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
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


# ── stages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def run_align(args: argparse.Namespace) -> None:
    """Stage `align`."""
    encoder = load_encoder(args.init, args.seed)
    pairs = read_parallel(args.parallel, args.coverage, set(args.without), args.seed)
    texts = read_texts(args.text, args.texts, args.seed)
    added, aligned = align(encoder, pairs, texts, args.pieces)
    save_encoder(encoder, args.out)
    Log(args.out)(f"{len(pairs)} pairs, {len(texts)} texts: {added} new pieces, {aligned} of them aligned")


def run_distill(args: argparse.Namespace) -> None:
    """Stage `distill`: both sides of a pair towards the teacher's vector of the English side."""
    teacher = Embedder(load_encoder(args.teacher), slice_size=64)
    pairs = read_parallel(args.parallel, args.coverage, set(args.without), args.seed)
    cache = beside(args.out, "teacher.npy")
    if not (args.resume and cache.is_file()):
        with torch.inference_mode():
            np.save(cache, teacher([english for english, _ in pairs]).numpy())
    wanted = torch.from_numpy(np.load(cache))
    encoder = load_encoder(args.init, args.seed)
    embed = Embedder(encoder, slice_size=64)
    sizes = [len(english) + len(indonesian) for english, indonesian in pairs]
    batches = [rows for epoch in range(args.epochs) for rows in by_length(sizes, args.batch, args.seed + epoch)]

    def losses(step: int) -> Iterator[tuple[str, torch.Tensor, float]]:
        rows = batches[step]
        for side, name in ((0, "english"), (1, "indonesian")):
            vectors = embed([pairs[row][side] for row in rows])
            contrast, right = pair_loss(vectors, wanted[rows], args.temperature)
            near = 1 - (vectors * wanted[rows]).sum(1).mean()
            yield name, near * args.cosine_weight + contrast, right

    train(args, encoder, embed, min(len(batches), args.steps or len(batches)), losses)


def run_contrast(args: argparse.Namespace) -> None:
    """Stage `contrast`."""
    encoder = load_encoder(args.init, args.seed)
    embed = Embedder(encoder)
    limit = args.passage_pieces
    groups = read_groups(args.questions, dict(args.cap), limit - 2, args.questions_each, embed.length, args.seed)
    pairs = read_parallel(args.parallel, args.coverage, set(args.without), args.seed) if args.parallel else []
    with torch.inference_mode():  # near questions have near misses for passages, and are cheap to embed
        vectors = embed([group.questions[0] for group in groups]).numpy()
    batches: list[list[int]] = []
    for epoch in range(args.epochs):
        batches += neighbourhoods(vectors, args.neighbours, args.batch, args.seed + epoch)
    asked = sum(len(group.questions) for group in groups)
    Log(args.out)(f"{len(groups)} passages, {asked} questions, {len(pairs)} sentence pairs")

    def losses(step: int) -> Iterator[tuple[str, torch.Tensor, float]]:
        chosen = [groups[row] for row in batches[step]]
        questions = embed([question for group in chosen for question in group.questions])
        passages = embed([group.passage for group in chosen], limit)
        yield "questions", *question_loss(questions, passages, chosen, args.temperature)
        if pairs and step % args.parallel_every == 0:
            at = step // args.parallel_every * args.parallel_batch % max(1, len(pairs) - args.parallel_batch + 1)
            english, indonesian = zip(*pairs[at : at + args.parallel_batch], strict=True)
            yield "parallel", *pair_loss(embed(english), embed(indonesian), args.temperature)

    train(args, encoder, embed, min(len(batches), args.steps or len(batches)), losses)


def run_interpolate(args: argparse.Namespace) -> None:
    """Stage `interpolate`: start + share × (end − start), weight by weight."""
    start, end = load_encoder(args.start), load_encoder(args.end)
    first, second = start.state_dict(), end.state_dict()
    if any(first[name].shape != second[name].shape for name in first):
        raise SystemExit(f"train_encoder: {args.start} and {args.end} do not have the same shape")
    start.load_state_dict({name: torch.lerp(first[name], second[name], args.share) for name in first})
    save_encoder(start, args.out)


# ── the command line ─────────────────────────────────────────────────────────────────────────────────────────────


def set_and_number(text: str) -> tuple[str, int]:
    """Parse SET=N."""
    name, _, number = text.rpartition("=")
    return name, int(number)


def add_stage(stages: argparse._SubParsersAction, name: str, run: Callable[[argparse.Namespace], None]) -> Callable:
    """Add a stage; its returned function adds one option."""
    stage = stages.add_parser(name, description=run.__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    stage.set_defaults(run=run)
    stage.add_argument("--out", type=Path, required=True, help="folder to write")
    stage.add_argument("--threads", type=int, default=2, help="threads of torch")
    return stage.add_argument


def add_parallel(option: Callable, required: bool) -> None:
    """Add the options of a parallel file, the start and the seed."""
    option("--init", type=Path, required=True, help="encoder folder to start from")
    option("--parallel", type=Path, required=required, help="TSV: english, indonesian, set, coverage")
    option("--without", nargs="*", default=[], metavar="SET", help="parallel sets to leave out")
    option("--coverage", type=float, default=0.75, help="least lexical coverage of a sentence pair")
    option("--seed", type=int, default=13, help="seed of every draw")


def add_loop(option: Callable, batch: int, rate: float) -> None:
    """Add the options of the training loop."""
    option("--batch", type=int, default=batch, help="pairs or passages a step")
    option("--epochs", type=int, default=1, help="passes over the data")
    option("--steps", type=int, help="stop after so many steps")
    option("--minutes", type=float, help="end the schedule after so many minutes if that is sooner (less repeatable)")
    option("--rate", type=float, default=rate, help="highest learning rate; falls linearly to zero")
    option("--warmup", type=int, default=20, help="steps of warm-up")
    option("--temperature", type=float, default=0.05, help="softmax temperature")
    option("--freeze", nargs="*", default=[], metavar="PREFIX", help="parameters that do not train, e.g. embeddings")
    option("--bf16", action="store_true", help="bfloat16 autocast, where the processor has it")
    option("--checkpoint-minutes", type=float, default=10, help="minutes between checkpoints")
    option("--log-every", type=int, default=10, help="steps between log lines")
    option("--resume", action="store_true", help="go on from the last checkpoint")


def parser() -> argparse.ArgumentParser:
    """The command line of all stages."""
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    stages = top.add_subparsers(required=True, metavar="STAGE", help="align, distill, contrast or interpolate")

    option = add_stage(stages, "align", run_align)
    add_parallel(option, required=True)
    option("--text", type=Path, nargs="*", default=[], help="Indonesian text: JSON lines (body, passage) or plain")
    option("--texts", type=int, default=30_000, help="texts drawn from each such file")
    option("--pieces", type=int, default=28_000, help="word pieces learnt on Indonesian; those not known are added")

    option = add_stage(stages, "distill", run_distill)
    add_parallel(option, required=True)
    add_loop(option, batch=128, rate=3e-4)
    option("--teacher", type=Path, required=True, help="English encoder folder")
    option("--cosine-weight", type=float, default=10.0, help="weight of 1 - cosine beside the contrast in the batch")

    option = add_stage(stages, "contrast", run_contrast)
    add_parallel(option, required=False)
    add_loop(option, batch=48, rate=5e-5)
    option(
        "--questions", type=Path, nargs="+", required=True, help="questions; articles (title, body) may be among them"
    )
    option("--cap", type=set_and_number, nargs="*", default=[], metavar="SET=N", help="most passages of a set")
    option("--passage-pieces", type=int, default=112, help="word pieces of a passage")
    option("--questions-each", type=int, default=3, help="most questions a passage")
    option("--neighbours", type=int, default=24, help="passages of one neighbourhood in a batch")
    option("--parallel-every", type=int, default=4, help="steps from one batch of parallel sentences to the next")
    option("--parallel-batch", type=int, default=64, help="sentence pairs in such a batch")

    option = add_stage(stages, "interpolate", run_interpolate)
    option("--start", type=Path, required=True, help="encoder folder at share 0")
    option("--end", type=Path, required=True, help="encoder folder at share 1")
    option("--share", type=float, default=0.5, help="how far from start to end")
    return top


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one stage, once all its data files are known to be there."""
    args = parser().parse_args(arguments)
    data = [getattr(args, name, None) for name in ("parallel", "questions", "text")]
    for path in (path for entry in data if entry for path in (entry if isinstance(entry, list) else [entry])):
        if not path.is_file():
            raise SystemExit(f"train_encoder: no such file: {path}")
    torch.set_num_threads(args.threads)
    args.run(args)


if __name__ == "__main__":
    main(sys.argv[1:])
