"""Where a Dask scheduler is: the address is looked at, and knocked at, before Dask's own client is made.

That client, once made for an address it cannot use, prints tracebacks and waits 20 s when the process ends.
"""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text
from prunebench.eval.text.parsing import parsed_json

PATIENCE = 10  # seconds to reach a scheduler
FORM = "tcp://HOST:PORT, or its scheduler file (`.json`)"


def scheduler_address(given: str) -> str:
    """The address behind what `--scheduler` was given.

    Args:
        given: an address, or the path of a scheduler file.

    Raises:
        InputError: for no such address or file, a protocol that is not installed or not set up, or nobody there within
            `PATIENCE` seconds.
    """
    address = _in_file(Path(given)) if given.endswith(".json") else given
    if re.fullmatch(r"inproc://[^/\s]+/\d+/\d+", address):  # of this process
        return address
    found = re.fullmatch(r"(?:([a-z]+)://)?(\[[0-9a-fA-F:.]+\]|[^\s\[\]/:]+):(\d{1,5})/?", address)
    if found is None or int(found[3]) > 65535:
        raise InputError(f"`--scheduler` must be the address of a Dask scheduler, {FORM}. Found `{address}`.")
    _check_protocol(found[1] or "tcp", address)
    _knock(found[2].strip("[]"), int(found[3]), address)
    return address


def _in_file(file: Path) -> str:
    if not file.is_file():
        raise InputError(f"There is no scheduler file `{file}`: give the one that `dask scheduler` wrote.")
    try:
        found = parsed_json(read_text(file, limit=1 << 20))
        if not isinstance(found, dict) or not isinstance(address := found.get("address"), str):
            raise ValueError("it has no address")
    except (OSError, ValueError) as error:
        raise InputError(
            f"A scheduler file must be one that `dask scheduler` wrote, with an address. `{file}` is not."
        ) from error
    return address


def _check_protocol(protocol: str, address: str) -> None:
    from distributed.comm.registry import get_backend
    from distributed.security import Security

    try:
        get_backend(protocol)
        secured = Security().get_connection_args("client").get("ssl_context") is not None
    except Exception as error:  # a protocol of Dask's may raise anything where its library is missing
        raise InputError(
            f"`--scheduler` must have a protocol that Dask knows here, {FORM}. Found `{address}`: "
            f"{type(error).__name__}: {error}."
        ) from error
    if protocol in ("tls", "wss") and not secured:
        raise InputError(
            f"`{address}` needs certificates, but Dask has none here: set `distributed.comm.tls` in its "
            "configuration, or give a tcp:// address."
        )


def _knock(host: str, port: int, address: str) -> None:
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((host, port), timeout=PATIENCE).close()
            return
        except (OSError, UnicodeError) as error:
            if time.monotonic() > ends or isinstance(error, socket.gaierror | UnicodeError):
                raise nobody_at(address) from error
            time.sleep(0.2)


def nobody_at(address: str) -> InputError:
    """No scheduler answers there."""
    return InputError(
        f"`--scheduler` must be the address of a running Dask scheduler. Found none at `{address}` within "
        f"{PATIENCE} s: start `dask scheduler` there, or leave the option out."
    )
