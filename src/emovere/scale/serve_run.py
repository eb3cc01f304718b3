"""``emovere serve --engine ray``: a front on this node, replicas where the cluster has cores, and an end in good order.

Where the cluster has one node, its replicas share a folder as the processes of ``--workers`` do. Where it has several,
photos are answered by replicas on all of them, and what lies in files (videos, live views' sessions, the journal) by
some on this node only.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import queue
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from emovere.errors import ConfigError, EmovereError, EngineError
from emovere.extras import optional
from emovere.pipeline import Analyzer
from emovere.scale.ray_start import start
from emovere.scale.serve_front import MOST_OPEN, Front
from emovere.scale.serve_plan import Bounds, Replicas, bounded
from emovere.scale.serve_replica import Replica
from emovere.web.app import share
from emovere.web.metrics import FOLDER
from emovere.web.running import listen
from emovere.web.scratch import private_folder
from emovere.web.settings import ServeSettings
from emovere.web.videos import MOST_LISTENERS

NAMESPACE = "emovere"
PREFIX = "emovere-"

DRAIN_S = 20.0
"""Seconds for which a replica that is replaced finishes what it has begun."""

LOOK_BACK_S = 12.0
"""Seconds over which Ray Serve averages the load; it takes no fewer than ten."""

_TOLD_EVERY = "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S"
"""Environment variable of Ray Serve: seconds between two words of the front on how much is under way."""

CONNECT_S = 5.0
"""Seconds for which a cluster's address is tried."""

PATIENCE_S = 30.0
"""Seconds for which the front is waited for."""

LOOK_S = 1.0
"""Seconds between two looks at whether the front still serves."""


