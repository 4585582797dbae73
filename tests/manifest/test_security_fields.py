"""Security contexts: what may be written, and what is refused with its place."""

from __future__ import annotations

import pytest

from podlab.manifest.sysctls import dotted
from tests.manifest.manifest_texts import pod, read, refused


def context(text: str) -> str:
    return pod(f"  securityContext: {text}\n")


def test_a_pods_context_is_read() -> None:
    text = context(
        "{runAsUser: 1, runAsGroup: 2, runAsNonRoot: true, fsGroup: 3, fsGroupChangePolicy: OnRootMismatch,"
        " supplementalGroups: [4], supplementalGroupsPolicy: Strict, seLinuxOptions: {level: 's0:c1'},"
        " seccompProfile: {type: RuntimeDefault}, appArmorProfile: {type: Unconfined},"
        " sysctls: [{name: net.ipv4.tcp_syncookies, value: '0'}]}"
    )
    found = read(text).pods[0].spec.security_context
    assert found is not None
    assert (found.fs_group, found.supplemental_groups, found.run_as_non_root) == (3, (4,), True)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("{fsGroup: -1}", "securityContext.fsGroup", "must be 0 to"),
        ("{supplementalGroups: [1, 2147483648]}", "supplementalGroups[1]", "must be 0 to"),
        ("{supplementalGroupsPolicy: Strict}", "supplementalGroupsPolicy", "Strict needs runAsGroup"),
        ("{fsGroupChangePolicy: Always}", "fsGroupChangePolicy", "means nothing without fsGroup"),
        ("{sysctls: [{name: kernel.msgmax, value: '1'}]}", "sysctls[0].name", "not allowlisted"),
        ("{sysctls: [{name: vm.swappiness, value: '1'}]}", "sysctls[0].name", "is not namespaced"),
        ("{sysctls: [{name: 'a b', value: '1'}]}", "sysctls[0].name", "is no kernel setting"),
        ("{windowsOptions: {hostProcess: true}}", "windowsOptions", "--allow-ignored"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, place: str, message: str) -> None:
    (line,) = refused(context(text))
    assert place in line
    assert message in line


@pytest.mark.parametrize("allowed", ["kernel.msgmax", "kernel.msg*", "net.core.somaxconn, kernel.msgmax"])
def test_an_unsafe_setting_is_taken_where_an_annotation_allows_it(allowed: str) -> None:
    text = context("{sysctls: [{name: kernel.msgmax, value: '1'}]}").replace(
        "{name: web}", f"{{name: web, annotations: {{podlab.io/allowed-unsafe-sysctls: '{allowed}'}}}}"
    )
    assert read(text).pods


def test_a_setting_that_is_set_twice_is_refused() -> None:
    one = "{name: net.ipv4.tcp_syncookies, value: '0'}"
    (line,) = refused(context(f"{{sysctls: [{one}, {one.replace('.', '/')}]}}"))
    assert "sysctls[1].name" in line and "is set twice" in line


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("net/ipv4/conf/eth0.1/forwarding", "net.ipv4.conf.eth0/1.forwarding"),
        ("net.ipv4.conf.eth0/1.forwarding", "net.ipv4.conf.eth0/1.forwarding"),
        ("kernel.msgmax", "kernel.msgmax"),
    ],
)
def test_names_with_slashes_are_the_same_settings(name: str, means: str) -> None:
    assert dotted(name) == means
