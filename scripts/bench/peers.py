"""The same few tasks done by other software, each as its own documentation does them; run by `scripts.bench`.

    PEERS/bin/python scripts/bench/peers.py TOOL index|build|ask|warm|update|encode FOLDER MODEL

Nothing of Telusur is imported. FOLDER holds `passages.json` (texts) and `vectors.npy` (their vectors, by the same
encoder, which `build` takes and `index` does not), and gets a folder for each tool. Whatever is measured inside the
process is printed as one line of JSON.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

K = 10
NEW = ("Bupati meresmikan jembatan baru di atas sungai itu.", "Jembatan itu menghubungkan dua kecamatan.")


def encoder(model: str) -> Any:
    """The encoder in float32: as it is stored, in float16, a CPU is far slower with it."""
    import torch
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(model, device="cpu", model_kwargs={"dtype": torch.float32})


class Faiss:
    """sentence-transformers and a flat FAISS index, texts in a JSON file: the script that everyone writes first."""

    def __init__(self, folder: Path, model: str) -> None:
        self.folder, self.model = folder / "faiss", model

    def build(self, texts: list[str], vectors: np.ndarray) -> None:
        """Keep texts and vectors."""
        import faiss

        self.folder.mkdir()
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        self._write(index, texts)

    def _write(self, index: Any, texts: list[str]) -> None:
        import faiss

        faiss.write_index(index, str(self.folder / "index.faiss"))
        (self.folder / "texts.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")

    def open(self) -> None:
        """Load encoder, index and texts."""
        self.encoder = encoder(self.model)
        import faiss

        self.index = faiss.read_index(str(self.folder / "index.faiss"))
        self.texts = json.loads((self.folder / "texts.json").read_text(encoding="utf-8"))

    def ask(self, question: str) -> list[str]:
        """The K nearest texts."""
        _, found = self.index.search(self.encoder.encode([question], normalize_embeddings=True), K)
        return [self.texts[place] for place in found[0]]

    def update(self, texts: list[str]) -> None:
        """Put two new texts in the place of the last two."""
        self.open()
        import faiss

        kept = len(self.texts) - len(texts)
        self.index.remove_ids(faiss.IDSelectorRange(kept, len(self.texts)))
        self.index.add(self.encoder.encode(texts, normalize_embeddings=True))
        self._write(self.index, self.texts[:kept] + texts)


class Txtai:
    """txtai, with contents kept, over the same encoder."""

    def __init__(self, folder: Path, model: str) -> None:
        self.folder, self.model = folder / "txtai", model

    def build(self, texts: list[str], vectors: np.ndarray | None) -> None:
        """Index; the encoder's work is taken from `vectors` where they are given, everything else is txtai's."""
        from txtai import Embeddings

        # As it is stored, in float16, encoding takes five times as long.
        single = {"model_kwargs": {"dtype": "float32"}}
        self.embeddings = Embeddings(
            path=self.model, method="sentence-transformers", content=True, gpu=False, vectors=single
        )
        if vectors is not None:
            rows = dict(zip(texts, vectors, strict=True))
            self.embeddings.model.encode = lambda data, category=None: np.stack([rows[text] for text in data])
        self.embeddings.index((str(place), text, None) for place, text in enumerate(texts))
        self.embeddings.save(str(self.folder))

    def open(self) -> None:
        """Load the index, and with it the encoder."""
        from txtai import Embeddings

        self.embeddings = Embeddings()
        self.embeddings.load(str(self.folder))

    def ask(self, question: str) -> list[str]:
        """The K nearest texts."""
        return [hit["text"] for hit in self.embeddings.search(question, K)]

    def update(self, texts: list[str]) -> None:
        """Put two new texts in the place of the last two."""
        self.open()
        count = self.embeddings.count()
        self.embeddings.upsert((str(count - 1 - place), text, None) for place, text in enumerate(texts))
        self.embeddings.save(str(self.folder))


class Chroma:
    """Chroma, persistent, over the same encoder."""

    def __init__(self, folder: Path, model: str) -> None:
        self.folder, self.model = folder / "chroma", model

    def _collection(self) -> Any:
        import chromadb

        client = chromadb.PersistentClient(str(self.folder), chromadb.Settings(anonymized_telemetry=False))
        return client.get_or_create_collection("berita", metadata={"hnsw:space": "ip"}, embedding_function=None)

    def build(self, texts: list[str], vectors: np.ndarray) -> None:
        """Keep texts and vectors."""
        collection = self._collection()
        for start in range(0, len(texts), 2000):
            some = slice(start, start + 2000)
            ids = [str(place) for place in range(len(texts))[some]]
            collection.add(ids=ids, embeddings=vectors[some], documents=texts[some])

    def open(self) -> None:
        """Load encoder and collection."""
        self.encoder, self.collection = encoder(self.model), self._collection()

    def ask(self, question: str) -> list[str]:
        """The K nearest texts."""
        vectors = self.encoder.encode([question], normalize_embeddings=True)
        return list(self.collection.query(query_embeddings=vectors, n_results=K)["documents"][0])

    def update(self, texts: list[str]) -> None:
        """Put two new texts in the place of the last two."""
        self.open()
        count = self.collection.count()
        ids = [str(count - 1 - place) for place in range(len(texts))]
        vectors = self.encoder.encode(texts, normalize_embeddings=True)
        self.collection.update(ids=ids, embeddings=vectors, documents=texts)


class Lance:
    """LanceDB, a flat table, over the same encoder."""

    def __init__(self, folder: Path, model: str) -> None:
        self.folder, self.model = folder / "lancedb", model

    def build(self, texts: list[str], vectors: np.ndarray) -> None:
        """Keep texts and vectors."""
        import lancedb

        rows = [{"id": place, "text": text, "vector": vectors[place]} for place, text in enumerate(texts)]
        lancedb.connect(str(self.folder)).create_table("berita", rows)

    def open(self) -> None:
        """Load encoder and table."""
        self.encoder = encoder(self.model)
        import lancedb

        self.table = lancedb.connect(str(self.folder)).open_table("berita")

    def ask(self, question: str) -> list[str]:
        """The K nearest texts."""
        vector = self.encoder.encode([question], normalize_embeddings=True)[0]
        return [row["text"] for row in self.table.search(vector).distance_type("dot").limit(K).to_list()]

    def update(self, texts: list[str]) -> None:
        """Put two new texts in the place of the last two."""
        self.open()
        last = self.table.count_rows() - len(texts)
        self.table.delete(f"id >= {last}")
        vectors = self.encoder.encode(texts, normalize_embeddings=True)
        self.table.add([{"id": last + n, "text": text, "vector": vectors[n]} for n, text in enumerate(texts)])


TOOLS = {"faiss": Faiss, "txtai": Txtai, "chroma": Chroma, "lancedb": Lance}


def main() -> None:
    """Do one task with one tool."""
    name, task, folder, model = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]
    tool = TOOLS[name](folder, model)
    if task in ("index", "build"):
        texts = json.loads((folder / "passages.json").read_text(encoding="utf-8"))
        vectors = np.load(folder / "vectors.npy") if task == "build" else None
        if task == "index":
            tool.folder = folder / f"{name}-whole"
            if name != "txtai":
                vectors = encoder(model).encode(texts, normalize_embeddings=True)
        tool.build(texts, vectors)
    elif task == "ask":
        tool.open()
        print(*tool.ask(sys.argv[5]), sep="\n")
    elif task == "warm":
        questions = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
        tool.open()
        tool.ask(questions[0])
        print(json.dumps([_seconds(tool.ask, question) for question in questions]))
    elif task == "update":
        tool.update(list(NEW))
    else:
        texts = json.loads((folder / "sample.json").read_text(encoding="utf-8"))
        model_ = encoder(model)
        model_.encode(texts[:4])
        before = time.process_time()
        clock = _seconds(model_.encode, texts)
        print(json.dumps([clock, time.process_time() - before]))


def _seconds(work: Any, *arguments: Any) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
