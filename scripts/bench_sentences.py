"""How well an encoder knows single sentences: translations found, and similarity as people judge it.

    python -m scripts.bench_sentences BITEXT.tsv SIMILARITY.jsonl [--encoder NAME]

BITEXT: English and Indonesian, tab-separated; of each sentence the nearest of all on the other side, accuracy both
ways. SIMILARITY: JSON lines with the Indonesian sentences `id1` and `id2` and a `score`; Spearman's rank correlation
with the cosines.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from index.encoder import Encoder, open_encoder


def bitext(encoder: Encoder, path: Path) -> tuple[float, float]:
    """Accuracy from Indonesian to English and from English to Indonesian."""
    pairs = [line.split("\t")[:2] for line in path.read_text(encoding="utf-8").splitlines()]
    english, indonesian = (encoder.encode_passages([pair[side] for pair in pairs]) for side in (0, 1))
    cosines, own = indonesian @ english.T, np.arange(len(pairs))
    return float((cosines.argmax(axis=1) == own).mean()), float((cosines.argmax(axis=0) == own).mean())


def similarity(encoder: Encoder, path: Path) -> float:
    """Spearman's correlation of cosine and judgement."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    first, second = (encoder.encode_passages([row[side] for row in rows]) for side in ("id1", "id2"))
    return float(spearmanr((first * second).sum(axis=1), [row["score"] for row in rows]).statistic)


def main() -> None:
    """Print one line a measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bitext", type=Path)
    parser.add_argument("similarity", type=Path)
    parser.add_argument("--encoder", default="bundled")
    args = parser.parse_args()
    encoder = open_encoder(args.encoder)
    there, back = bitext(encoder, args.bitext)
    print(f"translations, accuracy: id→en {there:.4f}, en→id {back:.4f}")
    print(f"similarity, Spearman: {similarity(encoder, args.similarity):.4f}")


if __name__ == "__main__":
    main()
