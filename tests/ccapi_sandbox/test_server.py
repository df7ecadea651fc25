"""The sandbox starts and stops, in a program and as a program."""

import socket
import subprocess
import sys
from pathlib import Path

import ccapi_sandbox
import httpx
import pytest
from ccapi_sandbox import contract
from ccapi_sandbox.__main__ import main


def test_it_stops_with_the_block() -> None:
    with ccapi_sandbox.running(strict=True) as sandbox:
        assert sandbox.base_url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{sandbox.base_url}/models").status_code == 401
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{sandbox.base_url}/models")


def test_several_at_once() -> None:
    with ccapi_sandbox.running(strict=True) as one, ccapi_sandbox.running(api_key="other", strict=True) as other:
        assert one.base_url != other.base_url
        for sandbox in (one, other):
            headers = {"Authorization": f"Bearer {sandbox.api_key}"}
            assert httpx.get(f"{sandbox.base_url}/models", headers=headers).status_code == 200


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ccapi_sandbox", "--port", "0", "--api-key", "k", "--strict"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        try:
            assert process.stdout
            line = next(line for line in process.stdout if "export" in line)
            settings = dict(word.split("=", 1) for word in line.split()[1:])
            headers = {"Authorization": f"Bearer {settings['CCAPI_API_KEY']}"}
            assert httpx.get(f"{settings['CCAPI_BASE_URL']}/providers", headers=headers).status_code == 200
        finally:
            process.terminate()


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "ccapi_sandbox", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert f"can't listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file or directory"), ModuleNotFoundError("No module")])
def test_a_contract_that_is_missing_is_told_as_such(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No package has to be installed then, and no port is taken."""

    def missing(package: str) -> Path:
        raise error

    monkeypatch.setattr(contract, "files", missing)
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0"])
    message = str(ended.value)
    assert message.startswith("error: there is no ccapi_openapi/openapi.yaml")
    assert "pip install" not in message
    assert "listen" not in message + capsys.readouterr().err
    with pytest.raises(contract.MissingContractError, match="nox -s generate"), ccapi_sandbox.running():
        pass
