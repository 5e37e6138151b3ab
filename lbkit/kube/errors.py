"""What the API server can say no with, one class for each answer that somebody handles differently.

Source: Kubernetes API conventions, "HTTP Status codes" and the Status kind.

Pure.
"""

from typing import Final

import msgspec

from lbkit.errors import TargetError
from lbkit.kube.decoding import NotJson, decode_json

LONGEST_RETRY_AFTER_S: Final = 60.0
"""An API server that asks for more is not obeyed: its next answer may be another one."""


class ApiError(TargetError):
    """The API server refused, failed, or could not be reached.

    Args:
        message: verb, path, status and the server's own message.
        status: HTTP status; 0 where there was no answer.
        reason: the server's machine-readable reason (`AlreadyExists`, `Expired`); may be empty.
        retry_after_s: how long the server asked us to wait; None where it did not.
    """

    def __init__(
        self, message: str, *, status: int = 0, reason: str = "", retry_after_s: float | None = None, output: str = ""
    ) -> None:
        super().__init__(message, output=output)
        self.status = status
        self.reason = reason
        self.retry_after_s = retry_after_s


class Unreachable(ApiError):  # noqa: N818 - named after the answer, as the API's reasons are
    """No connection, a broken one, or no answer in time: whether a write happened is unknown."""


class Unreadable(ApiError):  # noqa: N818 - as above
    """An answer that is not what the API speaks: half a document, a proxy's page, an object of another shape."""


class Unauthorized(ApiError):  # noqa: N818 - as above
    """401: the token or certificate is not accepted (any more)."""


class Forbidden(ApiError):  # noqa: N818 - as above
    """403: RBAC does not allow it."""


class NotFound(ApiError):  # noqa: N818 - as above
    """404: no such object, or no such kind (its CRD is not installed)."""


class Conflict(ApiError):  # noqa: N818 - as above
    """409: the object has changed since we read it, or (reason AlreadyExists) it exists already."""


class Gone(ApiError):  # noqa: N818 - as above
    """410: the resourceVersion or the continue token is too old; list anew."""


class Invalid(ApiError):  # noqa: N818 - as above
    """422 or 400: the API server does not take this object."""


class TooManyRequests(ApiError):  # noqa: N818 - as above
    """429: priority and fairness asks us to slow down."""


_BY_STATUS: Final[dict[int, type[ApiError]]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
}


class Status(msgspec.Struct, frozen=True):
    """metav1.Status, as bodies of refusals and in ERROR watch events carry it."""

    code: int = 0
    reason: str = ""
    message: str = ""


def refusal(what: str, status: int, body: bytes, retry_after: str = "") -> ApiError:
    """Turn an answer into the error to raise.

    Args:
        what: verb and path, for the message.
        status: HTTP status of the answer; the Status object's own code wins where there is one.
        body: the answer; usually a Status object, but a proxy in between may say anything.
        retry_after: the Retry-After header, in seconds.

    Returns:
        The error; of the class for its status, `ApiError` for the rest.
    """
    try:
        told = decode_json(Status, body)
    except NotJson:
        told = Status()
    code = told.code or status
    text = body.decode(errors="replace")[:500]
    return _BY_STATUS.get(code, ApiError)(
        f"{what}: {code} {told.reason or 'no reason given'}: {told.message or text}",
        status=code,
        reason=told.reason,
        retry_after_s=_seconds(retry_after),
        output=text,
    )


def _seconds(retry_after: str) -> float | None:
    if not (retry_after.isascii() and retry_after.isdigit()):
        return None  # absent, or a date, which the API server never sends
    return min(float(retry_after), LONGEST_RETRY_AFTER_S)
