"""From a call to its response: what is sent, the one sender, retries and reading."""
