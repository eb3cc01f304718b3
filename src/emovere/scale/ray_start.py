"""Ray: started here, small and quiet, or joined. No usage statistics are sent, whoever asks for them."""

from __future__ import annotations

import logging
import os
from typing import Any

from emovere.errors import ConfigError, EngineError
from emovere.extras import optional

OBJECT_STORE_BYTES = 200_000_000
"""Of a cluster that is started here: pictures never lie in it."""

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}


def load() -> Any:
    """The module ``ray``, told to send no usage statistics. Raises MissingExtra where it is not installed."""
    os.environ.update(_QUIET)
    return optional("ray", "scale")


def start(address: str | None, *, cpus: int | None = None) -> Any:
    """Ray's context, to be used with ``with``: a cluster on this machine alone for None, else the one at the address.

    address: ``auto`` for one that runs on this machine. cpus: of a cluster that is started; None for as many as there
    are cores. Raises MissingExtra, ConfigError where no cluster answers, and EngineError where none can
    be started.
    """
    ray = load()
    logging.getLogger("ray").setLevel(logging.ERROR)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        try:
            return ray.init(
                address="local",
                num_cpus=cpus,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                **quiet,
            )
        except Exception as error:  # after half a minute it raises Exception itself
            raise EngineError(
                f"Ray could not be started here: {_first_line(error)}; where the machine is busy, try again, or join a "
                f"cluster by its address"
            ) from error
    try:
        return ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"--address {address}: no Ray cluster answers there ({_first_line(error)}); start one: ray start --head"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
