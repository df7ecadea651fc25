"""`ccapi login` and `ccapi logout`, and which key goes where: options, the environment, the file of profiles."""

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import ccapi_sandbox
import pexpect  # type: ignore[import-untyped]
import pytest
from ccapi_client.cli.connection import Connection, Profile, account
from ccapi_client.cli.profiles import write_profiles
from ccapi_client.cli.session import Session
from ccapi_client.errors import CCAPIError, ConfigurationError, InvalidRequestError
from ccapi_sandbox import Sandbox

from .here import Here, recording
from .processes import Processes

FOUR = "key-0123456789"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with ccapi_sandbox.running() as sandbox:
        yield sandbox


@pytest.fixture
def here(server: Sandbox, tmp_path: Path) -> Here:
    """Somebody without variables in the environment, and nothing kept yet."""
    server.reset()
    return Here(tmp_path, CCAPI_API_KEY="", CCAPI_BASE_URL="")


@pytest.fixture
def cli(here: Here, server: Sandbox) -> Processes:
    """The same, in processes of their own."""
    found = Processes(server, here.folder)
    found.environment |= here.environment
    return found


def kept(cli: Here | Processes) -> Path:
    return cli.folder / "config" / "ccapi" / "profiles.toml"


def login(here: Here, *arguments: str, key: str) -> None:
    done = here("login", "-", *arguments, input=f"{key}\n")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_key_from_a_pipe_is_used_by_commands(here: Here, server: Sandbox) -> None:
    assert here("models").returncode == 3
    login(here, "--base-url", server.base_url, key=server.api_key)
    assert stat.S_IMODE(kept(here).stat().st_mode) == 0o600
    assert stat.S_IMODE(kept(here).parent.stat().st_mode) == 0o700
    assert here("models").returncode == 0
    told = here("doctor")
    assert told.returncode == 0
    assert re.search(rf"ok   key +the profile 'default', {len(server.api_key)} characters\n", told.stdout)
    assert re.search(rf"ok   address +{re.escape(server.base_url)} \(the profile 'default'\)\n", told.stdout)


def test_a_key_that_is_typed_is_not_shown(cli: Processes) -> None:
    terminal = cli.terminal("login", "--profile", "work", "--base-url", cli.sandbox.base_url)
    terminal.expect("Key of the profile 'work' for http://127.0.0.1:")
    terminal.sendline(cli.sandbox.api_key)
    terminal.expect(r"to check it: ccapi doctor --profile work")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert cli.sandbox.api_key in kept(cli).read_text()
    shown = cli.terminal("login", "--list")
    shown.expect(pexpect.EOF)
    for text in (terminal.before, shown.before):
        assert cli.sandbox.api_key not in text
    assert cli("models", "--profile", "work").returncode == 0
    assert cli("models", environment={"CCAPI_PROFILE": "work"}).returncode == 0
    assert cli("models").returncode == 3


def test_another_key_keeps_the_address_of_the_profile(here: Here) -> None:
    login(here, "--profile", "work", "--base-url", OTHER, key=FOUR)
    login(here, "--profile", "work", key="key-9876543210")
    assert "key-9876543210" in kept(here).read_text()
    assert [each["base_url"] for each in here.json("login", "--list")] == [OTHER]
    here("login", "-", "--profile", "work", input=FOUR, environment={"CCAPI_BASE_URL": PRODUCTION})
    assert [each["base_url"] for each in here.json("login", "--list")] == [OTHER]
    here("login", "-", "--profile", "new", input=FOUR, environment={"CCAPI_BASE_URL": PRODUCTION})
    login(here, "--profile", "work", "--base-url", AT_WORK, key=FOUR)
    assert [each["base_url"] for each in here.json("login", "--list")] == [PRODUCTION, "https://work.example/v2"]


