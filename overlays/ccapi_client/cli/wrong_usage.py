"""What click finds wrong with the words of a command, said as all other errors are: `NAME: what is wrong`."""

from __future__ import annotations

import sys

import click

from .._http.hints import hint


def reason(error: click.ClickException) -> str:
    """What is wrong, as one sentence without a period."""
    if isinstance(error, click.NoSuchCommand):
        known = hint(error.command_name, _commands(error), "commands")
        return f"{error.command_name}: no such command; {known}"
    if isinstance(error, click.NoSuchOption):
        return f"{error.option_name}: no such option{_place_of(error)}"
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name}: it {error.message.removeprefix(f'Option {error.option_name!r} ').rstrip('.')}"
    if isinstance(error, click.BadParameter) and error.param:
        wrong = "it is missing" if isinstance(error, click.MissingParameter) else error.message.removesuffix(".")
        return f"{_name(error.param, error.ctx)}: {wrong}"
    return error.format_message().removesuffix(".")


def _place_of(error: click.NoSuchOption) -> str:
    commands = _commands(error)
    if commands and error.ctx:
        command = next((each for each in sys.argv[1:] if each in commands), "COMMAND")
        return f" before the command; options go after it: {error.ctx.command_path} {command} {error.option_name}"
    return f"; did you mean {error.possibilities[0]!r}?" if error.possibilities else ""


def _commands(error: click.UsageError) -> list[str]:
    """The commands of a group that got the words; none of a command."""
    group = error.ctx and error.ctx.command
    return group.list_commands(error.ctx) if error.ctx and isinstance(group, click.Group) else []


def _name(param: click.Parameter, context: click.Context | None) -> str:
    """The longest name of an option, or what the usage calls an argument."""
    if isinstance(param, click.Argument) and context:
        return param.make_metavar(context).strip("[].")
    return max(param.opts, key=len)
