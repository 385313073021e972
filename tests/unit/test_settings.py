"""A workspace is found, read, and refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.errors import BadInput, NotFound
from tenure.settings import find_workspace, load_workspace, parse_workspace


def test_the_workspace_given_wins_over_the_environment_and_the_environment_over_the_current_folder(tmp_path: Path) -> None:
    environment = {"TENURE_WORKSPACE": str(tmp_path / "b")}
    assert find_workspace(tmp_path / "a", environment) == tmp_path / "a"
    assert find_workspace(None, environment) == tmp_path / "b"
    assert find_workspace(None, {}) == Path.cwd()


def test_a_folder_without_settings_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="tenure init"):
        load_workspace(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[venture\n", "not valid TOML"),
        ('[venture]\ncurrency = "dollars"\n', "three-letter code"),
        ('[venture]\ntimezone = "Mars/Olympus"\n', "zone name"),
        ('[venture]\nkey = "Bad Key"\n', "lower-case"),
        ("[ventrue]\n", "ventrue is not a known setting"),
        ("[server]\nevents_per_second_per_key = 0\n", "events_per_second_per_key"),
    ],
)
def test_a_wrong_setting_is_one_sentence_naming_it(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "tenure.toml").write_text(text)
    with pytest.raises(BadInput, match=said):
        load_workspace(tmp_path)


def test_a_store_url_from_the_environment_must_be_there() -> None:
    workspace = parse_workspace(Path("/w"), {"store": {"url_env": "STORE_URL"}})
    assert workspace.store.resolved_url({"STORE_URL": "postgresql://h/d"}) == "postgresql://h/d"
    with pytest.raises(BadInput, match="STORE_URL"):
        workspace.store.resolved_url({})
