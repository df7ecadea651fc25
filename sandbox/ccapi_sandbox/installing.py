"""What to run where a package is missing that an extra brings."""


def how_to_install(extras: str) -> str:
    """The command that adds extras to this package, which is installed and needs no index."""
    return f"pip install 'ccapi-client[{extras}]'"
