"""Rules for finding the API server and proving who we are.

Shell: files in a temporary folder.
"""

import base64
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from lbkit.errors import InputError
from lbkit.kube import access
from lbkit.kube.access import Token, from_kubeconfig, in_cluster


def write(path: Path, user: dict[str, Any], cluster: dict[str, Any] | None = None) -> Path:  # Any: YAML
    """Write a kubeconfig with one context."""
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:6443/"} | (cluster or {})}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


def test_a_token_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound tokens are replaced on disk: after a minute, or once refused, the file counts and not the memory."""
    now_s = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    file = tmp_path / "token"
    file.write_text("one\n")
    token = Token(file=file)
    assert token.current() == "one"
    file.write_text("two")
    assert token.current() == "one"
    now_s += access.TOKEN_AGE_S + 1
    assert token.current() == "two"
    file.write_text("three")
    token.distrust()
    assert token.current() == "three"


def test_a_token_file_that_is_away_leaves_the_last_token(tmp_path: Path) -> None:
    """While the kubelet swaps the file, the old token goes on."""
    file = tmp_path / "token"
    file.write_text("one")
    token = Token(file=file)
    assert token.current() == "one"
    file.unlink()
    token.distrust()
    assert token.current() == "one"


def test_a_kubeconfig_with_a_token(tmp_path: Path) -> None:
    """Server without trailing slash, token as written."""
    found = from_kubeconfig(write(tmp_path / "config", {"token": "t"}, {"tls-server-name": "api"}))
    assert (found.server, found.token.current(), found.server_name) == ("https://127.0.0.1:6443", "t", "api")
    assert found.tls is not None


def test_a_kubeconfig_s_files_are_beside_it(tmp_path: Path) -> None:
    """A relative path in a kubeconfig is relative to the kubeconfig."""
    (tmp_path / "t").write_text("from-file")
    assert from_kubeconfig(write(tmp_path / "config", {"tokenFile": "t"})).token.current() == "from-file"


@pytest.mark.parametrize(
    ("user", "cluster", "context", "part"),
    [
        pytest.param({"exec": {"command": "aws"}}, {}, None, "needs exec", id="exec plugin"),
        pytest.param({"token": "t"}, {}, "other", 'no context "other"', id="unknown context"),
        pytest.param({"token": "t"}, {"server": ""}, None, "has no server", id="no server"),
        pytest.param({"token": "t"}, {"certificate-authority-data": "!"}, None, "certificates", id="no base64"),
        pytest.param(
            {
                "client-certificate-data": base64.b64encode(b"x").decode(),
                "client-key-data": base64.b64encode(b"y").decode(),
            },
            {},
            None,
            "certificates",
            id="no certificate",
        ),
        pytest.param({"token": "t"}, {"certificate-authority": "absent"}, None, "certificates", id="no CA file"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_says_why(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], context: str | None, part: str
) -> None:
    """Bad input of the user is an InputError with the file's name."""
    path = write(tmp_path / "config", user, cluster)
    with pytest.raises(InputError, match=part) as caught:
        from_kubeconfig(path, context)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["- a", "{", ""], ids=["a list", "no YAML", "empty"])
def test_another_file_is_no_kubeconfig(tmp_path: Path, text: str) -> None:
    """Whatever is no mapping is refused."""
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(InputError):
        from_kubeconfig(path)


def test_outside_a_pod_there_is_no_service_account(tmp_path: Path) -> None:
    """The error names the cure."""
    with pytest.raises(InputError, match="give --kubeconfig"):
        in_cluster(tmp_path, {})
    with pytest.raises(InputError, match="mount the ServiceAccount's token"):
        in_cluster(tmp_path, {"KUBERNETES_SERVICE_HOST": "10.96.0.1"})
