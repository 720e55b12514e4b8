"""The HTTP side: JSON over a Searcher, and the files of the page."""
