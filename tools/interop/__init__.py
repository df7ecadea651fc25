"""Calls by other people's clients against the sandbox, and the table of how they went, docs/interop.md."""
