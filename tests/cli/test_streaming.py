"""exec, shell, attach and run as a person types them: a process of their own, on pipes or a terminal."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

import pytest

from tests.conftest import docker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
PODLAB = [sys.executable, "-m", "podlab.cli"]
BIG = os.urandom(1 << 20) * 100


def podlab(*words: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PODLAB, *words], capture_output=True, timeout=240, input=stdin or b"")


@pytest.fixture
def pod(docker_host: str, pod_name: str, image: str) -> Iterator[str]:
    """A pod with a container `app` that sleeps."""
    made = podlab("create", pod_name)
    assert made.returncode == 0, made.stderr.decode()
    ran = podlab("run", "-d", "--pod", pod_name, "--name", "app", image, "sleep", "1000")
    assert ran.stdout == b"app\n", ran.stderr.decode()
    yield pod_name
    removed = podlab("down", pod_name)
    assert removed.returncode == 0, removed.stderr.decode()


def processes(pod: str, container: str = "app") -> str:
    return docker("exec", f"podlab-{pod}-{container}", "ps").stdout.decode()


def appears(pod: str, command: str) -> None:
    """A shell shows what is typed before the command runs."""
    end = time.monotonic() + 60
    while command not in processes(pod):
        assert time.monotonic() < end, f"no {command!r}"
        time.sleep(0.1)


class Terminal:
    """A program on a terminal of its own, and what a person does there."""

    def __init__(self, *words: str, size: tuple[int, int] = (80, 24)) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(*size, tell=False)
        self.modes = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [*PODLAB, *words], stdin=self.slave, stdout=self.slave, stderr=self.slave,
            preexec_fn=self._own, start_new_session=True,  # noqa: PLW1509 - no threads here
        )  # fmt: skip
        self.seen = b""

    def _own(self) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def resize(self, columns: int, rows: int, *, tell: bool = True) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self.process.send_signal(signal.SIGWINCH)

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def expect(self, pattern: str, seconds: float = 90) -> re.Match[bytes]:
        """Waits until it is shown; what was shown before is forgotten."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern.encode(), self.seen)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                pytest.fail(f"{pattern!r} was not shown, but {self.seen!r}")
            self.seen += os.read(self.master, 65536)
        self.seen = self.seen[found.end() :]
        return found

    def ended(self, seconds: float = 90) -> int:
        end = time.monotonic() + seconds
        while (code := self.process.poll()) is None:
            if select.select([self.master], [], [], 0.05)[0]:
                self.seen += os.read(self.master, 65536)
            assert time.monotonic() < end, f"it goes on, and shows {self.seen!r}"
        assert termios.tcgetattr(self.slave) == self.modes, "the terminal was not restored"
        return code


# --- pipes


def test_exec_returns_the_commands_output_and_exit_code(pod: str) -> None:
    ran = podlab("exec", pod, "-c", "app", "--", "sh", "-c", "echo out; echo err >&2; exit 9")
    assert (ran.stdout, ran.stderr, ran.returncode) == (b"out\n", b"err\n", 9)


def test_exec_takes_the_command_without_dashes_too(pod: str) -> None:
    ran = podlab("exec", "-e", "A=1", pod, "-w", "/tmp", "sh", "-c", "echo $A $PWD", "-e")
    assert ran.stdout == b"1 /tmp\n", ran.stderr


def test_exec_of_a_missing_command_or_pod(pod: str) -> None:
    assert podlab("exec", pod, "--", "nope").returncode in (126, 127)
    assert podlab("exec", "-d", pod, "--", "nope").returncode == 127
    missing = podlab("exec", pod + "-x", "--", "true")
    assert missing.returncode == 3
    assert pod in missing.stderr.decode()


def test_a_hundred_megabytes_through_exec(pod: str) -> None:
    ran = podlab("exec", "-i", pod, "--", "cat", stdin=BIG)
    assert hashlib.sha256(ran.stdout).digest() == hashlib.sha256(BIG).digest()


