"""Streamed chat completions: from the bytes of an event stream to chunks, text and the whole response."""
