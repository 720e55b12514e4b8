"""Is anything relevant? A probability from how near the best passage is, against how near unrelated ones come. Pure.

The ground is the index's own calibration (`index.calibration`): where the nearest passages of unrelated questions lie.
The weights were fitted on the development sets; docs/quality.md says how, and where the verdict fails.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from search.rank import Candidate

NEARNESS_WEIGHT = 14.0  # a cosine counts by how far it lies above the ground
SHARE_WEIGHT = 9.0  # words met count by their share of what the question could reach
BIAS = -3.4
ANSWERED = 0.5  # confidence from which the first hit is called an answer
WEAK = 0.75  # below this the answer is called weak
LOOK_AT = 10  # candidates


def confidence(candidates: Sequence[Candidate], calibration: Mapping[str, Any]) -> float:
    """Probability that the best candidates hold a relevant passage: 0 … 1.

    A logistic function of the cosine above the ground and of the share of the question's words (weighted by idf).
    """
    ground = calibration["median"] + calibration["spread"]
    best = -math.inf
    for candidate in candidates[:LOOK_AT]:
        nearness = (candidate.cosine or 0.0) - ground
        best = max(best, NEARNESS_WEIGHT * nearness + SHARE_WEIGHT * (candidate.share or 0.0))
    return 1 / (1 + math.exp(-(best + BIAS))) if best > -math.inf else 0.0
