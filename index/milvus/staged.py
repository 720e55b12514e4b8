"""Vectors that shards have encoded and no index holds yet, by the digest of their text.

Text and encoder say all about a vector, so machines need not know of each other: whoever encodes a text puts its
vector under the same key, twice does no harm, and the one who writes the index takes what is there.
"""

from index.milvus.collection import Collection
from index.milvus.server import Server

STAGED = 2  # how texts are cut into sentences and these packed; raise it when that changes


def staged(server: Server, fingerprint: str, dimension: int) -> Collection:
    """The collection of what is staged for an encoder."""
    safe = "".join(letter if letter.isalnum() else "_" for letter in fingerprint)
    return Collection(server, f"telusur_staged_{STAGED}_{safe}", dimension, keys=str)
