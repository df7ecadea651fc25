"""Every model of the contract, as `nox -s generate` wrote them, and `UNSET`, the value of a field that an answer lacks."""

from ccapi_openapi.models import *
from ccapi_openapi.types import UNSET as UNSET
from ccapi_openapi.types import Unset as Unset
