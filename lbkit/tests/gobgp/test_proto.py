"""lbkit's own proto says what GoBGP's says.

Shell: reads the golden file, and GoBGP's protos where the Go module cache holds them.
"""

import json
import os
from pathlib import Path

from lbkit.tests.gobgp.descriptors import ours, theirs

GOLDEN = Path(__file__).parents[1] / "data" / "gobgp-4.8.0.json"
MODULE = Path(os.environ.get("GOMODCACHE", Path.home() / "go/pkg/mod")) / "github.com/osrg/gobgp/v4@v4.8.0/proto"


def test_every_name_has_the_number_and_type_that_gobgp_gives_it() -> None:
    """Messages, fields, enums and methods; the golden file was made from GoBGP v4.8.0."""
    assert ours() == json.loads(GOLDEN.read_text())


def test_the_golden_file_is_that_of_the_gobgp_that_is_there() -> None:
    """Where its module is at hand, GoBGP itself is asked; elsewhere the golden file stands for it."""
    golden = json.loads(GOLDEN.read_text())
    assert (theirs(MODULE) if MODULE.is_dir() else golden) == golden
