"""Is anything relevant? A probability from how near the best passages are, against how near unrelated ones come. Pure.

The ground is the index's own calibration (`index.calibration`): where the nearest passages of unrelated questions lie.
The weights were fitted by `python -m scripts.fit_verdict`; docs/quality.md says how well they do and where they fail.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from search.rank import Candidate

FEATURES = ("nearness", "met", "together")
WEIGHTS = (14.0, 3.0, 0.0)
BIAS = -3.4
ANSWERED = 0.5  # probability from which the first hit is called an answer
WEAK = 0.75  # below this the answer is called weak
LOOK_AT = 10  # candidates


def evidence(candidates: Sequence[Candidate], calibration: Mapping[str, Any]) -> tuple[float, ...]:
    """FEATURES of a ranking.

    nearness: the best cosine above the ground. met: the most of the question's words, weighted by idf, that one
    passage meets. together: the most that one passage has of the sum of both.
    """
    ground = calibration["median"] + calibration["spread"]
    top = candidates[:LOOK_AT]
    near = [(candidate.cosine or 0.0) - ground for candidate in top]
    met = [candidate.met or 0.0 for candidate in top]
    together = [one + other for one, other in zip(near, met, strict=True)]
    return max(near, default=-1.0), max(met, default=0.0), max(together, default=-1.0)


def probability(features: Sequence[float]) -> float:
    """Logistic function of the weighted features: 0 … 1."""
    return 1 / (1 + math.exp(-(BIAS + sum(weight * value for weight, value in zip(WEIGHTS, features, strict=True)))))


def confidence(candidates: Sequence[Candidate], calibration: Mapping[str, Any]) -> float:
    """Probability that the candidates hold a relevant passage; 0 when there is none at all.

    Where words alone were looked for (no candidate has a cosine): the most of the question that one passage meets.
    """
    if all(candidate.cosine is None for candidate in candidates):
        return max((candidate.met or 0.0 for candidate in candidates[:LOOK_AT]), default=0.0)
    return probability(evidence(candidates, calibration))
