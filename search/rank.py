"""Two rankings into one, one hit an article. Pure functions over numbers and texts.

A ranking is `list[(passage, score)]`, best first; equal scores stand in order of number, so that the same question
gets the same answer on every machine.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

# Chosen on the development sets, see docs/quality.md.
WORDS = 0.9  # of the question's words in the passage, by BM25, as long as it is not looked into
LOOKED_INTO = 16  # first passages that are; more change no figure. What counts then, beside the rest of the cosine:
PASSAGE_WORDS = 0.2  # the question's words in the passage, by BM25
ARTICLE_WORDS = 0.3  # those anywhere in its article: a later paragraph seldom says again what it is all about
SENTENCE = 0.25  # cosine and words of one sentence together: one that is near and names what is asked answers
BM25_CEILING = 2.2  # k1 + 1, tantivy's k1 being 1.2: what a word said over and over adds, in units of its idf
NEXT_PASSAGE = 0.2  # of its score counts with an article's best passage, when a text looks for others about the same
RERANKED = 20  # candidates that a reranker reads: what a person waits for on a CPU, docs/encoders.md
MARGIN = 0.001  # between the last score of a reranker and the first other one


class Candidate(NamedTuple):
    """A passage on its way to becoming a hit, with each leg's part in its score (None: that leg did not see it)."""

    passage: int
    score: float
    cosine: float | None = None
    bm25: float | None = None
    semantic_rank: int | None = None
    lexical_rank: int | None = None
    share: float | None = None  # BM25 over the most this question could reach: 0 … 1
    held: float | None = None  # how much of the question's words its article holds, by idf; None: not looked into
    sentence: float | None = None  # the most that one of its sentences has of cosine and words together
    met: float | None = None  # how much of them, by probable meaning, the passage holds: 0 … 1
    next_passage: float | None = None  # what the article's next best passage adds to the score
    fused: float | None = None  # the score before a reranker gave its own


def ordered(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Best first, equal scores in order of number."""
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.passage))


def fuse(
    dense: Sequence[tuple[int, float]],
    lexical: Sequence[tuple[int, float]],
    cosines: Mapping[int, float],
    idf_sum: float,
) -> list[Candidate]:
    """The hybrid ranking: cosine + WORDS × (BM25 / the most BM25 this question can reach).

    The divisor carries the question's language: English words that no Indonesian passage holds still count in it, so
    the lexicon weighs little where it can know little, and much where names and rare words are met.

    `cosines`: for passages that only the lexicon found. `idf_sum`: inverse document frequencies of all telling words.
    """
    semantic = {passage: (rank, score) for rank, (passage, score) in enumerate(dense, start=1)}
    by_words = {passage: (rank, score) for rank, (passage, score) in enumerate(lexical, start=1)}
    ceiling = BM25_CEILING * idf_sum
    fused = []
    for passage in semantic.keys() | by_words.keys():
        semantic_rank, cosine = semantic.get(passage, (None, cosines.get(passage, 0.0)))
        lexical_rank, bm25 = by_words.get(passage, (None, 0.0))
        share = min(1.0, bm25 / ceiling) if ceiling > 0 else 0.0
        score = cosine + WORDS * share
        fused.append(Candidate(passage, score, cosine, bm25, semantic_rank, lexical_rank, share))
    return ordered(fused)


def looked_into(candidates: Sequence[Candidate], found: Mapping[int, tuple[float, float]]) -> list[Candidate]:
    """The hybrid ranking when some passages have been looked into.

    `found`: by passage, how much of the question's words its article holds, 0 … 1, and the most that one of its
    sentences has of cosine and such a share together.
    """
    return ordered(_looked_into(one, *found[one.passage]) if one.passage in found else one for one in candidates)


def _looked_into(one: Candidate, held: float, sentence: float) -> Candidate:
    score = (1 - SENTENCE) * (one.cosine or 0.0) + PASSAGE_WORDS * (one.share or 0.0)
    return one._replace(score=score + ARTICLE_WORDS * held + SENTENCE * sentence, held=held, sentence=sentence)


def backed(candidates: Sequence[Candidate], article_of: Mapping[int, int]) -> list[Candidate]:
    """The ranking when an article's best passage counts NEXT_PASSAGE of the score of its next best one as well.

    A question is answered by one passage; an article about the same as a whole text is near it in more than one.
    """
    best: dict[int, int] = {}  # place, by article
    raised = list(candidates)
    found: set[int] = set()
    for at, candidate in enumerate(candidates):
        article = article_of[candidate.passage]
        first = best.setdefault(article, at)
        if first != at and article not in found:
            found.add(article)
            more = NEXT_PASSAGE * candidate.score
            raised[first] = raised[first]._replace(score=raised[first].score + more, next_passage=more)
    return ordered(raised)


def reranked(candidates: Sequence[Candidate], scores: Sequence[float]) -> list[Candidate]:
    """The first candidates in the order of a reranker's scores, one each, and the others after them as they stood.

    Scores fall from rank to rank: those of the others are moved, all by as much, to begin below the last of the first.
    """
    own = zip(candidates, scores, strict=False)
    first = ordered(candidate._replace(score=float(score), fused=candidate.score) for candidate, score in own)
    others = candidates[len(first) :]
    if not first or not others:
        return [*first, *others]
    moved = min(0.0, first[-1].score - others[0].score - MARGIN)
    return [*first, *(one._replace(score=one.score + moved) for one in others)]


def one_each(candidates: Iterable[Candidate], group_of: Mapping[int, int]) -> list[Candidate]:
    """The best candidate of each group (of each article), in order of rank."""
    seen: set[int] = set()
    best = []
    for candidate in candidates:
        group = group_of[candidate.passage]
        if group not in seen:
            seen.add(group)
            best.append(candidate)
    return best
