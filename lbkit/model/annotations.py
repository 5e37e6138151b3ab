"""Reading what lbkit adds to MetalLB's objects: annotations with the prefix `lbkit.io/`.

Source: lbkit/manifests/README.md.

Pure.
"""

from lbkit.errors import InputError, Problem


def path(annotation: str) -> str:
    """Name the field in the way problems do."""
    return f"metadata.annotations[{annotation}]"


def boolean(text: str) -> bool:
    """Read `true` or `false`.

    Raises:
        InputError: anything else.
    """
    if text not in {"true", "false"}:
        raise InputError(Problem("", f'got "{text[:64]}", wanted "true" or "false"'))
    return text == "true"
