"""What the API server's refusals mean for the caller, in podlab's errors.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from podlab.errors import (
    AlreadyExists,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    Overtaken,
    PodlabError,
    Unavailable,
    Unsupported,
)


class Expired(Conflict):
    """The version that a list or a watch would go on from is no longer kept (410): list again."""


class Busy(Unavailable):
    """It asks us to come again (429, or 503 with a time). `after_s` is when."""

    def __init__(self, message: str, *, after_s: float, subject: str = "", hint: str = "") -> None:
        super().__init__(message, subject=subject, hint=hint)
        self.after_s = after_s


def refusal(
    code: int, body: bytes | Mapping[str, Any], *, what: str, server: str, retry_after: str = ""
) -> PodlabError:
    """`body` is a `Status` object, or whatever a proxy on the way has written. `what` says which request it was, such
    as `GET pods/web`; `server` whom we asked."""
    status = _status(body)
    message = str(status.get("message") or "").strip() or f"HTTP status {code}"
    details = status.get("details") or {}
    subject = str(details.get("name") or "")
    causes = tuple(
        f"{each['field']}: {each.get('message', '')}" if each.get("field") else str(each.get("message", ""))
        for each in details.get("causes") or ()
    )
    reason = status.get("reason", "")
    if code == 401:
        return Denied(
            f"{server} does not accept our credentials: {message}",
            subject=server,
            hint="they have expired or are another cluster's: log in again as for kubectl, and try `kubectl get pods`",
        )
    if code == 403:
        return _forbidden(message, what, subject)
    if code == 404:
        return NotFound(message, subject=subject)
    if code == 409 or (code == 422 and reason == "Conflict"):
        return _conflict(reason, message, causes, subject)
    if code == 410 or reason == "Expired":
        return Expired(message, subject=subject)
    if code in (400, 422):
        return Invalid(f"{server} refuses it: {message}", problems=causes, subject=subject)
    if code in (405, 406, 415):
        return Unsupported(f"{server} cannot do {what}: {message}", subject=subject)
    if code == 429 or (code >= 500 and retry_after):
        return Busy(f"{server} is busy: {message}", after_s=_seconds(retry_after), subject=subject)
    return Unavailable(
        f"{server} cannot answer {what}: {message}",
        subject=subject,
        hint="try again; `kubectl get --raw /readyz` tells more",
    )


def _status(body: bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(body, Mapping):
        return body
    try:
        read = json.loads(body)
    except ValueError:
        return {"message": body[:300].decode("utf-8", "replace")}
    return read if isinstance(read, Mapping) else {}


def _forbidden(message: str, what: str, subject: str) -> PodlabError:
    """By a role that is missing, or by an admission plugin: a quota, or pod security."""
    if "exceeded quota" in message:
        return Denied(
            message,
            subject=subject,
            hint="`kubectl describe quota` shows what is left; free some, or ask for more",
        )
    if "PodSecurity" in message or "violates" in message:
        return Denied(
            message,
            subject=subject,
            hint="the namespace's pod security level forbids it: `kubectl get namespace -o yaml`",
        )
    return Denied(
        f"the cluster forbids it: {message}",
        subject=subject,
        hint=f"for {what} a Role has to allow that verb; `kubectl auth can-i --list` shows what you may",
    )


def _conflict(reason: str, message: str, causes: tuple[str, ...], subject: str) -> PodlabError:
    if reason == "AlreadyExists":
        return AlreadyExists(message, subject=subject)
    if causes and "conflict" in message and "Apply failed" in message:
        return Conflict(
            message, subject=subject, hint="another tool manages these fields; let one of the two do it"
        )
    return Overtaken(message, subject=subject)


def _seconds(retry_after: str) -> float:
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        return 1.0
