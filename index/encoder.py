"""Text in, unit vectors out: one door to every encoder, whatever runs behind it.

A folder that holds a plain BERT (the bundled encoder, the MiniLM family, multilingual-e5-small) runs on the engines of
`index.transformer`: a question needs numpy only, an archive is worth importing torch. Every other model runs through
sentence-transformers. Nothing here reaches for the network, and no model's own code is run unless somebody says so.
"""

import hashlib
from collections.abc import Sequence
from typing import Protocol

from index.batching import Progress, Span, Vectors
from index.bert_encoder import BertEncoder
from index.choice import locate, read_choice, trusts, untrusted
from index.errors import EncoderError
from index.hub_encoder import SentenceTransformerEncoder
from index.model_folder import check_harmless, read_plan
from index.presets import WAY_OUT, find_preset
from index.transformer import unit_rows


class Encoder(Protocol):
    """Turns questions and passages into unit vectors of one space; the dot product of two is their similarity."""

    @property
    def name(self) -> str:
        """The name as the user gave it: a preset, a folder or a hub name."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits over weights, tokenizer, prompts, pooling and maximum length.

        Another fingerprint means other vectors: they must not meet in one index.
        """
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions: (n, dimension), float32, rows of length 1 in the order of `texts`."""
        ...

    def encode_passages(self, texts: Sequence[str], on_progress: Progress | None = None) -> Vectors:
        """Encode passages: (n, dimension), float32, rows of length 1 in the order of `texts`.

        Text beyond the model's maximum length does not count. `on_progress` is told how many more passages are done.
        """
        ...

    def encode_with_sentences(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """Encode passages and, in the light of each, its sentences.

        `spans`: of each passage, the (start, end) of its sentences in code points. Returns (n, dimension) passage
        vectors and for each passage (sentences, dimension) vectors, all float32, rows of length 1; a sentence beyond
        the encoder's maximum length has a row of zeros.
        """
        ...


class TruncatedEncoder:
    """Another encoder's vectors, cut to their first `dimension` numbers and made length 1 again.

    Models trained for it ("Matryoshka", Kusupati et al. 2022) lose little by it.
    """

    def __init__(self, whole: Encoder, dimension: int) -> None:
        """Raises EncoderError when the encoder has fewer dimensions."""
        if dimension > whole.dimension:
            raise EncoderError(
                f"{whole.name} cannot give {dimension} dimensions: the model has {whole.dimension}",
                "ask for fewer with --dimensions",
            )
        self._whole = whole
        self.name = whole.name
        self.dimension = dimension
        self.fingerprint = hashlib.sha256(f"{whole.fingerprint}:{dimension}".encode()).hexdigest()[:16]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions: (n, dimension), float32, rows of length 1."""
        return self._cut(self._whole.encode_queries(texts))

    def encode_passages(self, texts: Sequence[str], on_progress: Progress | None = None) -> Vectors:
        """Encode passages: (n, dimension), float32, rows of length 1."""
        return self._cut(self._whole.encode_passages(texts, on_progress))

    def encode_with_sentences(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """Encode passages and their sentences; a sentence that has no direction still has none."""
        whole, parts = self._whole.encode_with_sentences(texts, spans)
        return self._cut(whole), [self._cut(part) for part in parts]

    def _cut(self, vectors: Vectors) -> Vectors:
        return unit_rows(vectors[:, : self.dimension].copy())


def open_encoder(name: str = "bundled", *, trust: bool = False) -> Encoder:
    """Open a preset, a model folder, or a hub model that is on this machine.

    `name`: as `index.choice.Choice` writes it, with dimensions and backend where they are wanted. `trust`: the model
    may run code of its own, as it may when the environment names it. Raises EncoderError when there is no such model
    here, when its files are damaged, or when it needs code of its own.
    """
    choice = read_choice(name)
    preset = find_preset(choice.model)
    trust = trust or trusts(choice.model)
    folder = locate(choice.model, preset, backend=choice.backend, trusted=trust)
    encoder: Encoder
    try:
        # A preset's files are those of one revision, checked by their digests: they may be in torch's own format.
        check_harmless(folder, pickles=trust or preset is not None)
        plan = read_plan(folder) if choice.backend == "torch" else None
        if plan:
            encoder = BertEncoder(name, folder, plan, preset)
        else:
            encoder = SentenceTransformerEncoder(name, folder, preset, backend=choice.backend, trust=trust)
    except EncoderError:
        raise
    except Exception as error:  # a model folder can be broken in as many ways as four libraries have exceptions
        if "trust_remote_code" in str(error) and not trust:
            raise untrusted(choice.model) from error
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise EncoderError(f"cannot open the encoder {name}: {reason}", WAY_OUT) from error
    return encoder if choice.dimensions in (None, encoder.dimension) else TruncatedEncoder(encoder, choice.dimensions)
