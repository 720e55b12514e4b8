"""Scores and comparisons on a terminal."""

from search.scores import scores_text

MEANS = {"nDCG@10": 0.8, "ci95": {"nDCG@10": [0.7, 0.9]}}
DIFFERENCE = {
    "mean": 0.8, "other": 0.75, "difference": 0.05, "ci95": [-0.01, 0.11], "p": 0.0912,
    "better": 1200, "equal": 10, "worse": 7,
}  # fmt: skip


def test_one_language() -> None:
    scores = {
        "queries": 28,
        "passages": 1026,
        "mode": "hybrid",
        **MEANS,
        "by_language": {"en": {"queries": 28, **MEANS}},
    }
    assert scores_text(scores).splitlines() == [
        "28 queries, 1,026 passages, hybrid",
        "nDCG@10  0.8000  95 % [0.7000, 0.9000]",
    ]


def test_two_languages_and_another_run() -> None:
    scores = {
        "queries": 28, "passages": 26, "mode": "hybrid", **MEANS,
        "by_language": {"en": {"queries": 8, **MEANS}, "id": {"queries": 20, **MEANS}},
        "comparison": {
            "run": "old\x1b[31m.trec", "measures": {"nDCG@10": DIFFERENCE},
            "by_language": {"en": {"nDCG@10": DIFFERENCE}, "id": {"nDCG@10": DIFFERENCE}},
            "queries": [
                {"query_id": "q7", "text": "kata " * 20, "difference": -1.0, "rank": None, "other_rank": 2}
            ],
        },
    }  # fmt: skip
    head = "           here  there    diff  95 %                    p better  equal  worse"
    row = "nDCG@10  0.8000 0.7500 +0.0500  [-0.0100, +0.1100] 0.0912  1,200     10      7"
    means = "nDCG@10  0.8000  95 % [0.7000, 0.9000]"
    shown = scores_text(scores, width=80).splitlines()
    assert shown == [
        "28 queries, 26 passages, hybrid", means, "", "en: 8 queries", means, "", "id: 20 queries", means, "",
        "Compared with old [31m.trec, query by query (10,000 bootstrap samples)",
        head, row, "", "en", head, row, "", "id", head, row, "",
        "Furthest apart in nDCG@10 (rank of the first relevant article here, there)",
        "-1.0000  q7  (–, 2)",
        "         " + "kata " * 13 + "kata",
        "         " + "kata " * 5 + "kata",
    ]  # fmt: skip
    assert all(len(line) <= 80 for line in shown)
