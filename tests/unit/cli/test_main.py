"""What ends a command line: a reader of ours that went away is no failure, a pipe that broke elsewhere is one."""

from __future__ import annotations

import os
import sys

import pytest
import typer
from rich.console import Console

from tenure.cli import main as door


def one_command(monkeypatch: pytest.MonkeyPatch, does: object) -> None:
    app = typer.Typer()
    app.command()(does)  # type: ignore[arg-type]
    monkeypatch.setattr(door, "command", lambda: typer.main.get_command(app))


def test_a_pipe_that_broke_at_a_provider_is_a_failure_and_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def sends() -> None:
        raise BrokenPipeError(32, "Broken pipe")

    one_command(monkeypatch, sends)
    assert door.main([]) == door.EXIT_NOT_NOW
    assert "BrokenPipeError" in capsys.readouterr().err


@pytest.mark.parametrize("by_rich", [True, False])
def test_a_reader_of_our_output_that_went_away_is_no_failure(monkeypatch: pytest.MonkeyPatch, by_rich: bool) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as output:
        monkeypatch.setattr("sys.stdout", output)

        def prints() -> None:
            if by_rich:
                Console(file=output).print("\n".join(["x" * 70] * 2_000))
            else:
                output.write("x" * 100_000)

        one_command(monkeypatch, prints)
        assert door.main([]) == 0
        sys.stdout.close()  # the stand-in for a reader that is not there
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)  # so that closing it has somewhere to write to


def test_a_broken_provider_while_our_pipe_is_read_is_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as output:
        monkeypatch.setattr("sys.stdout", output)

        def sends() -> None:
            raise BrokenPipeError(32, "Broken pipe")

        one_command(monkeypatch, sends)
        assert door.main([]) == door.EXIT_NOT_NOW
