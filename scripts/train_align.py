"""The `align` stage: extend an English encoder's vocabulary by Indonesian word pieces, without any training.

A new piece's row is the mean of the English rows that IBM Model 1 aligns it with over parallel sentences, weighted
by the model's probabilities (Brown et al. 1993, "The Mathematics of Statistical Machine Translation"). Pieces that
neither language uses are dropped. What this stage is not: a translation of phrases, or of pieces inside a word.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, trainers
from tokenizers.models import WordPiece

from scripts.train_pairs import read_lines

EMPTY = 0  # the padding piece stands for IBM Model 1's empty word


def read_texts(paths: Iterable[Path], most: int, seed: int) -> list[str]:
    """Draw at most `most` texts a file from JSON lines (body or passage) or plain lines."""
    texts: list[str] = []
    for path in paths:
        found = []
        for line in read_lines(path):
            row = json.loads(line) if ".jsonl" in path.name else {"body": line}
            found.append(row.get("body") or row.get("passage") or "")
        texts += random.Random(seed).sample(found, min(most, len(found)))
    return texts


def new_pieces(tokenizer: Tokenizer, texts: Iterable[str], size: int) -> list[str]:
    """Learn `size` word pieces on Indonesian text with the tokenizer's own normalizer; return those it lacks."""
    fresh = Tokenizer(WordPiece(unk_token="[UNK]"))
    fresh.normalizer, fresh.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=["[UNK]"], show_progress=False)
    fresh.train_from_iterator(texts, trainer)
    known = tokenizer.get_vocab()
    return sorted(piece for piece in fresh.get_vocab() if piece not in known)


def used_pieces(tokenizer: Tokenizer, texts: Sequence[str], least: int) -> list[str]:
    """Pieces that occur `least` times in the texts, and all special and one-letter pieces, in their old order."""
    counts: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch(texts):
        counts.update(encoding.ids)
    pieces = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])

    def keep(piece: str, row: int) -> bool:
        special = piece.startswith("[") and not piece.startswith("[unused") and piece.endswith("]")
        return special or counts[row] >= least or len(piece.removeprefix("##")) == 1

    return [piece for piece, row in pieces if keep(piece, row)]


def with_vocabulary(tokenizer: Tokenizer, pieces: Sequence[str]) -> Tokenizer:
    """The same tokenizer over other pieces; the special ones keep their names and get their new rows."""
    rows = {piece: row for row, piece in enumerate(pieces)}
    recipe = copy.deepcopy(json.loads(tokenizer.to_str()))
    recipe["model"]["vocab"] = rows
    for token in recipe["added_tokens"]:
        token["id"] = rows[token["content"]]
    for token in (recipe.get("post_processor") or {}).get("special_tokens", {}).values():
        token["ids"] = [rows[name] for name in token["tokens"]]
    return Tokenizer.from_str(json.dumps(recipe))


def cooccurrences(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Every (source piece, target token) of every sentence: its key source × width + target, and the token's number.

    Each source sentence also has the empty word, which takes the target words that nothing else explains.
    """
    keys, slots, token = [], [], 0
    for source, target in zip(sources, targets, strict=True):
        left = np.unique([EMPTY, *source]).astype(np.int64)
        right = np.asarray(target, dtype=np.int64)
        keys.append((left[:, None] * width + right[None, :]).ravel())
        slots.append(np.tile(np.arange(token, token + len(right), dtype=np.int32), len(left)))
        token += len(right)
    return np.concatenate(keys), np.concatenate(slots)


def ibm_model_1(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], width: int, rounds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P(target piece | source piece) by expectation maximisation from a uniform start.

    Returns three arrays of one length, sorted by source: source pieces, target pieces, probabilities.
    """
    keys, slots = cooccurrences(sources, targets, width)
    unique, at = np.unique(keys, return_inverse=True)
    del keys
    at = at.astype(np.int32)
    source = unique // width
    chance = np.ones(len(unique), dtype=np.float32)
    for _ in range(rounds):
        share = chance[at]
        share /= np.bincount(slots, weights=share).astype(np.float32)[slots]
        count = np.bincount(at, weights=share, minlength=len(unique))
        chance = (count / np.bincount(source, weights=count)[source]).astype(np.float32)
    return source, unique % width, chance


def aligned_rows(
    table: torch.Tensor, missing: Sequence[int], lexicon: tuple[np.ndarray, np.ndarray, np.ndarray], least: float
) -> dict[int, torch.Tensor]:
    """For each missing source piece the mean of the teacher rows it aligns with, weighted, below `least` left out."""
    source, target, chance = lexicon
    rows = {}
    for piece in missing:
        low, high = np.searchsorted(source, [piece, piece + 1])
        strong = low + np.flatnonzero(chance[low:high] >= least)
        if len(strong):
            weights = torch.from_numpy(chance[strong])
            rows[piece] = (weights[:, None] * table[target[strong]]).sum(0) / weights.sum()
    return rows


def align(
    teacher: SentenceTransformer,
    pairs: Sequence[tuple[str, str]],
    texts: Sequence[str],
    size: int,
    least: int = 2,
    rounds: int = 6,
) -> tuple[int, int]:
    """Give the encoder its bilingual vocabulary in place; return how many pieces are new, and how many aligned."""
    old: Tokenizer = teacher.tokenizer.backend_tokenizer
    old.no_truncation()
    old.no_padding()
    english, indonesian = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    kept = used_pieces(old, [*english, *indonesian, *texts], least)
    pieces = kept + new_pieces(old, [*indonesian, *texts], size)
    new = with_vocabulary(old, pieces)
    table = teacher[0].auto_model.embeddings.word_embeddings.weight.detach()

    def rows_of(tokenizer: Tokenizer, sentences: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in tokenizer.encode_batch(sentences, add_special_tokens=False)]

    lexicon = ibm_model_1(rows_of(new, indonesian), rows_of(old, english), len(table), rounds)
    found = aligned_rows(table, range(len(kept), len(pieces)), lexicon, least=0.05)
    fresh = torch.empty(len(pieces), table.shape[1])
    known = old.get_vocab()
    for row, piece in enumerate(pieces):
        if row in found:
            fresh[row] = found[row]
        elif row < len(kept):
            fresh[row] = table[known[piece]]
        else:  # no evidence: the mean of the teacher's own pieces for the same letters
            parts = old.encode(piece.removeprefix("##"), add_special_tokens=False).ids
            fresh[row] = table[parts].mean(0)
    model = teacher[0].auto_model
    model.resize_token_embeddings(len(pieces), mean_resizing=False)
    model.embeddings.word_embeddings.weight.data.copy_(fresh)
    teacher.tokenizer._tokenizer = new  # the fast tokenizer's public surface cannot replace its vocabulary
    return len(pieces) - len(kept), len(found)
