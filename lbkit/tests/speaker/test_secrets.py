"""Rules of reading a peer's password out of what a watch says.

Pure.
"""

from base64 import b64encode
from typing import Any

import msgspec
import pytest

from lbkit.kube.resources import SECRETS
from lbkit.kube.watch import Changed, Deleted, Listed, WatchEvent
from lbkit.model import objects
from lbkit.speaker.events import PasswordKnown
from lbkit.speaker.secrets import password_in


def secret(text: str, kind: str = "kubernetes.io/basic-auth") -> Any:
    """Decode a Secret as the API server would send it."""
    wire = {
        "metadata": {"name": "sesame", "namespace": "metallb-system"},
        "type": kind,
        "data": {"password": b64encode(text.encode()).decode()},
    }
    return msgspec.json.decode(msgspec.json.encode(wire), type=objects.Secret)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param(Listed(SECRETS, (secret("open"),)), "open", id="listed"),
        pytest.param(Changed(SECRETS, secret("open")), "open", id="changed"),
        pytest.param(Listed(SECRETS, ()), "", id="not-there"),
        pytest.param(Deleted(SECRETS, secret("open")), "", id="deleted"),
        pytest.param(Changed(SECRETS, secret("")), "", id="empty"),
        pytest.param(Changed(SECRETS, secret("open", "Opaque")), "", id="another-type"),
    ],
)
def test_only_a_usable_secret_gives_a_password(event: WatchEvent, expected: str) -> None:
    """All else gives none, and none means no session."""
    assert password_in(event, "sesame") == expected


def test_a_password_is_not_printed() -> None:
    """Not even where an event is."""
    assert "open" not in repr(PasswordKnown("sesame", "open"))
