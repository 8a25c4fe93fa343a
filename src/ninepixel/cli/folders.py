"""Where the program keeps what is its own: the only place it writes to without being told a name."""

from __future__ import annotations

import os
from pathlib import Path

import click


def store_folder() -> Path:
    """The store: ``$NINEPIXEL_STORE``, else the place for user data on this system. It may not exist yet."""
    chosen = os.environ.get("NINEPIXEL_STORE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("ninepixel", appauthor=False))


def folder_in_store(name: str) -> Path:
    """A folder of the store, made when it is not there.

    :raises click.ClickException: when it cannot be made.
    """
    folder = store_folder() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(
            f"the store {store_folder()} cannot be written ({error.strerror}); set NINEPIXEL_STORE to a folder that can"
        ) from error
    return folder


def check_output(file: Path | None, suffixes: tuple[str, ...] = ()) -> None:
    """Find out before a long run, and not after it, that *file* cannot be written.

    :raises click.ClickException: for another ending, a folder, or a place that is not there or cannot be written.
    """
    if file is None:
        return
    if suffixes and file.suffix.lower() not in suffixes:
        raise click.UsageError(f"{str(file)!r} must end in {' or '.join(suffixes)}")
    if file.is_dir():
        raise click.ClickException(f"{file} is a folder, not a file to write")
    folder = file.absolute().parent
    if not folder.is_dir():
        raise click.ClickException(f"there is no folder {folder} to write {file.name} into")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise click.ClickException(f"no permission to write {file.name} into {folder}")
