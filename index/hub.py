"""Models from the Hugging Face hub: what a download would bring, and the download, which goes on where it stopped.

The only module that reaches for the network, and only when a person has said yes. Files land in the cache that
huggingface_hub keeps, so that other programs share them.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import EncoderError
from index.model_folder import read_json
from index.presets import WAY_OUT, hub_cache

Progress = Callable[[int, int], None]

_LARGE = 10_000_000  # bytes from which a file is worth resuming
_ENDS = (".json", ".txt", ".model", ".jinja", ".vocab", ".bpe")  # configuration and tokenizers
_NAMES = ("README.md", "LICENSE", "NOTICE")
_ELSEWHERE = ("onnx/", "openvino/", "imgs/", "assets/", "images/")  # the same weights for other engines; pictures


@dataclass(frozen=True, slots=True)
class File:
    """A file of a model; `sha256` of large files only."""

    name: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a download would bring."""

    hub_id: str
    commit: str
    licence: str  # as the hub has it, "unknown" when it has none
    files: tuple[File, ...]
    code: bool = False  # Python files too, and those of other repositories that its configuration names

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)


def wanted(names: Sequence[str], *, code: bool = False) -> list[str]:
    """Choose the files that a model needs out of all in its repository, weights in one format only; weights last.

    `code`: its Python files too.
    """
    inner = [name for name in names if not name.startswith(_ELSEWHERE)]
    safe = [name for name in inner if name.endswith(".safetensors")]
    weights = safe or [name for name in inner if Path(name).match("pytorch_model*.bin")]
    small = [name for name in inner if name.endswith(_ENDS) or name in _NAMES or (code and name.endswith(".py"))]
    # A snapshot counts as present once it has weights at its top: so these are put there after all else.
    return sorted(small) + sorted(weights, key=lambda name: (-name.count("/"), name))


def offer(hub_id: str, revision: str | None = None, *, code: bool = False) -> Offer:
    """Ask the hub for a model's licence and files. Raises EncoderError when it cannot or will not say."""
    from huggingface_hub import HfApi

    with _explained(hub_id):
        found = HfApi().model_info(hub_id, revision=revision, files_metadata=True)
    known = {file.rfilename: file for file in found.siblings or ()}
    names = wanted([*known], code=code)
    if not any(name.endswith((".safetensors", ".bin")) for name in names):
        raise EncoderError(f"{hub_id} has no weights that sentence-transformers can read", WAY_OUT)
    card = found.card_data.to_dict() if found.card_data else {}
    licence = card.get("license_name") if card.get("license") == "other" else card.get("license")
    files = (_file(known[name]) for name in names)
    return Offer(hub_id, str(found.sha), str(licence or "unknown"), tuple(files), code)


def _file(found: Any) -> File:
    return File(found.rfilename, found.size or 0, found.lfs.sha256 if found.lfs else None)


def download(offered: Offer, on_progress: Progress = lambda done, total: None) -> Path:
    """Bring a model to this machine, as far as it is not there yet; its folder.

    A large file that was interrupted, also by the end of the program, goes on where it stopped and is then held
    against its sha256. `on_progress` is told bytes that are here and bytes in all. Raises EncoderError, OSError.
    """
    from huggingface_hub import hf_hub_download, snapshot_download

    cache = hub_cache()
    model = cache / f"models--{offered.hub_id.replace('/', '--')}"
    done = 0

    def tell(more: int) -> None:
        on_progress(done + more, offered.size)

    with _explained(offered.hub_id):
        for file in offered.files:
            if file.sha256 and file.size >= _LARGE:
                _large(offered, file, model / "blobs", tell)
            hf_hub_download(offered.hub_id, file.name, revision=offered.commit, cache_dir=cache)
            done += file.size
            tell(0)
        folder = model / "snapshots" / offered.commit
        for elsewhere in _code_elsewhere(folder) if offered.code else ():
            snapshot_download(elsewhere, allow_patterns=["*.py"], cache_dir=cache)
    return folder


def _code_elsewhere(folder: Path) -> set[str]:
    """The other repositories whose code a model runs: `auto_map` in its configuration, as OWNER/NAME--MODULE.CLASS."""
    named = read_json(folder / "config.json").get("auto_map", {}).values()
    return {place.split("--")[0] for place in named if isinstance(place, str) and "--" in place}


def _large(offered: Offer, file: File, blobs: Path, on_bytes: Callable[[int], None]) -> None:
    """Fetch one file into the cache's place for content of this sha256, through a part that outlives the program."""
    from filelock import FileLock

    target = blobs / str(file.sha256)
    part = blobs / f"{file.sha256}.part"  # huggingface_hub's own partial files bear a new name each time
    blobs.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{part}.lock"):
        if not target.exists():
            _fill(part, offered, file, on_bytes)
            part.replace(target)


def _fill(part: Path, offered: Offer, file: File, on_bytes: Callable[[int], None]) -> None:
    """Fetch what a part still lacks, and hold the whole against its sha256."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    with part.open("ab") as stream:
        if stream.tell() > file.size:
            stream.truncate(0)
            stream.seek(0)
        here = stream.tell()
        http_get(
            hf_hub_url(offered.hub_id, file.name, revision=offered.commit),
            stream,
            resume_size=here,
            headers=build_hf_headers(),
            expected_size=file.size,
            tqdm_class=_counter(here, on_bytes),
        )
    with part.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != file.sha256:
            part.unlink()
            raise EncoderError(f"{file.name} of {offered.hub_id} arrived damaged", "run the same command again")


def _counter(here: int, on_bytes: Callable[[int], None]) -> Any:
    """What huggingface_hub takes for a tqdm bar: tells how many bytes of the file are here."""
    from tqdm import tqdm

    class Counter(tqdm):  # type: ignore[misc]
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__(disable=True)
            self.here = here

        def update(self, n: float | None = 1) -> None:
            self.here += int(n or 0)
            on_bytes(self.here)

    return Counter


@contextmanager
def _explained(hub_id: str) -> Iterator[None]:
    """Turn what goes wrong between here and the hub into an EncoderError, and keep the library quiet."""
    from huggingface_hub import errors
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    logging.disable(logging.WARNING)
    page = f"https://huggingface.co/{hub_id}"
    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise EncoderError(f"{hub_id} is not on this machine, and HF_HUB_OFFLINE forbids to get it", WAY_OUT) from error
    except errors.GatedRepoError as error:
        hint = f"accept its terms at {page}, then `hf auth login`; {WAY_OUT}"
        raise EncoderError(f"{hub_id} is given only to those who accept its terms", hint) from error
    except errors.RevisionNotFoundError as error:
        raise EncoderError(f"the hub no longer has the revision of {hub_id} that Telusur knows", WAY_OUT) from error
    except errors.RepositoryNotFoundError as error:
        raise EncoderError(
            f"the hub has no model {hub_id}", f"`telusur models` lists those known by name; {WAY_OUT}"
        ) from error
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, errors.HTTPError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        hint = f"run the same command again once there is a network: it goes on where it stopped; {WAY_OUT}"
        raise EncoderError(f"{hub_id} could not be fetched from the hub: {reason}", hint) from error
    except OSError as error:
        if error.errno is not None:  # the disk's, not the hub's
            raise
        hint = "run the same command again: it goes on where it stopped"
        raise EncoderError(f"{hub_id} did not arrive whole: {str(error).splitlines()[0]}", hint) from error
    finally:
        logging.disable(logging.NOTSET)
