"""`tenure`: the command. Parses, calls the app, presents; every error is one sentence and an exit code."""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, TextIO

import typer

from tenure.errors import TenureError

PROGRAM = "tenure"
EXIT_BAD_USE = 2
EXIT_NOT_NOW = 3
EXIT_INTERRUPTED = 130


ROOMS = (
    "workspace", "facts", "health", "metrics", "renewal", "parameter", "scorecard", "playbook", "rehearsal", "trigger",
    "backtest", "crew", "effect", "insights", "facts_out", "touch", "contact", "customer", "people", "decision", "work",
    "useful", "safety", "handed", "provider",
)  # fmt: skip
"""The modules of commands, `tenure.cli.NAME_commands`, in the order the help names them."""


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name=PROGRAM,
        help="Customer success that explains itself: facts in, true health out.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for room in ROOMS:
        import_module(f"tenure.cli.{room}_commands").add_to(app)
    return app


@cache
def command() -> Any:
    """The same, ready to be run: put together once, which takes longer than most commands."""
    return typer.main.get_command(build())


def run(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script: run and exit with the documented code."""
    sys.exit(main(list(sys.argv[1:] if arguments is None else arguments)))


def main(arguments: Sequence[str]) -> int:
    """Run one command line; returns 0 done, 1 the answer is no, 2 wrong use or bad input, 3 not now."""
    output = sys.stdout
    try:
        result = command().main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except (typer.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except TenureError as problem:
        return _complain(arguments, problem.message, problem.fix, problem.exit_code)
    except SystemExit as ended:
        return _after(ended, output, arguments)
    except Exception as surprise:
        usage = getattr(surprise, "format_message", None)
        if usage is not None:  # typer's own word for a wrong option or argument
            return _wrong_use(arguments, type(surprise).__name__, usage())
        if os.environ.get("TENURE_DEBUG"):
            raise
        return _surprised(arguments, surprise)


def _surprised(arguments: Sequence[str], surprise: BaseException) -> int:
    said = f"Something went wrong inside Tenure ({type(surprise).__name__})."
    return _complain(arguments, said, "Run the command again with TENURE_DEBUG=1 to see where, and report it.", EXIT_NOT_NOW)


def _after(ended: SystemExit, output: TextIO, arguments: Sequence[str]) -> int:
    """Click and Rich end the process when a pipe breaks: quietly only where it is that of our own output.

    Click does so for any broken pipe, a provider's socket too, and puts a stand-in for the output; Rich for what it printed.
    """
    broken = ended.__context__
    if not isinstance(broken, BrokenPipeError):
        raise ended
    if sys.stdout is not output and not _reader_went_away(output):
        sys.stdout = output
        return _surprised(arguments, broken)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  what is left is for nobody
    return 0


def _reader_went_away(output: TextIO) -> bool:
    try:
        output.flush()
        poll = select.poll()
        poll.register(output.fileno(), 0)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except BrokenPipeError:
        return True
    except (OSError, ValueError, AttributeError):  # no descriptor of its own, or a system without poll
        return False


def _complain(arguments: Sequence[str], message: str, fix: str, code: int) -> int:
    """One sentence on standard error; with --json also the one document on standard output."""
    sys.stderr.write(f"{PROGRAM}: {message} {fix}".rstrip() + "\n")
    if "--json" in arguments:
        sys.stdout.write(json.dumps({"error": {"message": message, "fix": fix, "exit_code": code}}) + "\n")
    return code


def _wrong_use(arguments: Sequence[str], kind: str, said: str) -> int:
    """What typer says of a wrong option, as one sentence; without any command a person gets the help itself."""
    if kind != "NoArgsIsHelpError":
        return _complain(arguments, _sentence(said), "See `tenure --help`.", EXIT_BAD_USE)
    sys.stderr.write(said + "\n")
    return EXIT_BAD_USE


_CHECKER_WORDS = (("Value error, ", ""), ("Input should be", "it must be"))
"""What the checker of options says in its own words, and ours."""


def _sentence(text: str) -> str:
    """One line, in words of a person, with its full stop."""
    text = " ".join(text.split())
    for theirs, ours in _CHECKER_WORDS:
        text = text.replace(theirs, ours)
    return text if text.endswith((".", "!", "?")) else text + "."
