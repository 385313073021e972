"""Where the key of the secrets comes from."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tenure.errors import BadInput
from tenure.store.secrets import SecretKey

KEY = bytes(range(32))


def test_the_variable_goes_before_the_file_and_makes_none(tmp_path: Path) -> None:
    assert SecretKey(tmp_path, {"TENURE_SECRET_KEY": base64.b64encode(KEY).decode()}).value() == KEY
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_made_once_and_read_again(tmp_path: Path) -> None:
    first = SecretKey(tmp_path, {}).value()
    assert len(first) == 32
    assert SecretKey(tmp_path, {}).value() == first


@pytest.mark.parametrize("wrong", ["short", base64.b64encode(b"x" * 31).decode(), "é" * 10])
def test_a_variable_without_a_key_is_refused_and_not_repeated(wrong: str) -> None:
    with pytest.raises(BadInput, match="TENURE_SECRET_KEY") as caught:
        SecretKey(None, {"TENURE_SECRET_KEY": wrong}).value()
    assert wrong not in str(caught.value)


def test_a_key_is_never_shown() -> None:
    assert "abc" not in repr(SecretKey(None, {"TENURE_SECRET_KEY": "abc"}))
