"""The client against programs that nobody here wrote. `nox -s reliability` runs it and writes docs/reliability.md."""
