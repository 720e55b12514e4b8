"""What Milvus holds, takes and answers, for docs/scale.md: `python -m scripts.bench_milvus URI [PASSAGES]`.

The token is taken from TELUSUR_MILVUS_TOKEN. Vectors are random with clusters, sentences of usual number and size.
"""

import sys
import time

import numpy as np

from index.milvus.collection import Collection
from index.milvus.server import server
from index.milvus.vectors import MilvusVectors
from index.quantise import quantised
from index.rows import Encoded

DIMENSION, SENTENCES, QUESTIONS = 384, 6, 50


def main() -> None:
    """Print one line a kind of index."""
    uri, size = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5_000
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(100, DIMENSION))[draw.integers(100, size=size)]
    vectors = (vectors + 1.5 * draw.normal(size=vectors.shape)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    sentences = quantised(vectors[:SENTENCES], vectors[0])
    rows = [Encoded(vector, sentences) for vector in vectors]
    halves = vectors.astype(np.float16).astype(np.float32)
    queries = vectors[:QUESTIONS] + 0.02 * draw.normal(size=(QUESTIONS, DIMENSION)).astype(np.float32)
    for kind in ("flat", "hnsw", "ivf"):
        collection = Collection(server(uri), f"telusur_bench_{kind}", DIMENSION, kind)
        collection.create()
        begun = time.perf_counter()
        collection.upsert([*range(1, size + 1)], rows)
        written = time.perf_counter() - begun
        begun = time.perf_counter()
        collection.settle(size)
        built = time.perf_counter() - begun
        served = MilvusVectors(collection, size + 1, np.empty(0, np.int64), size, 0)
        took, met = [], [0, 0]
        for query in queries:
            begun = time.perf_counter()
            found = [number for number, _ in served.search(query, 100)]
            took.append(1_000 * (time.perf_counter() - begun))
            best = (np.argsort(-(halves @ query))[:100] + 1).tolist()
            met = [met[0] + len({*found[:10]} & {*best[:10]}), met[1] + len({*found} & {*best})]
        begun = time.perf_counter()
        served.lookup([*range(1, 201)])
        looked = 1_000 * (time.perf_counter() - begun)
        print(
            f"{kind}: {size / written:,.0f} rows written/s, built in {built:.1f} s, "
            f"recall@10 {met[0] / QUESTIONS / 10:.4f}, @100 {met[1] / QUESTIONS / 100:.4f}, "
            f"search p50 {np.median(took):.1f} ms (least {min(took):.1f}), "
            f"200 passages looked up in {looked:.0f} ms"
        )
        collection.drop()


if __name__ == "__main__":
    main()
