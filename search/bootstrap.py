"""How sure a mean over queries is, and a difference of two: the percentile bootstrap. Pure, with a fixed seed.

Queries are drawn with replacement, as many as there are, and the mean is taken anew; the middle 95 % of such means are
the interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). Two runs are compared by the
differences of the same queries (Sakai, Evaluating Evaluation Metrics based on the Bootstrap, SIGIR 2006).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

RESAMPLES = 10_000
_AT_ONCE = 1_000_000  # values drawn at a time, to bound the memory


def means(values: Values) -> Values:
    """(RESAMPLES, m) means of the rows drawn out of (n, m) values."""
    generator = np.random.default_rng(0)
    size = len(values)
    step = max(1, _AT_ONCE // values.size)
    drawn = [
        values[generator.integers(0, size, (min(step, RESAMPLES - begin), size))].mean(axis=1)
        for begin in range(0, RESAMPLES, step)
    ]
    # Equal wins and losses cancel to nothing, not to a rounding error on one side of it.
    return np.concatenate(drawn).round(12)


def intervals(values: Values) -> Values:
    """(m, 2) 95 % confidence intervals of the means of (n, m) values."""
    return np.asarray(np.percentile(means(values), [2.5, 97.5], axis=0).T)


def compare(values: Values, others: Values) -> list[dict[str, Any]]:
    """For each of m measures, how (n, m) values differ from `others` of the same queries.

    `mean`, `other`, `difference` of the two with `ci95`, and on how many queries the values are `better`, `equal`,
    `worse`. `p` is two-sided: the smallest 1 − level at which the percentile interval of the difference leaves 0 out,
    that is twice the share of draws on the other side of 0, with one added to draws and count (Davison and Hinkley,
    Bootstrap Methods, 1997, section 4.2), so that it is never 0.
    """
    gaps = values - others
    drawn = means(gaps)
    bounds = np.percentile(drawn, [2.5, 97.5], axis=0).T
    against = 1 + np.minimum((drawn <= 0).sum(axis=0), (drawn >= 0).sum(axis=0))
    compared = []
    for number, gap in enumerate(gaps.T):
        better, worse = int((gap > 1e-9).sum()), int((gap < -1e-9).sum())
        compared.append(
            {
                "mean": round(float(values[:, number].mean()), 4),
                "other": round(float(others[:, number].mean()), 4),
                "difference": round(float(gap.mean()), 4),
                "ci95": [round(float(bound), 4) for bound in bounds[number]],
                "p": round(min(1.0, 2 * float(against[number]) / (RESAMPLES + 1)), 4),
                "better": better,
                "equal": len(gap) - better - worse,
                "worse": worse,
            }
        )
    return compared
