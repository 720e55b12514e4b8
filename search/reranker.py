"""A cross-encoder that reads question and passage together and so tells better which passage answers: slow, optional.

Nogueira and Cho 2019, "Passage Re-ranking with BERT". Run by sentence-transformers; imports torch only when opened.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.batching import batches, cut, device
from index.choice import locate, trusts
from index.errors import EncoderError
from index.hub_encoder import quiet
from index.model_folder import check_harmless
from index.presets import find_reranker
from index.text import clean

_CHARACTERS = 8_000  # of a passage that are read; Telusur's own have at most 1,100


class Reranker:
    """Scores passages against a question; higher is better, and scores of different models do not compare."""

    def __init__(self, name: str) -> None:
        """Open a preset, a model folder, or a hub model that is on this machine. Raises EncoderError."""
        import torch

        preset, trusted = find_reranker(name), trusts(name)
        folder = locate(name, preset, trusted=trusted)
        place, precision = device()
        try:
            check_harmless(folder, pickles=trusted or preset is not None)
            with quiet():
                from sentence_transformers import CrossEncoder

                self._model = CrossEncoder(
                    str(folder),
                    device=place,
                    local_files_only=True,
                    trust_remote_code=trusted,
                    model_kwargs={"dtype": torch.float32},
                    activation_fn=torch.nn.Identity(),
                )
        except EncoderError:
            raise
        except Exception as error:  # a model folder can be broken in as many ways as four libraries have exceptions
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise EncoderError(f"cannot open the reranker {name}: {reason}", "leave out --rerank") from error
        if getattr(self._model, "num_labels", 1) != 1:
            raise EncoderError(f"{name} is no reranker: it gives more than one score", "leave out --rerank")
        self._autocast = torch.autocast(place, dtype=torch.bfloat16, enabled=precision == torch.bfloat16)
        self._budget = 4_096 if place == "cpu" else 65_536
        self.name = name

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers, as the model's own logit: (n,), float32, in the order of `passages`."""
        pairs = [(clean(question), cut(clean(passage), _CHARACTERS)) for passage in passages]
        found = np.empty(len(pairs), np.float32)
        for places in batches([(len(question) + len(passage)) // 4 + 8 for _, passage in pairs], self._budget):
            with self._autocast:
                logits = self._model.predict(
                    [pairs[place] for place in places], batch_size=len(places), show_progress_bar=False
                )
            found[places] = np.asarray(logits, np.float32).reshape(-1)
        return found
