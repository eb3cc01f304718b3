"""A network that others made, run by its description."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from emovere.classify.description import Description, Head
from emovere.classify.draft import undescribed
from emovere.classify.foreign import Foreign, read_foreign
from emovere.classify.ports import ports_of
from emovere.engines.base import Engine, Tensor
from emovere.errors import ConfigError, EngineError, ModelError
from emovere.types import Float32, UInt8

HEAD = "own"
"""The name of its only head."""

_SUM = 0.02
"""How far from 1 probabilities may sum up: quantised and half-precision networks round each of them."""

_CHANCE = 1e-3
"""Numbers that are no probabilities do not come this near to them for two pictures."""


class ForeignNetwork:
    """A network that is not emovere's."""

    def __init__(self, path: Path, engine: Engine) -> None:
        """Read the description beside a loaded file, and try both on faces without a face.

        Raises ConfigError where the description is wrong, ModelError where there is none.
        """
        self._toml = path.with_suffix(".toml")
        self._engine = engine
        ports = ports_of(path)
        if not self._toml.is_file():
            raise undescribed(path, self._toml, ports)
        described = read_foreign(self._toml, path)
        try:
            self._is = described.settled(ports)
        except ConfigError as error:
            raise ConfigError(f"{self._toml}: {error}") from error
        self._fixed = ports.inputs[0].shape[0]
        """Faces that the network takes at a time, neither more nor fewer; None for any number."""
        head = Head(self._is.labels, self._is.threshold)
        self.description = Description(
            self._is.name or path.stem, self._is.version, self._is.side, {HEAD: head}, self._is.licence
        )
        self._try_out()

    def answer(self, head: str, crops: UInt8) -> Float32:
        """(N, S, S) uint8 grey -> (N, K) float32 probabilities. Raises ModelError where they are none."""
        probs = probabilities(self._run(crops), self._is)
        if not np.isfinite(probs).all():
            raise ModelError(f"{self.description.name}: answers numbers that are not finite for some face")
        return probs

    def _run(self, crops: UInt8) -> npt.NDArray[np.float64]:
        """(N, S, S) uint8 -> (N, K) float64, as the network gives them."""
        if self._fixed is None:
            return self._once(crops)
        parts = []
        for start in range(0, len(crops), self._fixed):
            part = crops[start : start + self._fixed]
            spare = np.zeros((self._fixed - len(part), *part.shape[1:]), np.uint8)
            parts.append(self._once(np.concatenate([part, spare]))[: len(part)])
        return np.concatenate(parts)

    def _once(self, crops: UInt8) -> npt.NDArray[np.float64]:
        values = prepared(crops, self._is)
        try:
            out = self._engine.run([self._is.output], {self._is.input: values})[0]
        except EngineError as error:
            raise EngineError(
                f"{self._toml}: the network cannot be run on {values.shape} {values.dtype}: {error}; check side, "
                "layout and colour"
            ) from error
        count, labels = len(crops), self._is.labels
        if not isinstance(out, np.ndarray) or out.size != count * len(labels) or (out.ndim > 1 and len(out) != count):
            got = f"{out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
            raise ConfigError(
                f"{self._toml}: labels: expected as many as the network's outputs; got {len(labels)} labels "
                f"({', '.join(labels)}), and {got} from the output {self._is.output!r} for {count} faces"
            )
        return out.reshape(count, len(labels)).astype(np.float64)

    def _try_out(self) -> None:
        """Raise ConfigError where answers to two made-up pictures show that the description is wrong."""
        side = self._is.side
        ramp = np.broadcast_to(np.linspace(0, 255, side).astype(np.uint8), (side, side))
        out = self._run(np.stack([np.full((side, side), 128, np.uint8), ramp]))
        if not np.isfinite(out).all():
            raise ConfigError(
                f"{self._toml}: expected finite numbers for a grey picture; got {out[~np.isfinite(out)][0]}; check "
                "divide, offset, mean and std, or the network itself"
            )
        sums, least = out.sum(axis=1), float(out.min())
        away = max(float(np.abs(sums - 1).max()), -least)
        if self._is.outputs == "probabilities" and away > _SUM:
            raise ConfigError(
                f"{self._toml}: outputs: expected probabilities that sum to 1; got numbers from {least:.3g} to "
                f"{out.max():.3g} that sum to {sums[0]:.3g}; if these are logits, write outputs = 'logits'"
            )
        if self._is.outputs == "logits" and away < _CHANCE:
            raise ConfigError(
                f"{self._toml}: outputs: the numbers of every picture sum to 1, so that they are probabilities "
                "already; write outputs = 'probabilities'"
            )


def prepared(crops: UInt8, network: Foreign) -> Tensor:
    """(N, S, S) uint8 grey -> what the network takes, in its layout, scaling and dtype."""
    pixels = np.arange(256)[:, None] / network.divide + network.offset
    scaled = (pixels - np.array(network.mean)) / np.array(network.std)
    channels = np.broadcast_to(scaled, (256, network.channels)).astype(network.dtype).T
    return np.stack([channel[crops] for channel in channels], axis=1 if network.layout == "NCHW" else 3)


def probabilities(outputs: npt.NDArray[np.float64], network: Foreign) -> Float32:
    """(N, K) of what the network gives -> (N, K) float32 probabilities at its temperature; rows sum to 1.

    A row of zeros, and one that is not finite, gives nan.
    """
    powers: npt.NDArray[np.float64]
    with np.errstate(invalid="ignore"):
        largest = outputs.max(axis=1, keepdims=True)
        if network.outputs == "probabilities":
            powers = np.power(np.clip(outputs, 0, None) / largest, 1 / network.temperature)
        else:
            powers = np.exp((outputs - largest) / network.temperature)
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
