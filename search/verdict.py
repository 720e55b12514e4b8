"""Is anything relevant? A probability from how near the best passages are, against how near unrelated ones come. Pure.

The ground is the index's own calibration (`index.calibration`): where the nearest passages of unrelated questions lie.
There are two roads to an answer: a passage near enough by itself, in whichever language, or one less near that holds
the question's words. A question in another language than the articles has only the first; names and rare words need the
second. Thresholds: `python -m scripts.fit_verdict`; docs/quality.md says how well they do and where they fail.

A text that `related` looks for stands on the ground of its own language where that lies lower, as what is about the
same in another language is less near. Words help only passages above the ground: a text has more of them in common
with any other than a question has.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from search.rank import Candidate

NEAR = 0.16  # cosine above the ground from which a passage answers by itself
NEAR_TEXT = 0.17  # the same for a text
TOGETHER = 0.47  # cosine above the ground plus MET_WEIGHT × words met, from which it answers with their help
MET_WEIGHT = 0.8
SLOPES = (14.0, 8.0)  # of the logistic functions around these thresholds
ANSWERED = 0.5  # probability from which the first hit is called an answer
WEAK = 0.75  # below this the answer is called weak
LOOK_AT = 10  # candidates


def evidence(candidates: Sequence[Candidate], calibration: Mapping[str, Any]) -> tuple[float, float]:
    """What the best candidates come to on each road.

    First the greatest cosine above the ground; then the most that one passage has of that and of the question's words
    (weighted by idf) together.
    """
    return _evidence(candidates, calibration["median"], -math.inf)


def _evidence(candidates: Sequence[Candidate], ground: float, floor: float) -> tuple[float, float]:
    top = candidates[:LOOK_AT]
    near = [(candidate.cosine or 0.0) - ground for candidate in top]
    together = [
        one + MET_WEIGHT * (candidate.met or 0.0) for one, candidate in zip(near, top, strict=True) if one >= floor
    ]
    return max(near, default=-1.0), max(together, default=-1.0)


def probability(near: float, together: float, near_enough: float = NEAR) -> float:
    """The better of the two roads: logistic functions around NEAR (or another threshold) and TOGETHER, 0 … 1."""
    exponents = SLOPES[0] * (near - near_enough), SLOPES[1] * (together - TOGETHER)
    return (1 + math.tanh(max(exponents) / 2)) / 2  # the same, which no cosine out of a spoilt segment overflows


def confidence(candidates: Sequence[Candidate], calibration: Mapping[str, Any]) -> float:
    """Probability that the candidates hold a relevant passage; 0 when there is none at all.

    Where words alone were looked for (no candidate has a cosine): the most of the question that one passage meets.
    """
    if all(candidate.cosine is None for candidate in candidates):
        return _most_met(candidates)
    return probability(*evidence(candidates, calibration))


def confidence_of_text(candidates: Sequence[Candidate], calibration: Mapping[str, Any], language: str | None) -> float:
    """The same, that the candidates hold something about the same as a text in this language (None: not known).

    Indexes made before calibration told languages apart have one ground for all.
    """
    if all(candidate.cosine is None for candidate in candidates):
        return _most_met(candidates)
    every = calibration["median"]
    ground = min(every, calibration.get("by_language", {}).get(language, every))
    return probability(*_evidence(candidates, ground, 0.0), NEAR_TEXT)


def _most_met(candidates: Sequence[Candidate]) -> float:
    return max((candidate.met or 0.0 for candidate in candidates[:LOOK_AT]), default=0.0)
