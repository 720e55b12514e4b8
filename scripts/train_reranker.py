"""Train a small cross-encoder from an encoder's own layers, to see whether reranking by it is worth its wait.

    python -m scripts.train_reranker --init ENCODER --out FOLDER --questions FILE [--minutes 25]

The questions are JSON lines (question, passage, set), plain or .xz. Each question's own passage stands against
the passages that BM25 puts first and that are not its own; the loss is the cross-entropy of the right one among them
(as in Gao, Dai and Callan 2021, "Rethink Training of BERT Rerankers"). docs/encoders.md has what came of it; measure
with `telusur eval --rerank FOLDER`.
"""

import argparse
import itertools
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from index.lexicon import Entry, Lexicon
from scripts.train_pairs import Length, cut, read_lines

PIECES = 144  # word pieces of question and passage together that are read in training
Pairs = list[tuple[str, str]]


def read_questions(path: Path, sets: list[str], length: Length, seed: int) -> Pairs:
    """Questions and the part of their passage that answers, shuffled; of the named sets only (all when none is)."""
    rows = [row for row in map(json.loads, read_lines(path)) if not sets or row["set"] in sets]
    random.Random(seed).shuffle(rows)
    return [(row["question"], cut(row["passage"], row["question"], row["answer"], PIECES - 40, length)) for row in rows]


def near_misses(pairs: Pairs, wanted: int) -> Iterator[tuple[str, list[str]]]:
    """Each question with its passage first and then `wanted` others that have its words."""
    texts = list(dict.fromkeys(passage for _, passage in pairs))
    with tempfile.TemporaryDirectory() as place:
        lexicon = Lexicon(Path(place), create=True)
        with lexicon.writer() as writer:
            for number, text in enumerate(texts):
                writer.add(Entry(number, number, text, None, "id"))
        for question, passage in pairs:
            found = [texts[number] for number, _ in lexicon.search(question, wanted + 1)]
            others = [text for text in found if text != passage][:wanted]
            if len(others) == wanted:
                yield question, [passage, *others]


def main() -> None:
    """Train for so many minutes, then write a folder that `--rerank` opens."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", default=[])
    parser.add_argument("--minutes", type=float, default=25.0, help="of processor time")
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--batch", type=int, default=8, help="questions a step")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)

    from transformers import AutoTokenizer, BertForSequenceClassification

    tokenizer: Any = AutoTokenizer.from_pretrained(options.init)
    model = BertForSequenceClassification.from_pretrained(
        options.init, num_labels=1, dtype=torch.float32, attn_implementation="sdpa", hidden_dropout_prob=0.0
    )
    model.bert.embeddings.requires_grad_(False)  # most of its numbers, and what it knows of words is to stay
    model.train()
    trained = [weights for weights in model.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=options.rate, weight_decay=0.01)
    pairs = read_questions(
        options.questions, options.sets, lambda text: len(tokenizer(text, verbose=False)["input_ids"]), options.seed
    )
    groups = near_misses(pairs, options.candidates - 1)
    begun, spent, step, seen, right = time.process_time(), 0.0, 0, 0, 0
    target = torch.zeros(options.batch, dtype=torch.long)
    while spent < 1.0:
        batch = list(itertools.islice(groups, options.batch))
        if len(batch) < options.batch:
            break
        read = [(question, passage) for question, passages in batch for passage in passages]
        pieces = tokenizer(read, truncation="only_second", max_length=PIECES, padding=True, return_tensors="pt")
        scores = model(**pieces).logits.view(options.batch, options.candidates)
        loss = torch.nn.functional.cross_entropy(scores, target)
        spent = (time.process_time() - begun) / 60 / options.minutes
        for group in optimiser.param_groups:  # up over the first twentieth of the time, then down to nothing
            group["lr"] = options.rate * max(0.0, min(20 * spent, (1 - spent) / 0.95))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        step, seen = step + 1, seen + options.batch
        right += int((scores.argmax(1) == 0).sum())
        if step % 25 == 0:
            share = right / 25 / options.batch
            print(
                f"{spent * options.minutes:5.1f} min  {seen} questions  loss {loss:.3f}  right {share:.2f}", flush=True
            )
            right = 0
    model.eval().save_pretrained(options.out)
    tokenizer.model_max_length = 512
    tokenizer.save_pretrained(options.out)
    print(f"{seen} questions with {options.candidates} passages each: {options.out}")


if __name__ == "__main__":
    main()
