"""What can be told of the disk below a home: each kind of mount, and never "fine" for what can't be told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.disk import disk_encryption, mount_of, open_to_others


def mountinfo(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def device(
    block: Path, number: str, *, uuid: str | None = None, slaves: tuple[str, ...] = (), loop: bool = False
) -> None:
    """Make what /sys/dev/block shows of one device."""
    folder = block / number
    (folder / "slaves").mkdir(parents=True)
    if uuid is not None:
        (folder / "dm").mkdir()
        (folder / "dm" / "uuid").write_text(uuid + "\n", "utf-8")
    if loop:
        (folder / "loop").mkdir()
    for slave in slaves:
        (folder / "slaves" / slave.replace(":", "-")).symlink_to(block / slave)


@pytest.fixture
def block(tmp_path):
    """Two disks; LUKS on the first, LVM on LUKS, LVM on both, LVM on the bare one, and a loop device."""
    folder = tmp_path / "block"
    device(folder, "8:1")
    device(folder, "8:17")
    device(folder, "253:0", uuid="CRYPT-LUKS2-0123", slaves=("8:1",))
    device(folder, "253:1", uuid="LVM-abc", slaves=("253:0",))
    device(folder, "253:2", uuid="LVM-def", slaves=("253:0", "8:17"))
    device(folder, "253:3", uuid="LVM-ghi", slaves=("8:17",))
    device(folder, "7:0", loop=True)
    return folder


@pytest.mark.parametrize(
    ("number", "seen"),
    [
        ("8:1", "not_seen"),
        ("253:0", "encrypted"),
        ("253:1", "encrypted"),
        ("253:2", "not_seen"),  # half of it lies in clear
        ("253:3", "not_seen"),
        ("7:0", "unknown"),
        ("259:9", "unknown"),
    ],
)
def test_the_way_down_to_the_disk_is_followed(tmp_path, block, number, seen):
    """LUKS, LVM on LUKS, LVM over two disks, a file as a disk, a device that isn't shown."""
    proc = mountinfo(tmp_path, f"20 1 {number} / / rw - ext4 /dev/whatever rw")
    assert seen == disk_encryption(tmp_path, platform="linux", proc=proc, block=block).seen


@pytest.mark.parametrize(
    ("system", "seen", "words"),
    [
        ("fuse.gocryptfs", "encrypted", "gocryptfs"),
        ("ecryptfs", "encrypted", "ecryptfs"),
        ("overlay", "unknown", "container"),
        ("nfs4", "unknown", "another machine"),
        ("tmpfs", "unknown", "memory"),
        ("btrfs", "unknown", "can't be seen"),
        ("something_new", "unknown", "can't be seen"),
    ],
)
def test_each_file_system_is_told_as_what_it_is(tmp_path, block, system, seen, words):
    """A container's layers, another machine's disk, memory: none of them is called encrypted."""
    proc = mountinfo(tmp_path, f"20 1 0:30 / / rw - {system} source rw")
    found = disk_encryption(tmp_path, platform="linux", proc=proc, block=block)
    assert seen == found.seen
    assert words in found.message


@pytest.mark.parametrize(
    ("platform", "tool", "answer", "seen"),
    [
        ("darwin", "fdesetup", "FileVault is On.", "encrypted"),
        ("darwin", "fdesetup", "FileVault is Off.", "not_seen"),
        ("darwin", "fdesetup", "FileVault is being thought about.", "unknown"),
        ("darwin", None, "", "unknown"),
        ("linux", "zfs", "aes-256-gcm", "encrypted"),
        ("linux", "zfs", "off", "not_seen"),
        ("linux", None, "", "unknown"),
        ("freebsd14", None, "", "unknown"),
    ],
)
def test_tools_of_the_system_are_asked(tmp_path, monkeypatch, block, platform, tool, answer, seen):
    """FileVault and ZFS know; without their tools nothing is claimed."""
    tools = tmp_path / "bin"
    tools.mkdir()
    if tool is not None:
        (tools / tool).write_text(f"#!{sys.executable}\nprint({answer!r})\n", "utf-8")
        (tools / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    proc = mountinfo(tmp_path, "20 1 0:30 / / rw - zfs tank/home rw")
    assert seen == disk_encryption(tmp_path, platform=platform, proc=proc, block=block).seen


def test_a_machine_that_lists_no_mounts_is_unknown(tmp_path):
    """No /proc."""
    assert "unknown" == disk_encryption(tmp_path, platform="linux", proc=tmp_path / "none").seen


def test_the_nearest_mount_counts_and_of_two_the_later(tmp_path):
    """/home below /, a folder that begins like a mount point, a space in a name, a mount over another."""
    folder = tmp_path / "a b"
    folder.mkdir()
    escaped = str(folder).replace(" ", "\\040")
    listing = "\n".join(
        [
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
            f"2 1 8:2 / {escaped} rw shared:1 - ext4 /dev/sda2 rw",
            f"3 1 8:3 / {escaped} rw - xfs /dev/sda3 rw",
            f"4 1 8:4 / {escaped}c rw - xfs /dev/sda4 rw",
            "torn",
        ]
    )
    assert "8:3" == mount_of(folder / "home", listing).device
    assert "8:1" == mount_of(Path("/elsewhere"), listing).device


def test_this_machine_is_told_something(tmp_path):
    """Whatever it is, it is a clause, and no exception."""
    found = disk_encryption(tmp_path)
    assert found.seen in ("encrypted", "not_seen", "unknown")
    assert found.message
    assert "." != found.message[-1]


def test_what_others_may_read_is_found_and_links_are_not_followed(tmp_path):
    """A file below a private folder is private by it, and still told: modes travel with a copy."""
    (tmp_path / "in").mkdir(mode=0o700)
    (tmp_path / "in" / "open").write_text("x")
    (tmp_path / "in" / "open").chmod(0o644)
    (tmp_path / "in" / "closed").write_text("x")
    (tmp_path / "in" / "closed").chmod(0o600)
    (tmp_path / "in" / "link").symlink_to("/etc/passwd")
    (tmp_path / "in" / "folder").mkdir()
    (tmp_path / "in" / "folder").chmod(0o750)
    assert {"open", "folder"} == {path.name for path in open_to_others(tmp_path / "in")}
    assert [] == list(open_to_others(tmp_path / "in" / "gone"))
