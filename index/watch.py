"""Keep an index up to date while files arrive, change and go.

What the system tells (and a full scan now and then, for network shares and whatever else is told of by nobody) only
says where to look; `index.update` does the rest. A path waits until it has looked the same for a while, so that a
file is not read before it is written. What cannot be done now, because another process is writing the index or the
disk is full, stays to be done and is tried again.
"""

import os
import stat
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from functools import lru_cache
from pathlib import Path

from index.catalogue import FILE_NAME
from index.encoder import open_encoder
from index.errors import EncoderError, IndexUnusableError, LockedError, TelusurError, UsageError
from index.ignore import IGNORE_FILES
from index.reading.sidecar import ENDING as SIDECAR
from index.report import OnProgress, Report
from index.scan import FoundFile
from index.update import update

TICK = 0.25  # seconds between two looks at what waits
STILL = 1.0  # seconds for which size and time of a file do not change once it is written
PATIENCE = 5.0  # seconds that a still file waits, at most, to be read together with those that are not yet
SCAN_EVERY = 300.0  # seconds between full scans
SCAN_BLIND = 15.0  # the same where the system tells nothing
RETRY, RETRY_AT_MOST = 2.0, 60.0  # seconds until what failed is tried again: the first time, and after many failures

Look = tuple[int, int] | None  # size and time of a file; None when nothing is there


def watch(
    root: Path,
    paths: Sequence[Path],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    encoder: str | None = None,
    scan_every: float = SCAN_EVERY,
    showing: Callable[[], AbstractContextManager[OnProgress]],
    tell: Callable[[str], None],
) -> Iterator[Report]:
    """Bring the index up to date, then follow the paths for ever; a report for the first update and each with news.

    A path that is gone keeps its articles until it is back. `scan_every`: seconds between full scans, 0 for none after
    the first. `showing` gives each update its progress, `tell` takes what a person should know. Raises UsageError,
    IndexUnusableError and EncoderError, all before the first report; what fails later is told and tried again.
    """
    watcher = _Watcher(root, paths, include, exclude, encoder, scan_every, showing, tell)
    while True:
        with closing(watcher.notices()) as notices:
            for noticed in notices:
                watcher.notice(noticed)
                if watcher.begun and watcher.tops_moved(noticed):
                    break
                report = watcher.step()
                if report:
                    yield report


