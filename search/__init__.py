"""Query side of Telusur: a question becomes ranked passages with their sources."""
