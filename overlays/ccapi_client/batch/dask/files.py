"""Where a worker puts files: into a folder or, by fsspec, at a URL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from ..._lazily import anyio
from ...errors import ConfigurationError
from ..desk import Problem, Report
from ..work import make_folder


@attrs.frozen
class Upload:
    """Puts files at a URL.

    Attributes:
        url: The URL of the folder.
    """

    url: str

    async def of_report(self, report: Report) -> Report:
        """The report of files that were saved, once they are at the URL; or of why they are not."""
        try:
            paths = await anyio.to_thread.run_sync(self._put, report.paths)
        except Exception as error:  # noqa: BLE001 - it is whatever the file system's library raises
            problem = Problem("output", f"the files can't be saved: {type(error).__name__}: {error}")
            return Report(report.row, report.attempt, "polled", permit=report.permit, stop=problem)
        return attrs.evolve(report, paths=paths)

    def _put(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        system, root = _system(self.url)
        system.makedirs(root, exist_ok=True)
        urls = []
        for path in map(Path, paths):
            target = f"{root.rstrip('/')}/{path.name}"
            system.put_file(str(path), target)
            path.unlink()
            urls.append(str(system.unstrip_protocol(target)))
        return tuple(urls)


def _system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path there."""
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise ConfigurationError(f"output: {url} can't be used: {error}") from None
    return system, str(path)


@contextmanager
def place(output: str | None) -> Iterator[tuple[Path | None, Upload | None]]:
    """The folder into which files are saved, and what is done with them then.

    Raises:
        BatchError: The folder can't be made.
        ConfigurationError: fsspec can't use the URL.
    """
    if output is None:
        yield None, None
    elif "://" in output:
        _system(output)
        with tempfile.TemporaryDirectory(prefix="ccapi-batch-") as folder:
            yield Path(folder), Upload(output)
    else:
        make_folder(Path(output))
        yield Path(output), None