def test_a_key_that_is_kept_meanwhile_stays(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(*arguments: object) -> str:
        write_profiles([Profile("meanwhile", "key-1")])
        return FOUR

    monkeypatch.setattr("ccapi_client.cli.login._key", typed)
    assert here("login").returncode == 0
    assert [each["profile"] for each in here.json("login", "--list")] == ["meanwhile", "default"]


@pytest.mark.parametrize(("arguments", "told"), [([], r"\r\ninterrupted\r\n$"), (["--json"], r'"type": "Interrupted"')])
def test_ctrl_c_keeps_nothing(cli: Processes, arguments: list[str], told: str) -> None:
    terminal = cli.terminal("login", *arguments)
    terminal.expect("Key of")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert re.search(told, terminal.before)
    assert not kept(cli).exists()


def test_messages_have_no_markup(here: Here, capsys: pytest.CaptureFixture[str]) -> None:
    done = here("login", "-", "--base-url", "https://[fd00::1]:8080/v1", input=FOUR)
    assert "kept for https://[fd00::1]:8080/v1 in" in done.stderr
    Session(as_json=False, quiet=False, connection=Connection()).tell("without prices: [bold]no [/INST]")
    assert capsys.readouterr().err == "without prices: [bold]no [/INST]\n"


def test_a_key_that_is_replaced_is_told(here: Here) -> None:
    assert "in place of" not in here("login", "-", input=FOUR).stderr
    assert "in place of the key before" in here("login", "-", input=FOUR).stderr


def test_list_and_logout(here: Here, server: Sandbox) -> None:
    login(here, key=FOUR)
    login(here, "--profile", "work", "--base-url", "https://gateway.example.com/v1?code=planted", key=server.api_key)
    listed = here("login", "--list")
    assert listed.stdout.splitlines()[1:] == [
        f"default\thttps://api.ccapi.ai/v1\t{len(FOUR)} characters",
        f"work\thttps://gateway.example.com/v1\t{len(server.api_key)} characters",
    ]
    assert "planted" not in listed.stdout + listed.stderr
    assert here.json("login", "--list")[0] == {
        "profile": "default",
        "base_url": "https://api.ccapi.ai/v1",
        "key_characters": len(FOUR),
    }
    assert here("logout").returncode == 0
    assert [each["profile"] for each in here.json("login", "--list")] == ["work"]
    again = here("logout")
    assert again.returncode == 2
    assert "'default' is not kept here" in again.stderr
    assert here("logout", "--profile", "work").returncode == 0
    assert not kept(here).exists()


@pytest.mark.parametrize(
    ("arguments", "input", "told"),
    [
        (["login", "key-planted"], "", "KEY: not as an argument, which others can see"),
        (["login", "work", "key-planted"], "", "KEY: not as an argument, which others can see"),
        (["login", "-", "key-planted"], "key-1", "KEY: not as an argument, which others can see"),
        (["doctor", "key-planted"], "", "error: 1 argument too many; ccapi doctor takes none ("),
        (
            ["logout", "work", "key-planted"],
            "",
            "error: 2 arguments too many; ccapi logout takes none, but options: --profile (",
        ),
        (["login"], "key-planted", "there is no terminal to ask for it; give - to read it"),
        (["login", "-"], "  \n", "KEY: there is none on standard input"),
        (["login", "-"], b"key-planted\xff", "-: standard input is not text"),
        (["login", "-"], "key planted", "api_key: it holds characters that no key has"),
        (
            ["login", "-", "--profile", "a b"],
            "key-planted",
            "profile 'a b': a name of letters, digits, `-` and `_` is expected",
        ),
        (["login", "-", "--base-url", "nonsense"], "key-planted", "base_url: an address like"),
        (["login", "-"], "CCAPI_API_KEY=key-planted", "KEY: CCAPI_API_KEY= was pasted with it; give the key alone"),
        (["login", "-"], "export CCAPI_API_KEY=key-planted", "KEY: CCAPI_API_KEY= was pasted with it"),
        (["login", "-"], "'key-planted'", "KEY: a quotation mark was pasted with it; give the key alone"),
        (["models", "--profile", "wrk"], "", "profile: 'wrk' is not kept here; there is none yet"),
        (["models", "--profile", "a b"], "", "there is none yet (a name has letters, digits, `-` and `_` alone)"),
        (["models", "--profile", ""], "", "--profile: it is empty; give a name, or leave it out"),
        (["login", "-", "--profile", ""], "key-planted", "--profile: it is empty; give a name, or leave it out"),
    ],
)
def test_what_is_refused(here: Here, arguments: list[str], input: str | bytes, told: str) -> None:
    done = here(*arguments, input=input)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "planted" not in done.stderr
    assert not kept(here).exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[default\napi_key = 'planted'", r"it is not TOML: line 1, column 9; fix it, or remove it"),
        ("[default]\napi_key = planted\n", r"it is not TOML: line 2, column 11"),
        ("\xff", r"it is not TOML: it is not UTF-8 text"),
        ("default = 'planted'", r"default: a section is expected, \[default\]"),
        ("[default]\napi_key = 7", r"\[default\] api_key: a text is expected"),
        (
            "[default]\nbase_url = 'http://h/v1'",
            r"\[default\] api_key: it is missing \(ccapi login --profile default\)",
        ),
        ("['a b']\napi_key = 'planted'", r"profile 'a b': a name of letters, digits, `-` and `_` is expected"),
        ("[default]\nkey = 'planted'", r"\[default\] key: no such field; did you mean 'api_key'\?"),
        ("[default]\napi_key = 'planted'\nbase_url = 'x'", r"\[default\] base_url: an address like"),
    ],
)
def test_a_file_that_can_not_be_used(here: Here, content: str, told: str) -> None:
    kept(here).parent.mkdir(parents=True)
    kept(here).write_bytes(content.encode("latin-1"))
    kept(here).chmod(0o600)
    done = here("models")
    assert done.returncode == 2
    assert re.search(f"{re.escape(str(kept(here)))}: {told}", done.stderr)
    assert "planted" not in done.stderr
    assert kept(here).read_bytes() == content.encode("latin-1")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_open_is_refused(here: Here, server: Sandbox, mode: int) -> None:
    login(here, key=server.api_key)
    kept(here).chmod(mode)
    for arguments in (["models"], ["login", "--list"], ["login", "-"]):
        done = here(*arguments, input=FOUR)
        assert done.returncode == 2
        assert f"chmod 600 {kept(here)}" in done.stderr
    kept(here).chmod(0o600)
    assert here("login", "--list").returncode == 0


