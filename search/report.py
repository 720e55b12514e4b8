"""What an update did, as people and programs read it (pure)."""

import re
from collections import Counter
from typing import Any

from index.report import Report, Skipped
from index.shard import ShardReport
from search.wrap import several

SHOWN = 5  # files that are named of one reason, unless there is only one more; twice as many need no summary

_PLACE = re.compile(r"^(line|row|page|element) \S+: ")


def report_object(report: Report) -> dict[str, Any]:
    """A report with the keys that docs and CLI promise."""
    counts = {name: getattr(report, name) for name in ("added", "changed", "renamed", "removed", "unchanged")}
    skipped = {
        "skipped": [{"path": skip.path, "reason": skip.reason} for skip in report.skipped],
        "skipped_by_reason": dict(Counter(_kind(skip) for skip in report.skipped).most_common()),
        "ignored": report.ignored,
    }
    totals = {name: getattr(report, name) for name in ("articles", "passages", "encoded", "seconds")}
    return {**counts, **skipped, **totals, "columns": dict(report.columns)}


def report_text(report: Report, *, dry_run: bool = False) -> str:
    """A report in one line, or two with what the index holds."""
    shown = [
        f"{count:,} {name}"
        for name in ("added", "changed", "renamed", "removed", "unchanged")
        if (count := getattr(report, name))
    ]
    if report.skipped:
        shown.append(f"{len(report.skipped):,} skipped")
    line = ("Would be: " if dry_run else "Articles: ") + (", ".join(shown) or "nothing found")
    if dry_run:
        return line + "."
    return (
        f"{line}.\nThe index holds {several(report.articles, 'article')} in {several(report.passages, 'passage')}; "
        f"{several(report.encoded, 'passage')} encoded in {report.seconds:.1f} s."
    )


def shard_object(shard: str, report: ShardReport) -> dict[str, Any]:
    """What a shard did, with the keys that docs promise."""
    skipped = [{"path": skip.path, "reason": skip.reason} for skip in report.skipped]
    counts = {name: getattr(report, name) for name in ("articles", "passages", "encoded", "seconds")}
    return {"shard": shard, **counts, "skipped": skipped}


def shard_text(shard: str, report: ShardReport) -> str:
    """What a shard did, and what comes next."""
    return (
        f"Shard {shard}: {several(report.articles, 'article')}, {several(report.passages, 'passage')}; "
        f"{report.encoded:,} encoded in {report.seconds:.1f} s.\n"
        "When all shards are done, the same command without --shard writes the index."
    )


def skipped_lines(report: Report | ShardReport) -> list[str]:
    """What was skipped: the first files of each reason by name, how many there are more, and all counts by reason."""
    counts = Counter(_kind(skip) for skip in report.skipped)
    lines: list[str] = []
    named: Counter[str] = Counter()
    for skip in report.skipped:
        kind = _kind(skip)
        named[kind] += 1
        if named[kind] <= SHOWN or counts[kind] == SHOWN + 1:
            lines.append(f"skipped {skip.path}: {skip.reason}" + (f" ({skip.hint})" if skip.hint else ""))
    lines += [f"skipped {n - SHOWN:,} more: {kind}" for kind, n in counts.most_common() if n > SHOWN + 1]
    if len(report.skipped) > 2 * SHOWN:
        lines.append("skipped in all: " + ", ".join(f"{n:,} × {kind}" for kind, n in counts.most_common()))
    return lines


def ignored_line(report: Report) -> str:
    """How much was left out because the user's own files say so."""
    what = "file or folder" if report.ignored == 1 else "files and folders"
    return f"left out by .gitignore and .telusurignore: {report.ignored:,} {what}"


def _kind(skip: Skipped) -> str:
    """The reason without where in the file, and without what is this file's own."""
    return re.split(r" \(|: |; ", _PLACE.sub("", skip.reason), maxsplit=1)[0]
