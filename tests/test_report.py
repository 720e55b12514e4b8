"""What an update did, in words and as an object."""

from index.report import Report, Skipped
from search.report import ignored_line, report_object, report_text, skipped_lines


def skips(*kinds: tuple[int, str]) -> list[Skipped]:
    return [Skipped(f"{reason[:3]}-{n}", reason.format(n=n)) for count, reason in kinds for n in range(count)]


def test_one_skip_is_one_line() -> None:
    report = Report(skipped=[Skipped("a.doc", "unknown format .doc", "formats read: .txt")])
    assert skipped_lines(report) == ["skipped a.doc: unknown format .doc (formats read: .txt)"]
    assert skipped_lines(Report()) == []


def test_hundreds_are_counted_by_reason() -> None:
    kinds = (
        (312, "unknown format .jpg"),
        (6, "empty: nothing but white space"),
        (4, "line {n}: broken JSON (Expecting value at column {n})"),
        (1200, "too long for one article: {n},000,000 bytes, at most 1,000,000 characters are read"),
    )
    report = Report(skipped=skips(*kinds))
    lines = skipped_lines(report)
    assert lines[:5] == [f"skipped unk-{n}: unknown format .jpg" for n in range(5)]
    assert lines[5:11] == [f"skipped emp-{n}: empty: nothing but white space" for n in range(6)]
    assert len(lines) == 5 + 6 + 4 + 5 + 3
    assert lines[-3:] == [
        "skipped 1,195 more: too long for one article",
        "skipped 307 more: unknown format .jpg",
        "skipped in all: 1,200 × too long for one article, 312 × unknown format .jpg, 6 × empty, 4 × broken JSON",
    ]
    shown = report_object(report)
    assert len(shown["skipped"]) == 1522
    assert shown["skipped"][318] == {
        "path": "lin-0",
        "reason": "line 0: broken JSON (Expecting value at column 0)",
    }
    assert list(shown["skipped_by_reason"].items()) == [
        ("too long for one article", 1200), ("unknown format .jpg", 312), ("empty", 6), ("broken JSON", 4),
    ]  # fmt: skip


def test_in_words() -> None:
    report = Report(added=29_999, unchanged=1, ignored=3, articles=30_000, passages=123_456, encoded=4, seconds=12.34)
    assert report_text(report) == (
        "Articles: 29,999 added, 1 unchanged.\n"
        "The index holds 30,000 articles in 123,456 passages; 4 passages encoded in 12.3 s."
    )
    assert report_text(report, dry_run=True) == "Would be: 29,999 added, 1 unchanged."
    one = report_text(Report(added=1, articles=1, passages=1, encoded=1, seconds=0.5))
    assert one.endswith("The index holds 1 article in 1 passage; 1 passage encoded in 0.5 s.")
    assert report_text(Report(), dry_run=True) == "Would be: nothing found."
    assert ignored_line(report) == "left out by .gitignore and .telusurignore: 3 files and folders"
    assert ignored_line(Report(ignored=1)).endswith(": 1 file or folder")
