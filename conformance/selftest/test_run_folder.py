"""The folder of a long run: what is gone on with, and what is driven anew."""

from pathlib import Path

import pytest

from conformance.suite.run_folder import RunFolder


@pytest.mark.parametrize(
    ("settings", "version", "fresh", "is_kept"),
    [
        pytest.param({"seed": 1}, "lbkit:1", False, True, id="the-same-run"),
        pytest.param({"seed": 2}, "lbkit:1", False, False, id="other-settings"),
        pytest.param({"seed": 1}, "lbkit:2", False, False, id="another-build"),
        pytest.param({"seed": 1}, "lbkit:1", True, False, id="asked-to-begin-anew"),
    ],
)
def test_only_a_run_of_equal_settings_and_build_is_gone_on_with(
    tmp_path: Path, settings: dict[str, int], version: str, *, fresh: bool, is_kept: bool
) -> None:
    """Rounds of two builds give no one result; what a killed run set aside stays in any case."""
    folder = begun(tmp_path, {"seed": 1}, "lbkit:1", fresh=False)
    folder.history_path("round-01").parent.mkdir()
    folder.history_path("round-01").write_text("", encoding="utf-8")
    (tmp_path / "parked-l2.yaml").write_text("", encoding="utf-8")

    begun(tmp_path, settings, version, fresh=fresh)

    assert folder.history_path("round-01").exists() is is_kept
    assert (tmp_path / "parked-l2.yaml").exists()
    assert folder.version() == version


def begun(path: Path, settings: dict[str, int], version: str, *, fresh: bool) -> RunFolder:
    """Begin or go on, as a run does: the settings are known before the lab is."""
    folder = RunFolder(path)
    folder.open(settings, fresh=fresh)
    folder.be_of(version)
    return folder
