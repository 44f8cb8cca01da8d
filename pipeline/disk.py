"""What can be told, without being root, of the disk below a home: whether it is encrypted, and who may read the files.

Nothing here says "fine" by default: what can't be told is told as that.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pipeline.settings import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE

if TYPE_CHECKING:
    from collections.abc import Iterator

#: encrypted; not_seen: the whole way down to the disk was seen, and nothing on it encrypts; unknown.
Seen = Literal["encrypted", "not_seen", "unknown"]

#: File systems that encrypt by themselves.
_ENCRYPTED_SYSTEMS: Final = ("ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs")

#: File systems on another machine, or in layers that hide what lies below.
_OPAQUE_SYSTEMS: Final = {
    "nfs": "it lies on another machine",
    "nfs4": "it lies on another machine",
    "cifs": "it lies on another machine",
    "smb3": "it lies on another machine",
    "fuse.sshfs": "it lies on another machine",
    "9p": "it lies outside of this virtual machine",
    "virtiofs": "it lies outside of this virtual machine",
    "overlay": "it lies in a container's own layers; name a folder of the host for the home",
    "tmpfs": "it lies in memory, and is gone when the machine stops",
}

#: FS_IOC_GET_ENCRYPTION_POLICY_EX of linux/fscrypt.h: an encrypted folder answers, another one has no data.
_GET_POLICY: Final = 0xC0096616
_POLICY_BYTES: Final = 32

#: Seconds that a tool of the system may take.
_TOOL_TIMEOUT_S: Final = 5


@dataclass(frozen=True, slots=True)
class DiskEncryption:
    """What was seen of one folder's disk."""

    seen: Seen
    message: str  #: a clause


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of /proc/self/mountinfo (proc(5))."""

    device: str  #: major:minor
    point: str
    system: str
    source: str


def disk_encryption(
    path: Path,
    *,
    platform: str = sys.platform,
    proc: Path = Path("/proc/self/mountinfo"),
    block: Path = Path("/sys/dev/block"),
) -> DiskEncryption:
    """Return what can be told of the disk below a folder.

    Args:
        path: the folder.
        platform: as sys.platform.
        proc: the list of mounts.
        block: the folder that names block devices by major:minor.
    """
    if platform == "darwin":
        return _filevault()
    if not platform.startswith("linux"):
        return DiskEncryption("unknown", "this system doesn't tell whether the disk is encrypted")
    try:
        mount = mount_of(path, proc.read_text("utf-8", "surrogateescape"))
    except OSError:
        mount = None
    if mount is None:
        return DiskEncryption("unknown", "this machine doesn't list what is mounted")
    return _on_linux(path, mount, block)


def mount_of(path: Path, listing: str) -> Mount | None:
    """Return the mount that a path lies on: the longest one above it, and of two on one point the later."""
    real = os.path.realpath(path)
    best: Mount | None = None
    for line in listing.splitlines():
        before, _, after = line.partition(" - ")
        fields, system = before.split(" "), after.split(" ")
        if len(fields) < 5 or len(system) < 2:
            continue
        point = _unescaped(fields[4])
        is_above = real == point or real.startswith(point.rstrip("/") + "/")
        if is_above and (best is None or len(point) >= len(best.point)):
            best = Mount(fields[2], point, system[0], _unescaped(system[1]))
    return best


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _on_linux(path: Path, mount: Mount, block: Path) -> DiskEncryption:
    if mount.system in _ENCRYPTED_SYSTEMS:
        return DiskEncryption("encrypted", f"encrypted by {mount.system.removeprefix('fuse.')}")
    if _has_policy(path):
        return DiskEncryption("encrypted", "encrypted by the file system (fscrypt)")
    if mount.system in _OPAQUE_SYSTEMS:
        return DiskEncryption("unknown", _OPAQUE_SYSTEMS[mount.system])
    return _zfs(mount.source) if mount.system == "zfs" else _by_device(mount, block)


def _by_device(mount: Mount, block: Path) -> DiskEncryption:
    device = _device_of(mount)
    seen = "unknown" if device is None else _walk(block, device)
    if seen == "encrypted":
        return DiskEncryption("encrypted", f"encrypted below {mount.point} (dm-crypt)")
    if seen == "not_seen":
        return DiskEncryption(
            "not_seen",
            f"no encryption is to be seen below {mount.point}; a disk, or the host of a virtual machine, may encrypt "
            "without showing it",
        )
    return DiskEncryption("unknown", f"the device below {mount.point} ({mount.system}) can't be seen from here")


def _device_of(mount: Mount) -> str | None:
    """Return major:minor of the block device; where a file system has numbers of its own (btrfs), its source's."""
    if not mount.device.startswith("0:"):
        return mount.device
    try:
        number = os.stat(mount.source).st_rdev if mount.source.startswith("/dev/") else 0  # noqa: PTH116 - one call
    except OSError:
        return None
    return f"{os.major(number)}:{os.minor(number)}" if number else None


