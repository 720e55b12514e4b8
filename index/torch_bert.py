"""BERT's forward pass in torch: for amounts of text that pay for importing it, on a GPU where there is one.

The steps are those of `index.transformer`. On a CPU each thread of torch's takes batches of its own: a product is then
never shared out, and nobody waits for the slowest at the end of each of some 60 steps a batch.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import torch
from torch.nn import functional

from index.batching import Places, Progress
from index.transformer import Bert, Floats, Pair, pooled, runs

# Of attention at a time: a megabyte, which stays in cache. A whole batch at once held a tenth of a gigabyte more.
_SCORES = 262_144


@cache
def _threads() -> int:
    """The threads that torch would use by itself (OMP_NUM_THREADS, or the machine's), asked before it is told less."""
    return torch.get_num_threads()


class TorchBert:
    """The forward pass on torch's CPU or CUDA device."""

    def __init__(self, bert: Bert, device: str, precision: torch.dtype) -> None:
        """Copy the weights to `device`: matrix products run in `precision`, sums and norms in float32."""

        def placed(pair: Pair) -> tuple[torch.Tensor, torch.Tensor]:
            precise = torch.float32 if pair[0].ndim == 1 else precision  # norms have vectors, products have matrices
            weight, bias = (torch.from_numpy(array).to(device, precise) for array in pair)
            return weight, bias

        self._bert, self._device, self._precision = bert, device, precision
        self._workers = _threads() if device == "cpu" else 1
        # In bfloat16 on a CPU torch's own takes a fifth of the pass, for a twentieth of its operations.
        by_hand = device == "cpu" and precision is torch.bfloat16
        self._attention = _two_products if by_hand else functional.scaled_dot_product_attention
        # Activations of 1,024 tokens stay in a processor's outer cache; 2,048 and 512 took a few per cent longer.
        self.tokens_at_once = 1024 if device == "cpu" else 65_536
        self._word = torch.from_numpy(bert.float32("embeddings.word_embeddings.weight")).to(device)
        self._place = torch.from_numpy(bert.float32("embeddings.position_embeddings.weight")).to(device)
        self._place += torch.from_numpy(bert.float32("embeddings.token_type_embeddings.weight")[0]).to(device)
        self._norm = placed(bert.pair("embeddings.LayerNorm"))
        self._layers = [[placed(pair) for pair in bert.layer(number)] for number in range(bert.layers)]

    def encode(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Return a unit row for each sentence of token ids: (n, width), float32, n ≥ 1."""
        return pooled(self.states(sentences), sentences, self._bert.pooling)

    def states(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Return the last layer's row for each token, the sentences end to end: (tokens, width), float32."""
        linear = functional.linear
        layout = list(runs(sentences))
        tokens = torch.from_numpy(np.concatenate([np.asarray(ids, np.int64) for ids in sentences])).to(self._device)
        places = torch.from_numpy(np.concatenate([np.arange(len(ids)) for ids in sentences])).to(self._device)
        with torch.inference_mode():
            hidden = self._normalise(self._word[tokens] + self._place[places], self._norm)
            for query_key_value, out, norm, up, down, last_norm in self._layers:
                attended = self._attend(linear(hidden.to(self._precision), *query_key_value), layout)
                hidden = self._normalise(hidden + linear(attended, *out), norm)
                inner = functional.gelu(linear(hidden.to(self._precision), *up))
                hidden = self._normalise(hidden + linear(inner, *down), last_norm)
            states: Floats = hidden.float().cpu().numpy()
            return states

    def each(
        self, work: Callable[[Places], None], batches: Iterable[Places], on_progress: Progress | None = None
    ) -> None:
        """Do `work`, which calls this engine, on every batch: on a CPU as many at a time as torch has threads."""

        def done(places: Places) -> int:
            work(places)
            return len(places)

        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # MKL counts for the whole process, OpenMP for each thread
        try:
            with ThreadPoolExecutor(self._workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
                for count in pool.map(done, batches):  # an exception or Ctrl-C here drops the batches not begun
                    if on_progress is not None:
                        on_progress(count)
        finally:
            torch.set_num_threads(threads)

    def _normalise(self, rows: torch.Tensor, pair: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return functional.layer_norm(rows, pair[0].shape, *pair, self._bert.epsilon)

    def _attend(self, joined: torch.Tensor, layout: list[tuple[slice, int]]) -> torch.Tensor:
        width, heads = joined.shape[1] // 3, self._bert.heads
        context = joined.new_empty(len(joined), width)
        for rows, length in layout:
            query, key, value = joined[rows].view(-1, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            attended = self._attention(query, key, value)
            context[rows] = attended.transpose(1, 2).reshape(-1, width)
        return context


def _two_products(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Attention over (n, heads, length, depth) as two products in the precision given, the softmax in float32."""
    _, heads, length, depth = query.shape
    some = max(1, _SCORES // (heads * length**2))
    attended = []
    for first in range(0, len(query), some):
        q, k, v = (part[first : first + some] for part in (query, key, value))
        scores = (q * depth**-0.5) @ k.contiguous().transpose(-1, -2)
        attended.append(torch.softmax(scores.float(), -1).to(v.dtype) @ v.contiguous())
    return torch.cat(attended)
