"""`python -m ccapi_client.cli`: the same as `ccapi`."""

from . import main

if __name__ == "__main__":
    main()
