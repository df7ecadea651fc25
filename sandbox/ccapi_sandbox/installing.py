"""What to run where a package is missing that an extra brings."""


def how_to_install(extras: str) -> str:
    """The command that adds extras to this package, which is installed: no index is asked for it."""
    return f"pip install 'ccapi-client[{extras}]'"
