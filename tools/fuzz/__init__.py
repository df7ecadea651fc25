"""Inputs of all kinds for what the client reads: `targets` says what must hold, `one` runs a target under Atheris."""
