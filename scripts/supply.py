"""What Telusur is made of: the licences of its packages, and the digests of their files.

    python -m scripts.supply            writes docs/licences.md and constraints-hashed.txt
    python -m scripts.supply --licences only the former, which needs no network

The packages are those that `telusur[mcp]` needs where this runs, as they are installed, at the versions of
constraints.txt. The digests are asked of the package index by uv (`pip install uv`), for the files of every platform;
torch is left out: the small build for processors comes from another index, with other digests.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LICENCES, HASHED = ROOT / "docs" / "licences.md", ROOT / "constraints-hashed.txt"
UNHASHED = ("torch",)
_CUDA = re.compile("nvidia-|cuda-|triton$")  # what the other build of torch asks for
# Licences as SPDX writes them, by how older packages name them among their classifiers or in words.
_SPDX = {
    "Apache Software License": "Apache-2.0", "Apache License 2.0": "Apache-2.0", "Apache 2.0 License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0", "Apache": "Apache-2.0", "Apache License, Version 2.0": "Apache-2.0",
    "MIT License": "MIT", "MIT license": "MIT", "BSD License": "BSD", "BSD": "BSD", "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "Python Software Foundation License": "PSF-2.0",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
}  # fmt: skip


def pinned() -> dict[str, str]:
    """The versions of constraints.txt, by canonical name."""
    lines = (line.partition("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if line.strip())
    return {canonicalize_name(name): version.strip() for name, _, version in lines}


def needed() -> dict[str, Distribution]:
    """Every package that `telusur[mcp]` needs here, by canonical name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: dict[str, Distribution] = {}
    seen: set[str] = set()
    waiting = [*project["dependencies"], *project["optional-dependencies"]["mcp"]]
    while waiting:
        wanted = Requirement(waiting.pop())
        name, extras = canonicalize_name(wanted.name), wanted.extras or {""}
        if f"{name}{sorted(extras)}" in seen or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        seen.add(f"{name}{sorted(extras)}")
        found[name] = distribution(name)
        for text in found[name].requires or ():
            inner = Requirement(text)
            if _CUDA.match(inner.name):
                continue
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                inner.marker = None
                waiting.append(str(inner))
    return dict(sorted(found.items()))


def licence(package: Distribution) -> str:
    """A package's licence as its own metadata say it."""
    said = package.metadata
    if expression := said.get("License-Expression"):
        return str(expression)
    named = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier") or () if line.startswith("License ::")]
    text = " ".join((said.get("License") or "").split())
    named = [name for name in named if name != "OSI Approved"] or ([text] if text and len(text) < 60 else [])
    return " or ".join(_SPDX.get(name, name) for name in dict.fromkeys(named)) or "not said in its metadata"


def licences() -> str:
    """docs/licences.md."""
    packages = {name: (package.version, licence(package)) for name, package in needed().items()}
    rows = [f"| {name} | {version} | {terms} |" for name, (version, terms) in packages.items()]
    mutual = [f"{name} ({terms})" for name, (_, terms) in packages.items() if re.search("GPL|MPL|EUPL", terms)]
    return "\n".join(
        [
            "# Licences of what Telusur needs",
            "",
            "Telusur itself is Apache-2.0. Written by `python -m scripts.supply --licences` out of the metadata of the",
            "packages that `telusur[mcp]` needs on Linux, at the versions of `constraints.txt`; none is changed or",
            "copied into Telusur.",
            "",
            "Not simply permissive: " + ", ".join(mutual) + ".",
            "All of these may be used unchanged beside a program of any licence. `tld` comes with trafilatura and is",
            "offered under any one of its three licences: Telusur takes it under MPL-1.1.",
            "",
            "| package | version | licence |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def hashed() -> Iterator[str]:
    """constraints-hashed.txt, line by line."""
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("error: uv was not found\nhint: pip install uv, or --licences alone")
    versions = pinned()
    wanted = "\n".join(f"{name}=={versions[name]}" for name in needed() if name not in UNHASHED)
    options = ["--no-deps", "--universal", "--generate-hashes", "--no-annotate", "--no-header", "-q", "-"]
    done = subprocess.run([uv, "pip", "compile", *options], input=wanted, capture_output=True, text=True, cwd="/")
    if done.returncode:
        sys.exit(done.stderr)
    yield "# What telusur[mcp] needs, and digests of the files (docs/supply.md). By `python -m scripts.supply`.\n"
    yield done.stdout


def main() -> None:
    """Write both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--licences", action="store_true", help="write docs/licences.md alone")
    options = parser.parse_args()
    LICENCES.write_text(licences(), encoding="utf-8")
    if not options.licences:
        HASHED.write_text("".join(hashed()), encoding="utf-8")


if __name__ == "__main__":
    main()
