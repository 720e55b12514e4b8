"""Mapped tensors: safetensors files read where they lie, nothing copied before it is used."""

import json
import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DTYPES: dict[str, type[np.generic]] = {
    "F32": np.float32,
    "F16": np.float16,
    "BF16": np.uint16,  # numpy has no bfloat16: its bits
    "U8": np.uint8,
    "U32": np.uint32,
    "I64": np.int64,
}


MAX_HEADER = 100_000_000  # bytes; safetensors' own limit


def map_file(path: Path) -> mmap.mmap | bytes:
    """A file's bytes, mapped into memory; read where they cannot be, as on some network shares. Raises OSError."""
    with path.open("rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # it is empty
            return b""
        except OSError:
            return file.read()


def can_be_mapped(path: Path) -> bool:
    """Whether files can be mapped where this one lies. Raises OSError."""
    return not isinstance(map_file(path), bytes)


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Map a safetensors file: name → read-only array in the file's own precision. No number is read before it is used.

    The format (https://github.com/huggingface/safetensors#format): a little-endian u64 length, that many bytes of JSON,
    then the tensors. Tensors of other types are left out. Raises ValueError, KeyError, TypeError, AttributeError when
    the file is cut short or is no safetensors file, OSError when it cannot be read.
    """
    with path.open("rb") as file:
        start = 8 + int.from_bytes(file.read(8), "little")
        if start > min(path.stat().st_size, MAX_HEADER):
            raise ValueError(f"{path.name} is cut short, or is no safetensors file")
        header: dict[str, dict[str, Any]] = json.loads(file.read(start - 8))
    mapped = map_file(path)
    header.pop("__metadata__", None)
    tensors: dict[str, NDArray[Any]] = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        if not 0 <= begin <= end <= len(mapped) - start:
            raise ValueError(f"{path.name} is cut short")
        if entry["dtype"] in _DTYPES:
            dtype = np.dtype(_DTYPES[entry["dtype"]])
            count = (end - begin) // dtype.itemsize
            # numpy refuses to look at the very end of a buffer, also for nothing
            flat = np.frombuffer(mapped, dtype, count, start + begin) if count else np.empty(0, dtype)
            tensors[name.removeprefix("bert.")] = flat.reshape(entry["shape"])
    return tensors
