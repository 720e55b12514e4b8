"""One collection on a Milvus server: rows of a key, a vector and packed sentences. It knows no catalogue.

Vectors are half precision as in a segment, stored as float32, since servers before 2.4 have no other; so the same
passage has the very same vector in either store. Sentences are kept beside them as text: servers before 2.4 allow one
vector field a collection, and the places where an array may hold so much as bytes are none.
"""

import base64
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexUnusableError, StoreError, UsageError
from index.milvus.server import Server
from index.quantise import TOGETHER, Sentences
from index.rows import Encoded

PAGE = 500  # rows in one message: at most some 10 kB each, the server takes 64 MB
MOST = 16_384  # rows that one answer may hold, as the server sets it
LONGEST = 65_535  # characters that a text field may hold
SCALES = 4  # bytes beside each sentence
KINDS = ("flat", "hnsw", "ivf")
PROBED = 0.35  # of IVF's lists: docs/scale.md
FLAT_UP_TO = 200_000  # passages; as for segments, exact search is fast enough

Row = TypeVar("Row")


def index_kind(ann: str, passages: int) -> str:
    """Which index a collection of so many passages gets; `ann` is auto, exact, codes or one of KINDS."""
    if ann in KINDS:
        return ann
    if ann == "exact" or (ann == "auto" and passages <= FLAT_UP_TO):
        return "flat"
    return "hnsw"


def _built(kind: str, rows: int) -> tuple[str, dict[str, Any]]:
    """What the server calls an index, and its parameters."""
    if kind == "hnsw":
        return "HNSW", {"M": 32, "efConstruction": 256}
    if kind == "ivf":
        return "IVF_FLAT", {"nlist": _lists(rows)}
    return "FLAT", {}


def _lists(rows: int) -> int:
    """Into how many lists IVF divides each segment of a collection of so many rows."""
    return max(1, min(65_536, 4 * int(rows**0.5)))


