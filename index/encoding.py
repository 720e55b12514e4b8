"""What the index keeps of a passage's text: its digest, its vector and those of its sentences."""

import hashlib
from collections.abc import Sequence

from index.encoder import Encoder
from index.quantise import quantised
from index.rows import Encoded
from index.sentence import sentences
from index.text import clean

BLOCK = 512  # passages that are encoded in one go
MAX_SENTENCES = 32  # of a passage that get a vector of their own; more are only found in lists and tables


def passage_digest(text: str) -> bytes:
    """Names the text of a passage as it is encoded: passages of equal digest share their vector."""
    return hashlib.blake2b(clean(text).encode(), digest_size=16).digest()


def encode(encoder: Encoder, texts: Sequence[str]) -> list[Encoded]:
    """Passages as the index keeps them, of their texts as they stand in the articles."""
    if not texts:
        return []
    cleaned = [clean(text) for text in texts]
    whole, parts = encoder.encode_with_sentences(cleaned, [sentences(text)[:MAX_SENTENCES] for text in cleaned])
    return [Encoded(vector, quantised(part, vector)) for vector, part in zip(whole, parts, strict=True)]
