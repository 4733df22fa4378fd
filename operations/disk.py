"""Files that must be on the disk before a row of the store tells of them."""

import os
from pathlib import Path


def write_synced(file: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk; its name in the folder may not be yet."""
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def replace_synced(file: Path, content: bytes) -> None:
    """Write a file anew: whole and on the disk, or as it was. What a killed writer left beside it
    is written over."""
    fresh = file.with_name(f".tmp-{file.name}")
    write_synced(fresh, content)
    fresh.replace(file)
    sync(file.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