@pytest.mark.parametrize("redirection", ["</dev/null", "<&-", "</etc/hostname", "< /proc/self/stat"])
def test_exec_reads_from_whatever_stdin_is(pod: str, redirection: str) -> None:
    command = f"{' '.join(PODLAB)} exec -i {pod} -- wc -c {redirection}"
    ran = subprocess.run(command, shell=True, capture_output=True, timeout=240)
    assert ran.returncode == 0, ran.stderr
    assert (int(ran.stdout) == 0) == (redirection in ("</dev/null", "<&-"))


def test_a_reader_that_goes_ends_the_command(pod: str) -> None:
    command = f"{' '.join(PODLAB)} exec {pod} -- yes | head -n1"
    assert subprocess.run(command, shell=True, capture_output=True, timeout=240).stdout == b"y\n"
    end = time.monotonic() + 60
    while "yes" in processes(pod):
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_command_that_has_enough_ends_exec(pod: str) -> None:
    command = f"yes | {' '.join(PODLAB)} exec -i {pod} -- head -n1"
    assert subprocess.run(command, shell=True, capture_output=True, timeout=240).stdout == b"y\n"


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_and_all_that_it_started(pod: str, signum: int, code: int) -> None:
    with subprocess.Popen(
        [*PODLAB, "exec", pod, "--", "sh", "-c", "echo up; sleep 777; echo no"], stdout=-1
    ) as ran:
        assert ran.stdout
        assert ran.stdout.readline() == b"up\n"
        ran.send_signal(signum)
        assert ran.stdout.read() == b""
        assert ran.wait(60) == code
    assert "sleep 777" not in processes(pod)


def test_a_terminal_is_refused_where_there_is_none(pod: str) -> None:
    ran = podlab("exec", "-it", pod, "--", "sh", stdin=b"")
    assert ran.returncode == 2
    assert b"not a TTY" in ran.stderr


def test_shell_takes_commands_from_a_pipe(pod: str) -> None:
    ran = podlab("shell", pod, stdin=b"echo $0 in $HOSTNAME\nexit 6\n")
    assert (ran.returncode, pod in ran.stdout.decode()) == (6, True), ran


