"""Building side of Telusur: articles become passages, vectors and terms in one consistent index."""
