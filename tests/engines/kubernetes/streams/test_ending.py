"""What API servers and kubelets have said about the end of commands."""

from __future__ import annotations

import json

import pytest

from podlab.engines.kubernetes.streams.ending import Ending, ending


def test_success_is_exit_code_0() -> None:
    assert ending(b'{"metadata":{},"status":"Success"}') == Ending(0)


def test_an_exit_code_is_a_cause() -> None:
    status = {
        "status": "Failure", "message": "command terminated with non-zero exit code: exit status 7",
        "reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": "7"}]},
    }  # fmt: skip
    assert ending(json.dumps(status).encode()) == Ending(7)
    del status["details"]
    assert ending(json.dumps(status).encode()) == Ending(7)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (
            'OCI runtime exec failed: exec failed: exec: "nope": executable file not found in $PATH: unknown',
            127,
        ),
        ("executable file `nope` not found in $PATH: No such file or directory: OCI runtime attempted", 127),
        ('exec: "/etc/passwd": permission denied: unknown', 126),
        ("failed to exec in container: failed to start exec: chdir to cwd: something else", 126),
        ("container not running (abc)", None),
    ],
)
def test_what_was_not_started_says_why(message: str, code: int | None) -> None:
    found = ending(json.dumps({"status": "Failure", "reason": "InternalError", "message": message}).encode())
    assert found == Ending(code, message)
    assert found.was_absent is (code == 127)


@pytest.mark.parametrize("status", [b"", b"[]", b"null", b"oh no"])
def test_what_cannot_be_read_has_no_code(status: bytes) -> None:
    assert ending(status).code is None
