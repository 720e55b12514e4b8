"""Screenshots of the page in docs/: a real Chromium before a real server over an index of the seeds.

python -m scripts.screenshots [FOLDER]      needs chromium, and playwright out of the dev extra
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
DESK, PHONE = {"width": 1000, "height": 660}, {"width": 360, "height": 740}
CUBA, RUSSIA = "What did China and Cuba promise each other?", "Siapa mitra dagang terbesar Rusia?"

# name of the picture: address, and how the browser is set up
PICTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "page-answer": (f"/?q={quote(CUBA)}", {"viewport": DESK, "locale": "en-GB"}),
    "page-article": (f"/?q={quote(CUBA)}", {"viewport": DESK, "locale": "id-ID"}),
    "page-nothing": (f"/?q={quote('Resep rendang padang')}", {"viewport": DESK, "locale": "id-ID"}),
    "page-phone": (f"/?q={quote(RUSSIA)}", {"viewport": PHONE, "locale": "id-ID", "color_scheme": "dark"}),
}


def chromium() -> str | None:
    """Where the system's Chromium is, if there is one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def browser() -> "Iterator[Browser]":
    """A headless Chromium of the system; nothing is downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium())
        yield opened
        opened.close()


@contextmanager
def served(index: Path) -> Iterator[str]:
    """`telusur serve` over an index, at a free port of this machine: its address, without a slash at the end."""
    command = [sys.executable, "-m", "search", "serve", "--port", "0", "--index", str(index)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield server.stdout.readline().strip().rstrip("/")
        finally:
            server.terminate()


def take(page: "Page", name: str, folder: Path) -> Path:
    """Wait until the page has everything, and take its picture."""
    page.wait_for_selector("#filters-body .count, .nothing, .story", state="attached")
    if name == "page-article":
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(".asked mark")
    page.wait_for_load_state("networkidle")
    path = folder / f"{name}.png"
    page.screenshot(path=path)
    return path


def main() -> None:
    """Index the seeds, serve them, take the pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    if chromium() is None:
        sys.exit("error: there is no chromium\nhint: on Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory() as temporary:
        index = Path(temporary) / ".telusur"
        command = [sys.executable, "-m", "search", "index", "seeds", "--index", str(index)]
        subprocess.run(command, check=True, cwd=ROOT)
        with served(index) as address, browser() as opened:
            for name, (path, setting) in PICTURES.items():
                context = opened.new_context(**setting)
                page = context.new_page()
                page.goto(address + path)
                print(take(page, name, folder))
                context.close()


if __name__ == "__main__":
    main()
