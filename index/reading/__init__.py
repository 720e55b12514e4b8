"""Readers: what a file of each format holds, as it stands there. Nothing is inferred here; that is `index.article`."""
