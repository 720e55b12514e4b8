"""What every store of vectors must do: segments here, Milvus Lite, and a real Milvus server where one can be had."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import Archive, nearly, paragraph
from milvus_server import TOKEN, GivenServer, MilvusServer

import index.build
import index.calibration
from index.catalogue import Catalogue, Filter
from index.encoder import open_encoder
from index.errors import UsageError
from index.milvus.collection import Collection, index_kind
from index.milvus.named import name_server
from index.milvus.server import server
from index.milvus.vectors import MilvusVectors
from index.quantise import quantised
from index.rows import Encoded, Rows
from index.segment import write_segment
from index.stores import Store, open_vectors
from index.vectors import Vectors, VectorStore
from index.verify import verify
from search.engine import Searcher

pytestmark = pytest.mark.filterwarnings("default")  # the client's own warnings are none of ours


@pytest.fixture(params=["local", "lite", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Each store in turn."""
    if request.param == "local":
        return Store("local")
    if request.param == "lite":
        pytest.importorskip("milvus_lite")
        return Store("milvus", str(tmp_path / "vectors.db"))
    monkeypatch.setenv("TELUSUR_MILVUS_TOKEN", TOKEN)
    return Store("milvus", request.getfixturevalue("milvus").uri)


@pytest.fixture
def two(tmp_path: Path, tiny_encoder: Path) -> tuple[Archive, Archive]:
    """Two empty archives: one for the store under test, one for segments."""
    return Archive(tmp_path / "one" / "berita", tiny_encoder), Archive(tmp_path / "other" / "berita", tiny_encoder)


def fill(archive: Archive, articles: range) -> None:
    """Articles of two passages each, one its own and one that all have."""
    for n in articles:
        archive.write(f"{n:02d}.txt", paragraph(n), paragraph(n, 2), paragraph("same"), paragraph("same", 2))


def ranked(archive: Archive, restriction: Filter | None = None) -> list[list[tuple[str, float]]]:
    """What is found for some questions, whatever the passages' numbers."""
    with Searcher.open(archive.root) as searcher:
        answers = [
            searcher.search(question, 20, restriction=restriction, all_passages=True, mode=mode)
            for question in (paragraph(3)[:60], paragraph("nobody")[:40])
            for mode in ("semantic", "hybrid")
        ]
    assert all(answer.hits for answer in answers)
    return [[(f"{Path(hit.path).name}#{hit.char_start}", hit.score) for hit in a.hits] for a in answers]


def test_the_same_commands_give_the_same_answers(store: Store, two: tuple[Archive, Archive]) -> None:
    """Whatever happened to the articles: searched exactly, both stores rank the same passages with the same scores."""
    one, other = two
    for archive in two:
        fill(archive, range(12))
    assert one.counts(store=store) == other.counts() == {"added": 12, "encoded": 13}
    assert ranked(one) == nearly(ranked(other))
    for archive in two:
        archive.write("03.txt", paragraph(3), paragraph(3, 2), paragraph("new"), paragraph("new", 2))
        archive.write("20.txt", paragraph("young"))
        (archive.folder / "05.txt").unlink()
        archive.settle((archive.folder / "06.txt").rename(archive.folder / "60.txt"))
    assert (
        one.counts()
        == other.counts()
        == {"added": 1, "changed": 1, "renamed": 1, "removed": 1, "unchanged": 9, "encoded": 2}
    )
    assert ranked(one) == nearly(ranked(other))
    for restriction in (Filter(path="0[1-3].txt"), Filter(path="6*.txt"), Filter(languages=("id",))):
        with closing(Catalogue(one.root)) as catalogue:
            if not len(catalogue.allowed(restriction).passages):
                continue
        assert ranked(one, restriction) == nearly(ranked(other, restriction))
    assert verify(one.root, deep=True) == []


def test_a_vector_is_the_same_wherever_it_lies(store: Store, two: tuple[Archive, Archive]) -> None:
    one, other = two
    for archive in two:
        fill(archive, range(3))
    one.update(store=store)
    other.update()
    with closing(Catalogue(one.root)) as first, closing(Catalogue(other.root)) as second:
        numbers = first.passage_numbers()
        found, expected = (open_vectors(a.root, c).lookup([*numbers, 999]) for a, c in ((one, first), (other, second)))
    assert [*sorted(found)] == [*sorted(expected)] == numbers
    for number in numbers:
        assert np.array_equal(found[number].vector, expected[number].vector)
        assert np.array_equal(found[number].sentences.packed, expected[number].sentences.packed)
        assert np.array_equal(found[number].sentences.scales, expected[number].sentences.scales)