def test_the_file_is_replaced_as_a_whole_and_a_link_stays(here: Here, server: Sandbox) -> None:
    target = here.folder / "dotfiles.toml"
    kept(here).parent.mkdir(parents=True)
    kept(here).symlink_to(target)
    before = os.umask(0)
    try:
        login(here, key=server.api_key)
    finally:
        os.umask(before)
    assert kept(here).is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    first = target.stat().st_ino
    login(here, "--profile", "work", key=server.api_key)
    assert target.stat().st_ino != first
    assert sorted(each.name for each in (*kept(here).parent.iterdir(), *here.folder.iterdir())) == [
        *("config", "dotfiles.toml", "profiles.toml"),
    ]


def test_the_key_of_a_profile_goes_to_its_address_alone(here: Here, server: Sandbox) -> None:
    login(here, key=server.api_key)  # for the service in production
    for arguments, environment, source in (
        (["--base-url", server.base_url], {}, "--base-url"),
        ([], {"CCAPI_BASE_URL": server.base_url}, "CCAPI_BASE_URL"),
        (["--base-url", server.base_url, "--profile", "default"], {}, "--base-url"),
    ):
        done = here("models", *arguments, environment=environment)
        assert done.returncode == 2
        assert f"error: {source}: the key of the profile 'default' goes to https://api.ccapi.ai/v1 alone" in done.stderr
    assert server.requests == []
    with recording() as (url, seen):
        here("api", "GET", "/models", environment={"CCAPI_BASE_URL": url, "CCAPI_API_KEY": FOUR})
    assert [each.headers["authorization"] for each in seen] == [f"Bearer {FOUR}"]


def test_the_resume_command_names_the_profile(here: Here, server: Sandbox) -> None:
    login(here, "--profile", "work", "--base-url", server.base_url, key=server.api_key)
    arguments = ("image", "x", "-m", "sandbox/job-never-ends", "--wait-timeout", "0.1", "--profile", "work")
    assert "--wait -o ./ --profile work" in here(*arguments).stderr