class Collection:
    """Rows on a server. What it writes may be written twice: keys are stable."""

    def __init__(
        self, server: Server, name: str, dimension: int, kind: str = "flat", *, keys: type[int] | type[str] = int
    ) -> None:
        """`keys`: int, as passages are numbered, or str."""
        self.server, self.name, self.dimension, self.kind, self.keys = server, name, dimension, kind, keys
        self._checked = False
        if self._longest() > LONGEST:
            raise UsageError(f"Milvus cannot hold sentences of {dimension} dimensions", "use an encoder with fewer")

    def _longest(self) -> int:
        return -(-32 * (_width(self.dimension) + SCALES) // 3) * 4

    # --- the collection itself ---

    def exists(self) -> bool:
        """Whether the server has it. Raises StoreError."""
        return bool(self.server.read(lambda client, t: client.has_collection(self.name, timeout=t)))

    def check(self) -> None:
        """Once: is it there, with these fields? Raises IndexUnusableError, StoreError."""
        if self._checked:
            return
        if not self.exists():
            raise IndexUnusableError(
                f"the collection {self.name} is not on the server at {self.server.uri}",
                "run `telusur verify --repair` to make it anew from the catalogue, or name the server that has it",
            )
        said = self.server.read(lambda client, t: client.describe_collection(self.name, timeout=t))
        found = {field["name"]: int(field.get("params", {}).get("dim", 0)) for field in said["fields"]}
        if found != {"id": 0, "vector": self.dimension, "sentences": 0}:
            shown = ", ".join(f"{name} {dim}" if dim else name for name, dim in found.items())
            raise IndexUnusableError(
                f"the collection {self.name} on {self.server.uri} is not as this version makes it: it has {shown}",
                "run `telusur index PATH… --fresh`, or the version of telusur that made it",
            )
        self._checked = True

    def create(self) -> None:
        """Make it, empty, in place of what bears its name, and ready to be asked. Raises StoreError."""
        from pymilvus import DataType, MilvusClient

        self.drop()
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        if self.keys is int:
            schema.add_field("id", DataType.INT64, is_primary=True)
        else:
            schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=64)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dimension)
        schema.add_field("sentences", DataType.VARCHAR, max_length=self._longest())

        def make(client: Any, t: float) -> None:
            if not client.has_collection(self.name, timeout=t):  # asked again after an answer that got lost
                client.create_collection(self.name, schema=schema, consistency_level="Strong", timeout=t)

        self.server.write(make)
        self._build("flat", 0)
        self._checked = True

    def drop(self) -> None:
        """Take it off the server, if it is there. Raises StoreError."""
        self._write("drop_collection")
        self._checked = False

    def settle(self, rows: int) -> None:
        """Build the index of a collection of `rows` that nobody searches yet. Raises StoreError."""
        self._write("flush")
        if self.kind != "flat":
            self._write("release_collection")
            self._write("drop_index", index_name="vector")
            self._build(self.kind, rows)

    def _build(self, kind: str, rows: int) -> None:
        name, parameters = _built(kind, rows)

        def build(client: Any, t: float) -> None:
            wanted = client.prepare_index_params()
            wanted.add_index("vector", index_type=name, index_name="vector", metric_type="IP", params=parameters)
            client.create_index(self.name, wanted, sync=False, timeout=t)

        def built(client: Any, t: float) -> bool:
            found = client.describe_index(self.name, "vector", timeout=t)
            if found["state"] == "Failed":
                raise StoreError(f"the server at {self.server.uri} could not build the index {name}", "see its log")
            return bool(found["state"] == "Finished")

        def loaded(client: Any, t: float) -> bool:
            return bool(client.get_load_state(self.name, timeout=t)["state"].name == "Loaded")

        self.server.write(build)
        self.server.wait_until(built, f"build the index of {rows:,} passages")
        self._write("load_collection", _async=True)
        self.server.wait_until(loaded, "load the collection")

    # --- rows ---

    def upsert(self, keys: Sequence[int] | Sequence[str], encoded: Sequence[Encoded]) -> None:
        """Write rows, in place of those of the same keys. Raises StoreError."""
        rows = [
            {"id": key, "vector": _half(one.vector), "sentences": _packed(one.sentences)}
            for key, one in zip(keys, encoded, strict=True)
        ]
        for some in _pages(rows, PAGE):
            self._write("upsert", data=some)

    def delete(self, keys: Sequence[int] | Sequence[str]) -> None:
        """Take rows away; those that are not there do not matter. Raises StoreError."""
        for some in _pages(keys, 10 * PAGE):
            self._write("delete", ids=some)

    def lookup(self, keys: Sequence[int] | Sequence[str], *, level: str) -> dict[Any, Encoded]:
        """The rows of these keys, as far as they are there. `level`: of consistency. Raises StoreError."""
        found: dict[Any, Encoded] = {}
        for some in _pages(keys, PAGE):
            for row in self._ask("get", ids=some, output_fields=["id", "vector", "sentences"], level=level):
                vector = np.array(row["vector"], np.float32)
                found[row["id"]] = Encoded(vector, _unpacked(row["sentences"], self.dimension))
        return found

    def held(self, keys: Sequence[int] | Sequence[str]) -> set[Any]:
        """Which of these keys are there. Raises StoreError."""
        pages = _pages(keys, 10 * PAGE)
        return {row["id"] for some in pages for row in self._ask("get", ids=some, output_fields=["id"])}

    def numbers(self, first: int, beyond: int) -> Iterator[int]:
        """The integer keys from `first` to before `beyond`, ascending. Raises StoreError."""
        for begin in range(first, beyond, MOST):
            end = min(beyond, begin + MOST)
            yield from sorted(self._between(f"id >= {begin} and id < {end}"))

    def numbers_from(self, first: int) -> list[int]:
        """Integer keys from `first` on, at most one answer's worth: ask again until there are none."""
        return self._between(f"id >= {first}")

    def count(self, first: int) -> int:
        """How many rows have an integer key from `first` on, when all that was written counts. Raises StoreError."""
        (row,) = self._ask("query", filter=f"id >= {first}", output_fields=["count(*)"])
        return int(row["count(*)"])

    def _between(self, condition: str) -> list[int]:
        rows = self._ask("query", filter=condition, output_fields=["id"], limit=MOST)
        return [int(row["id"]) for row in rows]

    def _ask(self, verb: str, *, level: str = "Strong", **what: Any) -> Any:
        """What the client's `verb` gives for this collection. Raises StoreError."""
        return self.server.read(
            lambda client, t: getattr(client, verb)(self.name, consistency_level=level, timeout=t, **what)
        )

    def _write(self, verb: str, **what: Any) -> Any:
        return self.server.write(lambda client, t: getattr(client, verb)(self.name, timeout=t, **what))

    def search(
        self, query: NDArray[np.float32], fetch: int, condition: str, *, rows: int, level: str, exact: bool
    ) -> list[tuple[int, float]]:
        """At most `fetch` (key, inner product) pairs of rows that meet the condition, best first.

        `rows`: how many there are in all. `exact`: look at every one that meets it, as far as this kind of index can.
        Raises StoreError.
        """
        parameters: dict[str, Any] = {}
        if self.kind == "hnsw":
            parameters = {"ef": min(32_768, max(512, 2 * fetch))}
        elif self.kind == "ivf":
            parameters = {"nprobe": 65_536 if exact else max(64, int(PROBED * _lists(rows)))}
        (hits,) = self._ask(
            "search",
            data=[query.tolist()],
            filter=condition,
            limit=fetch,
            output_fields=["id"],
            search_params={"metric_type": "IP", "params": parameters},
            level=level,
        )
        return [(int(hit["id"]), float(hit["distance"])) for hit in hits]


def _pages(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    for begin in range(0, len(rows), size):
        yield list(rows[begin : begin + size])


def _half(vector: NDArray[np.float32]) -> list[float]:
    found: list[float] = vector.astype(np.float16).astype(np.float32).tolist()
    return found


def _packed(sentences: Sentences) -> str:
    return base64.b64encode(sentences.scales.tobytes() + sentences.packed.tobytes()).decode()


def _unpacked(text: str, dimension: int) -> Sentences:
    width = _width(dimension)
    raw = base64.b64decode(text)
    count = len(raw) // (width + SCALES)
    scales = np.frombuffer(raw[: SCALES * count], np.float16).reshape(count, 2)
    return Sentences(np.frombuffer(raw[SCALES * count :], np.uint8).reshape(count, width), scales)


def _width(dimension: int) -> int:
    return -(-dimension // TOGETHER)