def test_run_tells_output_and_exit_code_and_removes(pod: str, image: str) -> None:
    ran = podlab(
        "run", "--rm", "-i", "--pod", pod, image, "sh", "-c", "wc -c; echo err >&2; exit 4", stdin=b"four"
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == (b"4\n", b"err\n", 4)
    assert docker("ps", "-aq", "--filter", f"name=podlab-{pod}").stdout.count(b"\n") == 2


def test_run_joins_the_pod_and_names_itself_after_the_image(pod: str, image: str) -> None:
    first = podlab("run", "-d", "--pod", pod, "-v", "data:/d", image, "sh", "-c", "echo hi >/d/f; sleep 1000")
    assert first.stdout == b"busybox\n", first.stderr
    second = podlab(
        "run", "--pod", pod, "-v", "data:/x:ro", image, "sh", "-c", "cat /x/f; hostname; touch /x/g"
    )
    assert second.stdout.decode() == f"hi\n{pod}\n"
    assert b"Read-only" in second.stderr
    assert second.returncode == 1
    assert f"podlab-{pod}-busybox-2" in docker("ps", "-a", "--format", "{{.Names}}").stdout.decode().split()


def test_run_fails_as_docker_does(pod: str, image: str) -> None:
    assert podlab("run", "--pod", pod, image, "nope").returncode == 127
    assert podlab("run", "--pod", pod, image, "/tmp").returncode == 126
    taken = podlab("run", "--pod", pod, "--name", "app", image)
    assert (taken.returncode, b"already" in taken.stderr) == (125, True)
    missing = podlab("run", "--pod", pod + "-x", image)
    assert (missing.returncode, pod in missing.stderr.decode()) == (125, True)


def test_attach_shows_the_containers_own_output(pod: str, image: str) -> None:
    beat = "until [ -e /enough ]; do echo beat; sleep 0.1; done; echo last; exit 3"
    podlab("run", "-d", "--pod", pod, "--name", "beat", image, "sh", "-c", beat)
    with subprocess.Popen([*PODLAB, "attach", pod, "-c", "beat"], stdout=subprocess.PIPE) as attached:
        assert attached.stdout
        assert attached.stdout.readline() == b"beat\n"
        assert docker("exec", f"podlab-{pod}-beat", "touch", "/enough").returncode == 0
        assert attached.stdout.read().endswith(b"last\n")
        assert attached.wait(60) == 3
    ended = podlab("attach", pod, "-c", "beat")
    assert (ended.returncode, b"not running" in ended.stderr) == (1, True)


# --- a terminal


def test_a_shell_on_a_terminal(pod: str) -> None:
    with Terminal("shell", pod, size=(101, 37)) as terminal:
        terminal.expect(r"[#$] ")
        terminal.type(b"stty size\r")
        terminal.expect("37 101\r\n")
        terminal.resize(90, 30)
        terminal.type(b"until stty size | grep -x '30 90'; do sleep 0.1; done\r")
        terminal.expect("\n30 90\r\n")
        terminal.type(b"sleep 999\r")
        appears(pod, "sleep 999")
        terminal.type(b"\x03")
        terminal.expect(r"[#$] ")
        terminal.type(b"exit 5\r")
        assert terminal.ended() == 5
    assert "sleep 999" not in processes(pod)


def test_ctrl_p_ctrl_q_leaves_the_command_running(pod: str) -> None:
    with Terminal("exec", "-it", pod, "--", "sh", "-c", "echo up; sleep 888") as terminal:
        terminal.expect("up\r\n")
        terminal.type(b"\x10\x11")
        assert terminal.ended() == 0
    appears(pod, "sleep 888")


def test_a_terminal_that_goes_away_ends_the_shell(pod: str) -> None:
    with Terminal("exec", "-it", pod, "--", "sh", "-c", "echo up; sleep 889") as terminal:
        terminal.expect("up\r\n")
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.ended() == 129
    assert "sleep 889" not in processes(pod)


def test_a_run_on_a_terminal_is_left_and_attached_again(pod: str, image: str) -> None:
    with Terminal("run", "-it", "--pod", pod, "--name", "sh", image, "sh", size=(77, 22)) as terminal:
        terminal.expect(r"[#$] ")
        terminal.type(b"stty size\r")
        terminal.expect("22 77\r\n")
        terminal.type(b"\x10\x11")
        assert terminal.ended() == 0
    with Terminal("attach", pod, "-c", "sh") as terminal:
        terminal.type(b"echo again $((6*7))\r")
        terminal.expect("again 42\r\n")
        terminal.type(b"exit 7\r")
        assert terminal.ended() == 7


def test_an_engine_that_dies_is_told_and_the_terminal_restored(pod: str, docker_host: str) -> None:
    """A relay before the engine dies; the engine itself has other tests to serve."""
    relay = subprocess.Popen(
        [sys.executable, "-c", RELAY, docker_host.removeprefix("unix://")], stdout=subprocess.PIPE
    )
    try:
        assert relay.stdout
        address = relay.stdout.readline().decode().strip()
        with Terminal(
            "--host", address, "exec", "-it", pod, "--", "sh", "-c", "echo up; sleep 555"
        ) as terminal:
            terminal.expect("up\r\n")
            relay.kill()
            relay.wait()
            assert terminal.ended() == 1
            assert re.search(rb"error:.*Engine", terminal.seen), terminal.seen
    finally:
        relay.kill()
        relay.wait()


RELAY = """
import socket, sys, threading
server = socket.create_server(("127.0.0.1", 0))
print(f"tcp://127.0.0.1:{server.getsockname()[1]}", flush=True)
def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
while True:
    client, _ = server.accept()
    engine = socket.socket(socket.AF_UNIX)
    engine.connect(sys.argv[1])
    for pair in ((client, engine), (engine, client)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
"""
