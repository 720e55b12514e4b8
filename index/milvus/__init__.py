"""Vectors on a Milvus server, for archives that outgrow one machine: docs/scale.md."""
