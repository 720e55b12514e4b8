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
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from scripts.train_align import align, read_texts
from scripts.train_loop import Embedder, Log, Loss, beside, load_encoder, pair_loss, question_loss, save_encoder, train
from scripts.train_pairs import by_length, neighbourhoods, read_groups, read_parallel

Option = Callable[..., Any]  # adds one option to a stage


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
    embed = Embedder(encoder, slice_size=64, bf16=args.bf16)
    sizes = [len(english) + len(indonesian) for english, indonesian in pairs]
    batches = [rows for epoch in range(args.epochs) for rows in by_length(sizes, args.batch, args.seed + epoch)]

    def losses(step: int) -> Iterator[Loss]:
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
    embed = Embedder(encoder, bf16=args.bf16)
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

    def losses(step: int) -> Iterator[Loss]:
        chosen = [groups[row] for row in batches[step]]
        questions = embed([question for group in chosen for question in group.questions])
        cosines = embed.similarities(questions, [group.passage for group in chosen], limit, args.sentence_share)
        yield "questions", *question_loss(cosines, chosen, args.temperature)
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


def add_stage(
    stages: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: Callable[[argparse.Namespace], None]
) -> Option:
    """Add a stage; its returned function adds one option."""
    stage = stages.add_parser(name, description=run.__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    stage.set_defaults(run=run)
    stage.add_argument("--out", type=Path, required=True, help="folder to write")
    stage.add_argument("--threads", type=int, default=2, help="threads of torch")
    return stage.add_argument


def add_parallel(option: Option, required: bool) -> None:
    """Add the options of a parallel file, the start and the seed."""
    option("--init", type=Path, required=True, help="encoder folder to start from")
    option("--parallel", type=Path, required=required, help="TSV: english, indonesian, set, coverage")
    option("--without", nargs="*", default=[], metavar="SET", help="parallel sets to leave out")
    option("--coverage", type=float, default=0.75, help="least lexical coverage of a sentence pair")
    option("--seed", type=int, default=13, help="seed of every draw")


def add_loop(option: Option, batch: int, rate: float) -> None:
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
    option("--sentence-share", type=float, default=0.7, help="weight of a passage's best sentence beside the whole")
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