def _walk(block: Path, device: str) -> Seen:
    """Return what the way from a block device down to its disks shows; one layer that encrypts is enough."""
    folder = block / device
    if not folder.is_dir():
        return "unknown"
    return _layer(folder.resolve(), depth=0)


def _layer(folder: Path, depth: int) -> Seen:
    if depth > 16:  # device-mapper nests a handful of layers; more is a loop
        return "unknown"
    uuid = folder / "dm" / "uuid"
    if uuid.is_file() and uuid.read_text("utf-8", "replace").startswith("CRYPT-"):
        return "encrypted"
    if (folder / "loop").is_dir():  # a file on another file system
        return "unknown"
    slaves = [_layer(slave.resolve(), depth + 1) for slave in sorted((folder / "slaves").glob("*"))]
    if not slaves:
        return "not_seen"
    if all(seen == "encrypted" for seen in slaves):
        return "encrypted"
    return "unknown" if "unknown" in slaves else "not_seen"


def _has_policy(path: Path) -> bool:
    """Return whether this folder is encrypted by its file system (ext4, f2fs, ubifs)."""
    argument = bytearray(_POLICY_BYTES.to_bytes(8, sys.byteorder) + bytes(_POLICY_BYTES))
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.ioctl(descriptor, _GET_POLICY, argument)
    except OSError:  # no data: not encrypted; no such call: a file system that can't
        return False
    finally:
        os.close(descriptor)
    return True


def _zfs(dataset: str) -> DiskEncryption:
    answer = _tool("zfs", "get", "-H", "-o", "value", "encryption", dataset)
    if answer is None:
        return DiskEncryption("unknown", f"zfs doesn't tell whether {dataset} is encrypted")
    if answer in ("off", "-", ""):
        return DiskEncryption("not_seen", f"zfs says that {dataset} is not encrypted")
    return DiskEncryption("encrypted", f"encrypted by zfs ({answer})")


def _filevault() -> DiskEncryption:
    answer = _tool("fdesetup", "status")
    if answer is not None and answer.startswith("FileVault is On"):
        return DiskEncryption("encrypted", "encrypted (FileVault is on)")
    if answer is not None and answer.startswith("FileVault is Off"):
        return DiskEncryption("not_seen", "FileVault is off")
    return DiskEncryption("unknown", "FileVault doesn't tell whether it is on")


def _tool(*words: str) -> str | None:
    """Return what a tool of the system prints; None where it isn't there or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words; the name of a dataset comes from the kernel
            words, capture_output=True, text=True, timeout=_TOOL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def open_to_others(folder: Path) -> Iterator[Path]:
    """Yield what others than the owner may read or enter, the folder itself included; links are not followed."""
    pending = [folder]
    while pending:
        path = pending.pop()
        try:
            mode = path.lstat().st_mode
            if path.is_symlink():
                continue
            is_folder = path.is_dir()
            if mode & 0o777 & ~(PRIVATE_FOLDER_MODE if is_folder else PRIVATE_FILE_MODE) & 0o077:
                yield path
            if is_folder:
                pending += path.iterdir()
        except OSError:  # gone meanwhile, or not ours to look at
            continue
