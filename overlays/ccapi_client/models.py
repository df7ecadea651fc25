"""Every model of the contract, as `nox -s generate` wrote them."""

from ccapi_openapi.models import *
from ccapi_openapi.models import __all__ as __all__  # noqa: PLC0414 - exported
