"""What click finds wrong with the words of a command, said as all other errors are: `NAME: what is wrong`."""

from __future__ import annotations

import sys

import click

from .._http.hints import hint

_ELSEWHERE = {"--api-key": "the key is read from CCAPI_API_KEY, or kept by `ccapi login`"}
"""Options that other programs have, and what to do here."""


def reason(error: click.ClickException) -> str:
    """What is wrong, as one sentence without a period."""
    if isinstance(error, click.NoSuchCommand):
        known = hint(error.command_name, _commands(error), "commands")
        return f"{error.command_name}: no such command; {known}"
    if isinstance(error, click.NoSuchOption):
        return f"{error.option_name}: no such option{_instead_of(error)}"
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name}: it {error.message.removeprefix(f'Option {error.option_name!r} ').rstrip('.')}"
    if isinstance(error, click.BadParameter) and error.param:
        wrong = "it is missing" if isinstance(error, click.MissingParameter) else error.message.removesuffix(".")
        return f"{_name(error.param, error.ctx)}: {wrong}"
    return error.format_message().removesuffix(".")


def _instead_of(error: click.NoSuchOption) -> str:
    """What to write in place of an option that there is not, or where to write it."""
    if error.option_name in _ELSEWHERE:
        return f"; {_ELSEWHERE[error.option_name]}"
    context, commands = error.ctx, _commands(error)
    if context and isinstance(context.command, click.Group):
        name = next((each for each in sys.argv[1:] if each in commands), None)
        command = context.command.get_command(context, name) if name else None
        if command is None or error.option_name in _options(command):
            place = f"{context.command_path} {name or 'COMMAND'} {error.option_name}"
            return f" before the command; options go after it: {place}"
        return f" of {context.command_path} {name}{_near(error.option_name, _options(command))}"
    return _near(error.option_name, _options(context.command)) if context else ""


def _near(unknown: str, known: list[str]) -> str:
    """The option that was meant: one of which a word is missing, such as `--num` of `--num-images`, or a letter."""
    from difflib import get_close_matches

    wholes = [each for each in known if each.startswith(f"{unknown}-") or each.endswith(f"-{unknown.strip('-')}")]
    near = wholes if len(wholes) == 1 else get_close_matches(unknown, known, n=1, cutoff=0.7)
    return f"; did you mean {near[0]!r}?" if near else ""


def _options(command: click.Command) -> list[str]:
    """The names of the options of a command."""
    found = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    return [name for each in found for name in (*each.opts, *each.secondary_opts)]


def _commands(error: click.UsageError) -> list[str]:
    """The commands of a group that got the words; none of a command."""
    group = error.ctx and error.ctx.command
    return group.list_commands(error.ctx) if error.ctx and isinstance(group, click.Group) else []


def _name(param: click.Parameter, context: click.Context | None) -> str:
    """The longest name of an option, or what the usage calls an argument."""
    if isinstance(param, click.Argument) and context:
        return param.make_metavar(context).strip("[].")
    return max(param.opts, key=len)
