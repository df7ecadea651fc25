"""Compares two versions of the contract and says which version the newer one has to have.

Nothing in the package but `__main__` reads or writes: documents go in as what YAML gives, and `Change` objects come out.
"""

from .changelog import with_changes as with_changes
from .changes import Change as Change
from .changes import Flow as Flow
from .changes import Severity as Severity
from .document import compare as compare
from .version import expected as expected
from .version import suffices as suffices