def test_a_reader_never_sees_half_an_update(store: Store, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader finds its own state before, during and after an update, and one that fails leaves nothing to be seen."""
    fill(archive, range(6))
    archive.update(store=store)
    query = open_encoder(str(archive.encoder)).encode_queries(["satu dua tiga"])[0]

    def everything(state: VectorStore) -> list[tuple[int, float]]:
        return [(number, round(score, 5)) for number, score in state.search(query, 100)]

    with closing(Catalogue(archive.root)) as catalogue:
        before = open_vectors(archive.root, catalogue)
        seen = everything(before)
    assert len(seen) == 12

    def fail(*_: object) -> None:
        assert everything(before) == seen
        raise KeyboardInterrupt

    archive.write("09.txt", *[paragraph("late", n) for n in range(8)])
    (archive.folder / "02.txt").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(index.build, "calibrate", fail)
        with pytest.raises(KeyboardInterrupt):
            archive.update()
    with closing(Catalogue(archive.root)) as catalogue:
        assert everything(open_vectors(archive.root, catalogue)) == everything(before) == seen
    assert archive.counts() == {"added": 1, "removed": 1, "unchanged": 5, "encoded": 4}
    assert everything(before) == seen
    with closing(Catalogue(archive.root)) as catalogue:
        after = everything(open_vectors(archive.root, catalogue))
        assert sorted(number for number, _ in after) == catalogue.passage_numbers()
    assert verify(archive.root) == []


def test_what_is_long_gone_leaves_the_store(store: Store, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    if store.name == "local":
        pytest.skip("segments are merged: test_vector_writer")
    monkeypatch.setattr("index.milvus.writer.READERS_SECONDS", -1.0)
    fill(archive, range(4))
    archive.update(store=store)
    (archive.folder / "01.txt").unlink()
    archive.update()
    with closing(Catalogue(archive.root)) as catalogue:
        gone = catalogue.removed("segment")
        assert len(gone) == 2
    archive.write("09.txt", paragraph("late"))
    archive.update()
    with closing(Catalogue(archive.root)) as catalogue:
        assert catalogue.removed("segment") == []
        setting = catalogue.get("store")
        held = Collection(server(setting["uri"]), setting["collection"], setting["dimension"])
        assert [*held.numbers(0, 1_000)] == catalogue.passage_numbers()


def test_stores_change_without_encoding_anything(store: Store, archive: Archive) -> None:
    """There and back again; what was searched there is dropped, and a new encoder fills a new collection."""
    fill(archive, range(4))
    archive.update()
    before = ranked(archive)
    assert archive.counts(store=store) == {"unchanged": 4}
    assert ranked(archive) == nearly(before)
    assert verify(archive.root, deep=True) == []
    assert archive.counts(store=Store("local")) == {"unchanged": 4}
    assert ranked(archive) == nearly(before)
    assert verify(archive.root, deep=True) == []


def test_another_encoder_fills_the_store_anew(store: Store, archive: Archive, other_encoder: Path) -> None:
    fill(archive, range(3))
    archive.update(store=store)
    assert archive.counts(encoder=str(other_encoder)) == {"unchanged": 3, "encoded": 4 if store.uri else 6}
    assert verify(archive.root, deep=True) == []
    assert archive.counts(fresh=True, encoder=str(other_encoder)) == {"added": 3, "encoded": 4}
    assert verify(archive.root, deep=True) == []


# --- larger collections, searched by an index ---

SIZE, DIMENSION = 6_000, 32


@pytest.fixture(scope="module")
def rows() -> tuple[list[int], list[Encoded], np.ndarray]:
    """Unit vectors about as near each other as passages are, and questions near some of them."""
    draw = np.random.default_rng(7)
    centres = draw.normal(size=(60, DIMENSION))
    vectors = centres[draw.integers(60, size=SIZE)] + 0.7 * draw.normal(size=(SIZE, DIMENSION))
    vectors = (vectors / np.linalg.norm(vectors, axis=1)[:, None]).astype(np.float32)
    queries = vectors[draw.integers(SIZE, size=40)] + 0.1 * draw.normal(size=(40, DIMENSION))
    none = quantised(np.empty((0, DIMENSION), np.float32), np.zeros(DIMENSION, np.float32))
    queries = (queries / np.linalg.norm(queries, axis=1)[:, None]).astype(np.float32)
    return [*range(1, SIZE + 1)], [Encoded(vector, none) for vector in vectors], queries


@pytest.fixture(scope="module", params=["flat", "hnsw", "ivf"])
def served(
    request: pytest.FixtureRequest,
    milvus: MilvusServer | GivenServer,
    rows: tuple[list[int], list[Encoded], np.ndarray],
) -> MilvusVectors:
    """A collection on the server with each kind of index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TELUSUR_MILVUS_TOKEN", TOKEN)
        name_server(milvus.uri)
        collection = Collection(server(milvus.uri), f"test_{request.param}", DIMENSION, request.param)
        collection.create()
        collection.upsert(*rows[:2])
        collection.upsert(rows[0][:700], rows[1][:700])  # twice: the same rows stand once
        assert collection.count(0) == SIZE
        collection.settle(SIZE)
    return MilvusVectors(collection, SIZE + 1, np.empty(0, np.int64), SIZE, 0)


@pytest.fixture(scope="module")
def exact(rows: tuple[list[int], list[Encoded], np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    """The same vectors in a segment, searched by FAISS."""
    folder = tmp_path_factory.mktemp("segments")
    return Vectors(folder, [write_segment(folder, 1, Rows.of(np.array(rows[0]), rows[1]))], DIMENSION, kind="exact")


def test_the_server_finds_what_faiss_finds(
    served: MilvusVectors, exact: Vectors, rows: tuple[list[int], list[Encoded], np.ndarray]
) -> None:
    met = 0
    for query in rows[2]:
        found, expected = served.search(query, 50), exact.search(query, 50)
        assert len(found) == 50
        if served.kind == "flat":
            assert [number for number, _ in found] == [number for number, _ in expected]
        met += len(dict(found).keys() & dict(expected))
        scores = dict(expected)
        assert all(abs(score - scores[number]) < 1e-5 for number, score in found if number in scores)
    assert met / (50 * len(rows[2])) >= (1.0 if served.kind == "flat" else 0.98)


@pytest.mark.parametrize("kept", [6, 300, 2_500])
def test_a_filter_finds_everything_it_lets_through(
    served: MilvusVectors, exact: Vectors, rows: tuple[list[int], list[Encoded], np.ndarray], kept: int
) -> None:
    """As exact search does, be it one passage in a thousand or nearly half of them."""
    allowed = np.sort(np.random.default_rng(kept).choice(rows[0], kept, replace=False)).astype(np.int64)
    for query in rows[2][:8]:
        found, expected = served.search(query, 50, allowed), exact.search(query, 50, allowed)
        assert [number for number, _ in found] == [number for number, _ in expected]


def test_removed_passages_are_passed_over(
    served: MilvusVectors, rows: tuple[list[int], list[Encoded], np.ndarray]
) -> None:
    query = rows[2][0]
    best = [number for number, _ in served.search(query, 200)]
    without = MilvusVectors(served.collection, SIZE + 1, np.array(sorted(best[:150])), SIZE - 150, 0)
    found = [number for number, _ in without.search(query, 50)]
    if served.kind == "flat":
        assert found == best[150:]
    assert len(found) == 50
    assert not {*best[:150]} & {*found}
    before = MilvusVectors(served.collection, best[0], np.empty(0, np.int64), SIZE, 0)
    assert all(number < best[0] for number, _ in before.search(query, 50))


def test_the_index_follows_the_size() -> None:
    assert [index_kind("auto", size) for size in (1_000, 200_000, 200_001)] == ["flat", "flat", "hnsw"]
    assert [index_kind(ann, 5_000_000) for ann in ("exact", "codes", "ivf")] == ["flat", "hnsw", "ivf"]


def test_the_options_of_a_store() -> None:
    assert Store.of(None, None) is None
    assert Store.of("milvus", "http://h:19530") == Store("milvus", "http://h:19530")
    for name, uri in (
        ("redis", None),
        ("milvus", None),
        (None, "http://h:1"),
        ("milvus", "http://me:pw@h"),
        ("milvus", "h"),
    ):
        with pytest.raises(UsageError):
            Store.of(name, uri)
