"""How many copies of the app answer: as load asks for, within bounds that the cluster's cores allow."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from emovere.errors import ConfigError


@dataclass(frozen=True)
class Replicas:
    """What is asked for by ``--set replicas.NAME=VALUE``. Raises ConfigError for what can never be."""

    least: int = 1
    most: int = 0
    """0 for as many as there are cores for."""
    ongoing: float = 4.0
    """Requests under way in each replica at which there are just enough replicas."""
    cores: float = 1.0
    """That each replica reserves; the threads that decode photos and find faces in it are as many."""
    up_s: float = 5.0
    """Seconds of load after which replicas are added."""
    down_s: float = 60.0
    """Seconds of rest after which replicas are ended."""

    def __post_init__(self) -> None:
        least = {"least": 1, "most": 0, "up_s": 0, "down_s": 0}
        for name, value in dataclasses.asdict(self).items():
            if name in least and not value >= least[name]:
                raise ConfigError(f"replicas.{name}: expected at least {least[name]}; got {value:g}")
            if name not in least and not value > 0:
                raise ConfigError(f"replicas.{name}: expected more than 0; got {value:g}")
        if self.most and self.most < self.least:
            raise ConfigError(f"replicas.most: expected at least replicas.least, {self.least}; got {self.most}")


@dataclass(frozen=True)
class Bounds:
    """Least and most replicas on a cluster as it is."""

    least: int
    most: int
    spare: bool
    """Whether there is room for one more than the most, so that a new one starts before an old one ends."""
    notice: str
    """What a person should know; empty where everything fits."""


def bounded(asked: Replicas, cores: list[float]) -> Bounds:
    """What fits: cores are those of each node that replicas may run on.

    Raises ConfigError where not even the least do.
    """
    places = sum(int(one / asked.cores + 1e-9) for one in cores)
    told = " + ".join(f"{one:g}" for one in cores) or "0"
    if places < asked.least:
        raise ConfigError(
            f"replicas.least: {asked.least} replicas of {asked.cores:g} cores each do not fit; the cluster has {told} "
            f"cores, room for {places}; ask for fewer, for smaller ones by --set replicas.cores=0.5, or add nodes"
        )
    most = min(asked.most or places, places)
    notice = ""
    if asked.most > places:
        notice = f"{asked.most} replicas asked for; the cluster has {told} cores, room for {places}: at most {places}"
    return Bounds(asked.least, most, places > most, notice)