class _Watcher:
    """The paths, what of them waits to be read, and what went wrong last."""

    def __init__(
        self,
        root: Path,
        paths: Sequence[Path],
        include: Sequence[str],
        exclude: Sequence[str],
        encoder: str | None,
        scan_every: float,
        showing: Callable[[], AbstractContextManager[OnProgress]],
        tell: Callable[[str], None],
    ) -> None:
        self.root = Path(os.path.abspath(root))
        self.paths = [Path(os.path.abspath(path)) for path in paths]
        self.include, self.exclude, self.encoder = include, exclude, encoder
        self.scan_every, self.showing, self.tell = scan_every or float("inf"), showing, tell
        self.opener = lru_cache(maxsize=1)(open_encoder)
        self.devices: dict[Path, int] = {}
        self.tops = {path: self._identity(path) or (0, 0) for path in self.paths}  # `update` says which is not there
        self.files: dict[Path, Look] = {path: _look(path) for path in self.paths if path.is_file()}
        self.waiting: dict[Path, tuple[Look, float]] = {}  # how a path looks, and since when
        self.next_scan = 0.0
        self.retry_at, self.pause, self.told = 0.0, RETRY, ""
        self.skipped: set[tuple[str, str]] = set()
        self.begun = False

    # --- what is told ----------------------------------------------------------------------------------------

    def notices(self) -> Generator[set[Path]]:
        """Every `TICK` or so, the paths of which the system tells; of the watched folders only that they went."""
        from watchfiles import Change, watch

        real = {os.path.realpath(top): top for top in self.tops if top.is_dir()}  # some systems tell of these
        if real:
            try:
                for changes in watch(
                    *real, watch_filter=None, debounce=200, step=50, rust_timeout=round(1000 * TICK),
                    yield_on_timeout=True, ignore_permission_denied=True,
                ):  # fmt: skip
                    yield {
                        self._named(path, real)
                        for change, path in changes
                        if path not in real or change == Change.deleted
                    }
            except FileNotFoundError:  # gone this instant
                pass
            except (OSError, RuntimeError) as error:
                self.scan_every = min(self.scan_every, SCAN_BLIND)
                self.next_scan = min(self.next_scan, time.monotonic() + self.scan_every)
                self.tell(f"the system tells of no changes ({error}); looking every {self.scan_every:.0f} s instead")
        while True:
            time.sleep(TICK)
            yield set()

    @staticmethod
    def _named(path: str, real: dict[str, Path]) -> Path:
        folder = next(folder for folder in sorted(real, reverse=True) if Path(path).is_relative_to(folder))
        return real[folder] / os.path.relpath(path, folder)

    def notice(self, paths: Iterable[Path]) -> None:
        """Let paths wait that may have changed, the files among the watched paths with them."""
        now = time.monotonic()
        for path, before in self.files.items():
            look = _look(path)
            if look and look != before:
                self.files[path] = look
                self.waiting[path] = look, now
        for path in paths:
            if path in self.paths:  # `tops_moved` looks after these
                continue
            if path.name in IGNORE_FILES or path.name.endswith(SIDECAR):  # these speak of other files
                path = path.parent
            if not self._is_own(path) and not self._is_hidden(path):
                self.waiting[path] = _look(path), now

    def _is_own(self, path: Path) -> bool:
        return path.is_relative_to(self.root)

    def _is_hidden(self, path: Path) -> bool:
        tops = [top for top in self.tops if path.is_relative_to(top)]
        return all(any(part.startswith(".") for part in path.relative_to(top).parts) for top in tops)

    def _identity(self, top: Path) -> tuple[int, int] | None:
        """Which file or folder a watched path is now; None when it is gone, or an empty place to mount a disk at."""
        try:
            status = top.stat()
            if self.devices.get(top, status.st_dev) != status.st_dev and stat.S_ISDIR(status.st_mode):
                next(top.iterdir())
        except (OSError, StopIteration):
            return None
        self.devices[top] = status.st_dev
        return status.st_dev, status.st_ino

    def tops_moved(self, noticed: set[Path]) -> bool:
        """Whether a watched folder went, came back or was replaced, so that it has to be watched anew."""
        tops = {top: found for top in self.paths if (found := self._identity(top))}
        if tops == self.tops and noticed.isdisjoint(self.paths):
            return False
        for top in self.tops.keys() - tops.keys():
            self.tell(f"{top} is gone; its articles stay in the index until it is back")
        for top in tops.keys() - self.tops.keys():
            self.tell(f"{top} is back")
        self.tops = tops
        self.waiting = {path: w for path, w in self.waiting.items() if any(path.is_relative_to(top) for top in tops)}
        self.next_scan = 0.0
        return True

    # --- what is done ----------------------------------------------------------------------------------------

    def step(self) -> Report | None:
        """Update the index if there is something to be read and the time has come; a report if there is news."""
        now = time.monotonic()
        whole = now >= self.next_scan or not (self.root / FILE_NAME).exists()
        ready = self._still(now)
        if now < self.retry_at or not self.tops or not (whole or ready):
            return None
        taken = {path: self.waiting.pop(path) for path in ready}
        try:
            report = self._update(None if whole else ready)
        except (TelusurError, OSError) as error:
            if not self.begun and isinstance(error, UsageError | IndexUnusableError | EncoderError):
                raise
            self.waiting = taken | self.waiting
            if all(map(self._identity, self.tops)):  # else a folder went this instant, and that will be told
                self._failed(error)
            return None
        self.retry_at, self.pause, self.told = 0.0, RETRY, ""
        if whole:
            self.next_scan = time.monotonic() + self.scan_every
        return self._news(report, whole=whole)

    def _still(self, now: float) -> list[Path]:
        """What has looked the same for a while, once all does or some of it has waited long enough."""
        for path, (look, _) in self.waiting.items():
            if (seen := _look(path)) != look:
                self.waiting[path] = seen, now
        since = {path: since for path, (_, since) in self.waiting.items() if now - since >= STILL}
        if not since or (len(since) < len(self.waiting) and now - min(since.values()) < PATIENCE):
            return []
        return sorted(since)

    def _update(self, changed: Sequence[Path] | None) -> Report:
        with self.showing() as on_progress:
            return update(
                self.root,
                [*self.tops],
                include=self.include,
                exclude=self.exclude,
                encoder=None if (self.root / FILE_NAME).exists() and self.begun else self.encoder,
                changed=changed,
                passed_over=self._unsettled,
                opener=self.opener,
                wait=1.0,
                on_progress=on_progress,
            )

    def _unsettled(self, file: FoundFile) -> bool:
        """Whether a file is perhaps still being written; then it waits."""
        fresh = 0 <= time.time_ns() - file.mtime_ns < STILL * 1e9
        if not (fresh or self.waiting):
            return False
        path = Path(file.location)
        if fresh and path not in self.waiting:
            self.waiting[path] = (file.size, file.mtime_ns), time.monotonic()
        return path in self.waiting

    def _failed(self, error: TelusurError | OSError) -> None:
        if isinstance(error, LockedError):
            self.pause = RETRY
            message = f"waiting: {error}"
        else:
            hint = error.hint if isinstance(error, TelusurError) else ""
            message = f"error: {error}" + f" ({hint})" * bool(hint) + "; trying again until it is done"
        if message != self.told:
            self.tell(message)
        self.told = message
        self.retry_at = time.monotonic() + self.pause
        self.pause = min(2 * self.pause, RETRY_AT_MOST)

    def _news(self, report: Report, *, whole: bool) -> Report | None:
        """The report without what was said before, if there is anything in it."""
        skipped = {(skip.path, skip.reason) for skip in report.skipped}
        if whole:
            report.skipped = [skip for skip in report.skipped if (skip.path, skip.reason) not in self.skipped]
        self.skipped = skipped if whole else self.skipped | skipped
        first, self.begun = not self.begun, True
        done = report.added or report.changed or report.renamed or report.removed or report.skipped
        return report if first or done else None


def _look(path: Path) -> Look:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else (0, 0)
