"""What every encoder does around its model: batches of like length, texts cut to what can be read, the device."""

import os
import timeit
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
Span = tuple[int, int]
Places = NDArray[np.intp]  # which of some sentences are in a batch
Progress = Callable[[int], None]

# In bfloat16 torch keeps 1,024 compiled products, and 1,024 of their buffers for each thread, one for every number of
# rows it has met: batches differ in theirs, so half a gigabyte fills up that is seldom used again. These hold a batch.
_KEPT = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64", "LRU_CACHE_CAPACITY": "16"}


def batches(lengths: Sequence[int], budget: int) -> Iterator[Places]:
    """Yield places in `lengths`, longest first, so many at a time that the tokens with padding stay within `budget`."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        count = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + count]
        start += count


@cache
def device() -> "tuple[str, torch.dtype]":
    """Choose where torch computes and how precisely: a GPU where there is one; bfloat16 only where it is faster."""
    import torch

    if torch.cuda.is_available():
        return "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    if not (able.get("amx_bf16") or able.get("avx512_bf16")):
        return "cpu", torch.float32
    for name, count in _KEPT.items():
        os.environ.setdefault(name, count)  # read at the first product, which is in the next line
    return "cpu", torch.bfloat16 if bfloat16_is_faster() else torch.float32


def bfloat16_is_faster() -> bool:
    """Measure a product of an encoder, in some hundredths of a second: flags promise more than some CPUs keep."""
    import torch

    def seconds(precision: torch.dtype) -> float:
        rows, weight = (torch.ones(shape, dtype=precision) for shape in ((1024, 384), (1536, 384)))
        product = partial(torch.nn.functional.linear, rows, weight)
        return min(timeit.repeat(product, number=1, repeat=5))

    return seconds(torch.bfloat16) < seconds(torch.float32)


def devices() -> list[str]:
    """Name the devices that share a large amount: every GPU that torch sees, or else the one place it computes."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [f"cuda:{number}" for number in range(count)] or ["cpu"]


def cut(text: str, window: int) -> str:
    """Return at most `window` characters, ending at a blank where there is one; half surrogates become `?`."""
    if len(text) > window:
        text = text[: max(text.rfind(" ", 0, window), text.rfind("\n", 0, window)) + 1 or window]
    return text.encode("utf-8", "replace").decode("utf-8")


def apart(
    encode: Callable[[Sequence[str]], Vectors], texts: Sequence[str], spans: Sequence[Sequence[Span]]
) -> tuple[Vectors, list[Vectors]]:
    """Encode passages, and their sentences each by itself, for models whose token rows do not stand for a sentence."""
    flat = [text[start:end] for text, own in zip(texts, spans, strict=True) for start, end in own]
    borders = np.cumsum([len(own) for own in spans])[:-1]
    return encode(texts), list(np.split(encode(flat), borders))
