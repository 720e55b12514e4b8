"""Get a model onto this machine: say what it is, ask, download."""

import sys
from pathlib import Path

import typer

from index.choice import find_folder, hub_name, on_hub, trusts, untrusted
from index.errors import EncoderError
from index.presets import WAY_OUT, Preset, RerankerPreset
from search.terminal import download_bar, say


def fetch(model: str, preset: Preset | RerankerPreset | None, *, yes: bool, trust: bool = False) -> Path | None:
    """Download a hub model unless it is here; its folder, or None for a path to nowhere, which opening it explains.

    `yes`: without asking. `trust`: its own code may run, and is downloaded too. Raises EncoderError when there is
    nobody to ask, when the answer is no, and when the download fails.
    """
    here = find_folder(model, preset)
    if here is not None or (preset is None and not on_hub(model)):
        return here
    trust = trust or trusts(model)
    if preset is not None and preset.remote_code and not trust:
        raise untrusted(preset.name)
    if not (yes or sys.stdin.isatty()):
        size = f", {in_bytes(preset.weights_mb * 10**6)}, licence {preset.licence}" if preset else ""
        raise EncoderError(
            f"the model {model} is not on this machine, and nobody is there to be asked whether to download it{size}",
            f"--yes downloads it without asking; {WAY_OUT}",
        )
    from index.hub import download, offer

    offered = offer(hub_name(model, preset), preset.revision if preset else None, code=trust)
    licence = preset.licence if preset else offered.licence
    say(f"{offered.hub_id}, revision {offered.commit[:12]}: {in_bytes(offered.size)} to download, licence {licence}")
    if preset and preset.gated:
        say(f"Its terms must be accepted first: https://huggingface.co/{offered.hub_id}")
    if not yes and not typer.confirm("Download it?", err=True):
        raise EncoderError(f"{model} was not downloaded", WAY_OUT)
    with download_bar(f"Downloading {model}") as on_progress:
        return download(offered, on_progress)


def in_bytes(size: int) -> str:
    """A size as people read it."""
    return (
        f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{size / 1e6:.0f} MB" if size >= 10**6 else f"{size / 1e3:.0f} kB"
    )