def serve(
    settings: ServeSettings,
    replicas: Replicas,
    address: str | None,
    ready: Callable[[str], None],
    notice: Callable[[str], None],
) -> None:
    """Serve until Ctrl-C or a polite kill; SIGHUP replaces every replica by a new one without refusing a request.

    address: of a cluster to join, "auto" for the one of this machine; None for one that ends with this. ready: is told
    the address once connections are taken. notice: is told what a person should know. Raises ConfigError where the
    address cannot be had or the cluster is too small, EngineError where the replicas cannot start, and what loading
    the networks raises.
    """
    if address is not None:
        _check_answers(address)
    listen(settings.host, settings.port).close()  # told at once where it cannot be had
    Analyzer(settings.options)  # what cannot be loaded is told here, once
    with contextlib.ExitStack() as closing:
        try:
            start(address, cpus=None)
        except (RuntimeError, OSError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise EngineError(f"Ray does not start: {reason}") from error
        closing.callback(optional("ray", "scale").shutdown)
        told = closing.enter_context(_signals())
        with told.at_once():
            served = _Served(settings, replicas, closing, notice)
        ready(served.address)
        with contextlib.suppress(KeyboardInterrupt):  # while replicas are replaced the end does not wait for them
            while served.wait(told) == "renew":
                try:
                    with told.at_once():
                        served.deploy()
                    notice("the replicas are new")
                except EngineError as error:  # those that are left go on
                    notice(f"the replicas are not all new: {error}")
        served.end()


class _Served:
    """What runs on the cluster for one server."""

    def __init__(
        self, settings: ServeSettings, replicas: Replicas, closing: contextlib.ExitStack, notice: Callable[[str], None]
    ) -> None:
        self._ray, self._serve = optional("ray", "scale"), optional("ray.serve", "scale")
        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        _remove_abandoned(self._ray, self._serve)
        nodes = _nodes(self._ray)
        self._groups = groups(replicas, nodes, notice)
        needed = replicas.cores * sum(bounds.least for bounds in self._groups.values())
        free = self._ray.available_resources().get("CPU", 0.0)
        if free < needed:
            notice(f"{free:g} cores are free, {needed:g} needed: replicas wait until others give theirs back")
        self._settings, self._replicas = settings, replicas
        self._name = PREFIX + secrets.token_hex(4)
        self._folder = closing.enter_context(private_folder())
        self._metrics = share(settings, self._folder)
        pinned = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(nodes[0].id, soft=False)
        self._front = (
            self._ray.remote(Front)
            .options(
                name=self._name,
                namespace=NAMESPACE,
                num_cpus=0,
                max_concurrency=4 * MOST_OPEN,
                runtime_env={"env_vars": {_TOLD_EVERY: "2"}},
                scheduling_strategy=pinned,
            )
            .remote(settings.to_dict())
        )
        with _as_told(self._ray):
            self.address: str = self._ray.get(self._front.listen.remote())
        quiet = {"log_level": "ERROR", "enable_access_log": False}
        self._serve.start(proxy_location="Disabled", logging_config=quiet)
        closing.callback(self._remove)
        self._here_ip = nodes[0].ip
        handles = self.deploy()
        self._ray.get(self._front.begin.remote(handles["here"], handles.get("anywhere")), timeout=PATIENCE_S)
        self._serving = self._front.serving.remote()

    def deploy(self) -> dict[str, Any]:
        """Start the replicas, or replace them one after the other; the handle of each group.

        Raises EngineError.
        """
        handles = {}
        for group, bounds in self._groups.items():
            try:
                handles[group] = self._serve.run(
                    self._deployment(group, bounds), name=f"{self._name}-{group}", route_prefix=None
                )
            except RuntimeError as error:
                reason = str(error).strip().splitlines()[-1]
                raise EngineError(f"the replicas do not start: {reason}") from error
        return handles

    def wait(self, told: _Told) -> str:
        """What a signal says, once one comes. Raises EngineError where the front has ended by itself."""
        while True:
            with contextlib.suppress(queue.Empty):
                return told.words.get(timeout=LOOK_S)
            if self._ray.wait([self._serving], timeout=0)[0]:
                raise EngineError("the process that takes connections has ended; start the server again")

    def end(self) -> None:
        """Take no more requests, and finish those that are under way."""
        with contextlib.suppress(self._ray.exceptions.GetTimeoutError):
            self._ray.get(self._front.end.remote(), timeout=PATIENCE_S)

    def _deployment(self, group: str, bounds: Bounds) -> Any:
        limits, asked = self._settings.limits, self._replicas
        here = group == "here"
        actor: dict[str, Any] = {"num_cpus": asked.cores}
        if here:
            actor["runtime_env"] = {"env_vars": {FOLDER: str(self._metrics)}}
            if len(self._groups) > 1:
                actor["resources"] = {f"node:{self._here_ip}": 0.001}
        options: dict[str, Any] = {
            "name": group,
            "ray_actor_options": actor,
            # more than the app's own limits let in, so that it is the app that refuses, in its own words
            "max_ongoing_requests": 2 * limits.queue + limits.live + MOST_LISTENERS + 64,
            "graceful_shutdown_timeout_s": DRAIN_S,
            "graceful_shutdown_wait_loop_s": 0.1,
            "logging_config": {"log_level": "ERROR", "enable_access_log": False},
            "autoscaling_config": {
                "min_replicas": bounds.least,
                "max_replicas": bounds.most,
                "target_ongoing_requests": asked.ongoing,
                "look_back_period_s": LOOK_BACK_S,
                "upscale_delay_s": asked.up_s,
                "downscale_delay_s": asked.down_s,
            },
        }
        # older versions of Ray know neither, and end a replica before its successor starts: what comes then waits
        newer = {"max_constructor_retry_count": 3, "max_surge_percent": 100 if bounds.spare else 0}
        known = inspect.signature(self._serve.deployment).parameters
        options |= {name: value for name, value in newer.items() if name in known}
        scratch = str(self._folder / "scratch") if here else None
        threads = max(1, round(asked.cores))
        deployment = self._serve.deployment(**options)(Replica)
        return deployment.bind(self._front, self._settings.to_dict(), scratch, threads)

    def _remove(self) -> None:
        for group in self._groups:
            self._serve.delete(f"{self._name}-{group}")
        self._ray.kill(self._front)
        if not self._serve.status().applications:
            self._serve.shutdown()


@dataclass(frozen=True)
class Node:
    """A machine of the cluster."""

    id: str
    ip: str
    cores: float


def groups(replicas: Replicas, nodes: list[Node], notice: Callable[[str], None]) -> dict[str, Bounds]:
    """The groups of replicas and how many there may be of each: "here" alone, or "here" and "anywhere".

    nodes: this one first. Raises ConfigError where the cluster is too small.
    """
    whole = bounded(replicas, [node.cores for node in nodes])
    if whole.notice:
        notice(whole.notice)
    if len(nodes) == 1:
        return {"here": whole}
    room = int(nodes[0].cores / replicas.cores + 1e-9)
    if not room or whole.most < 2:
        raise ConfigError(
            f"a cluster of {len(nodes)} nodes needs a replica here, for what lies in files, and one for photos; "
            f"this node has {nodes[0].cores:g} cores, and {whole.most} replicas are allowed in all"
        )
    here = max(1, min(room, whole.most - 1) // 2)
    anywhere = whole.most - here
    return {
        "here": Bounds(1, here, spare=False, notice=""),
        "anywhere": Bounds(min(replicas.least, anywhere), anywhere, whole.spare, ""),
    }


def _nodes(ray: Any) -> list[Node]:
    """The nodes with cores, and this one first, whether it has any or not."""
    mine = ray.get_runtime_context().get_node_id()
    found = [
        Node(one["NodeID"], one["NodeManagerAddress"], one["Resources"].get("CPU", 0.0))
        for one in ray.nodes()
        if one["Alive"]
    ]
    return sorted((one for one in found if one.cores or one.id == mine), key=lambda one: one.id != mine)


def _check_answers(address: str) -> None:
    """Raise ConfigError where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if "://" in address or not (address == "auto" or (host and port.isdecimal())):
        raise ConfigError(f"--address: expected auto, or HOST:PORT as ray start prints it; got {address!r}")
    if host:
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"--address {address}: no Ray cluster answers there ({error}); start one: ray start --head"
            ) from error


def _remove_abandoned(ray: Any, serve: Any) -> None:
    """Remove the replicas of servers that were killed: their fronts died with them."""
    for name in serve.status().applications:
        if name.startswith(PREFIX):
            try:
                ray.get_actor(name.rpartition("-")[0], namespace=NAMESPACE)
            except ValueError:
                serve.delete(name)


@contextlib.contextmanager
def _as_told(ray: Any) -> Iterator[None]:
    """An error of ours that was raised in an actor, as it was raised there."""
    try:
        yield
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, EmovereError):
            raise error.cause from error
        raise


class _Told:
    """What signals say: "renew", or "end"."""

    def __init__(self) -> None:
        self.words: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._at_once = False

    def tell(self, number: int, _: object) -> None:
        """A signal's handler."""
        if number == getattr(signal, "SIGHUP", None):
            self.words.put("renew")
        elif self._at_once:
            raise KeyboardInterrupt
        else:
            self.words.put("end")

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """While the block waits for the cluster, the end does not wait for it."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False


@contextlib.contextmanager
def _signals() -> Iterator[_Told]:
    """Hear what signals say, while the block lasts."""
    told = _Told()
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, told.tell) for number in numbers}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