def test_the_library_reads_the_environment_alone(here: Here, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    login(here, key=server.api_key)
    for name in ("XDG_CONFIG_HOME", "CCAPI_API_KEY", "CCAPI_BASE_URL"):
        monkeypatch.setenv(name, here.environment[name])
    from ccapi_client import CCAPI

    with pytest.raises(ConfigurationError, match="no API key"):
        CCAPI()


def test_login_warns_where_the_environment_wins(here: Here) -> None:
    done = here("login", "-", input=FOUR, environment={"CCAPI_API_KEY": "key-1"})
    assert "CCAPI_API_KEY is set, and is used instead" in done.stderr


WORK = Profile("work", "key-work", "https://work.example/v1")
DEFAULT = Profile("default", "key-default")
PRODUCTION = "https://api.ccapi.ai/v1"
OTHER = "https://other.example/v1"
AT_WORK = "https://work.example/v2?x=1"


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        # The key, the address (None: the client reads the environment, or takes production), and their sources.
        ({}, {}, ("key-default", "the profile 'default'", PRODUCTION, "the profile 'default'")),
        ({}, {"CCAPI_API_KEY": "k"}, (None, "CCAPI_API_KEY", None, "")),
        ({}, {"CCAPI_API_KEY": "k", "CCAPI_PROFILE": "work"}, (None, "CCAPI_API_KEY", None, "")),
        ({}, {"CCAPI_API_KEY": "k", "CCAPI_BASE_URL": OTHER}, (None, "CCAPI_API_KEY", OTHER, "CCAPI_BASE_URL")),
        ({"base_url": AT_WORK}, {"CCAPI_API_KEY": "k"}, (None, "CCAPI_API_KEY", AT_WORK, "--base-url")),
        ({}, {"CCAPI_PROFILE": "work"}, ("key-work", "the profile 'work'", WORK.base_url, "the profile 'work'")),
        (
            {"profile": "work"},
            {"CCAPI_API_KEY": "k", "CCAPI_BASE_URL": OTHER, "CCAPI_PROFILE": "default"},
            ("key-work", "the profile 'work'", WORK.base_url, "the profile 'work'"),
        ),
        (
            {"profile": "work", "base_url": AT_WORK},
            {"CCAPI_BASE_URL": OTHER},
            ("key-work", "the profile 'work'", AT_WORK, "--base-url"),
        ),
        (
            {},
            {"CCAPI_PROFILE": "work", "CCAPI_BASE_URL": AT_WORK},
            ("key-work", "the profile 'work'", AT_WORK, "CCAPI_BASE_URL"),
        ),
        ({"profile": "work", "base_url": OTHER}, {}, "--base-url: the key of the profile 'work' goes to"),
        ({"profile": "work", "base_url": "http://work.example/v1"}, {}, "--base-url: the key of the profile 'work'"),
        ({"profile": "work", "base_url": "https://work.example:444/v1"}, {}, "--base-url: the key of the profile"),
        ({}, {"CCAPI_BASE_URL": OTHER}, "CCAPI_BASE_URL: the key of the profile 'default' goes to"),
        ({"profile": "wrk"}, {"CCAPI_API_KEY": "k"}, "'wrk' is not kept here"),
        ({}, {"CCAPI_PROFILE": "wrk"}, "'wrk' is not kept here"),
    ],
)
def test_which_key_goes_where(
    given: dict[str, str], environment: dict[str, str], expected: tuple[str | None, ...] | str
) -> None:
    def find(name: str, is_named: bool) -> Profile | None:
        found = {each.name: each for each in (WORK, DEFAULT)}.get(name)
        if found is None and is_named:
            raise ConfigurationError(f"{name!r} is not kept here")
        return found

    connection = Connection(base_url=given.get("base_url"), profile=given.get("profile"))
    if isinstance(expected, str):
        with pytest.raises(CCAPIError) as caught:
            account(connection, environment, find)
        assert expected in str(caught.value)
        assert "key-" not in str(caught.value)
        return
    found = account(connection, environment, find)
    assert (found.api_key, found.key_source, found.base_url, found.base_url_source) == expected
    assert "key-work" not in repr((found, WORK))


def test_the_sandbox_has_a_key_of_its_own() -> None:
    with pytest.raises(InvalidRequestError, match="--sandbox: it has its own key and URL; leave out --profile"):
        Connection(use_sandbox=True, profile="work").check({})


def test_documents_name_no_key(here: Here) -> None:
    done = here("login", "-", "--json", input=FOUR)
    assert json.loads(done.stdout) == {
        "profile": "default",
        "base_url": PRODUCTION,
        "path": str(kept(here)),
    }


def test_a_key_for_an_address_that_others_can_read(here: Here) -> None:
    plain = ("--base-url", "http://127.0.0.2.example/v1?code=planted")
    exposed = "http://127.0.0.2.example is not encrypted: others on the network can read the key"
    refused = here("login", "-", *plain, input=FOUR)
    assert (refused.returncode, kept(here).exists()) == (2, False)
    assert f"error: --base-url: {exposed}; give an https:// address, or add --allow-http" in refused.stderr
    by_variable = here("login", "-", input=FOUR, environment={"CCAPI_BASE_URL": plain[1]}).stderr
    assert f"error: CCAPI_BASE_URL: {exposed}; give an https:// address by --base-url, or add" in by_variable
    assert here("login", "-", *plain, "--allow-http", input=FOUR).returncode == 0
    assert f"error: the profile 'default': {exposed}; give" in here("login", "-", input=FOUR).stderr
    # It was kept all the same, so that no command says it again.
    assert "not encrypted" not in here("models", "--timeout", "0.001", "--retries", "0").stderr
    done = here("models", *plain, "--timeout", "0.001", "--retries", "0", environment={"CCAPI_API_KEY": FOUR})
    assert done.stderr.startswith(f"note: --base-url: {exposed}\n")


def test_logout_names_the_profiles_there_are(here: Here) -> None:
    assert here("logout", "--profile", "nobody").stderr.endswith("'nobody' is not kept here; there is none yet\n")
    for name in ("default", "work"):
        login(here, "--profile", name, key=FOUR)
    done = here("logout", "--profile", "nobody")
    assert (done.returncode, done.stderr) == (
        2,
        "error: profile: 'nobody' is not kept here; the profiles are default, work\n",
    )


def test_a_key_of_one_character(here: Here) -> None:
    login(here, key="k")
    assert here("login", "--list").stdout.endswith("\t1 character\n")
