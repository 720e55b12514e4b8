"""What all software of `scripts.bench` is handed: passages, their vectors, questions and a sample."""

import json
import lzma
import random
import shutil
from pathlib import Path

import numpy as np

from index.catalogue import Catalogue
from index.passage import split
from index.vectors import Vectors

QUESTIONS = (
    "Siapa presiden pertama Indonesia?", "Kapan gempa bumi besar terjadi di Aceh?", "Where is the largest volcano?",
    "Berapa jumlah penduduk kota Surabaya?", "Apa penyebab banjir di ibu kota?", "Who won the football championship?",
    "Bagaimana harga beras naik?", "Apa itu fotosintesis?", "Which river is the longest on Borneo?",
    "Kapan kereta api pertama dibangun?", "Siapa menulis novel itu?", "What language is spoken on Bali?",
)  # fmt: skip


def share(index: Path, work: Path, articles: Path | None, sample: int) -> int:
    """Copy INDEX, and write out its passages, their vectors, questions and a sample of passages of real length."""
    shutil.copytree(index, work / "telusur")
    catalogue = Catalogue(work / "telusur")
    numbers = catalogue.passage_numbers()
    found = catalogue.hits(numbers)
    vectors = Vectors(
        work / "telusur" / "segments", catalogue.segments(), 384, np.array(catalogue.removed("segment"), np.int64)
    )
    texts = {found[number].text: number for number in numbers}  # each text once: txtai is handed vectors by text
    kept = vectors.lookup(list(texts.values()))
    np.save(work / "vectors.npy", np.stack([kept[number].vector for number in texts.values()]).astype(np.float32))
    catalogue.close()
    some = list(texts)
    if articles:
        read = lzma.open if articles.suffix == ".xz" else open
        with read(articles, "rt", encoding="utf-8") as lines:
            bodies = [json.loads(line)["body"] for line, _ in zip(lines, range(8 * sample), strict=False)]
        some = [passage.text for body in bodies for passage in split(body)]
    random.Random(1).shuffle(some)
    for name, value in (("passages", list(texts)), ("sample", some[:sample]), ("questions", QUESTIONS)):
        (work / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    (work / "passages.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return len(texts)
