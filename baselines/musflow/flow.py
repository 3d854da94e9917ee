"""Flow matching along straight paths, and the solvers that follow a flow.

Lipman et al., ICLR 2023, arXiv:2210.02747, section 4.1, example II (FM-OT): x_t = (1 - (1 - s) t) x_0 + t x_1 with
noise x_0, data x_1 and s = sigma_min, so that the velocity of x_t is x_1 - (1 - s) x_0 all along. MusFlow's text
prints sigma_t squared where that paper has sigma_t; its target (equations 7 and 8) is that of the latter.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

SIGMA_MIN = 1e-4  # MusFlow states none; this is that of Matcha-TTS, which it names as its model

Field = Callable[[Tensor, float], Tensor]
"""Velocity of each point at time t in 0..1."""

# Butcher's tableaus of explicit Runge-Kutta methods: for each further slope the weights of those before it, then
# the weights of all for the step.
SOLVERS: dict[str, tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]] = {
    "euler": ((), (1,)),
    "midpoint": (((1 / 2,),), (0, 1)),
    "heun": (((1,),), (1 / 2, 1 / 2)),
    "rk4": (((1 / 2,), (0, 1 / 2), (0, 0, 1)), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
}


def on_path(noise: Tensor, data: Tensor, time: Tensor, sigma_min: float = SIGMA_MIN) -> tuple[Tensor, Tensor]:
    """The point of each path, `[batch, ...]`, at its time, `[batch]`, and the velocity there."""
    t = time.view(-1, *[1] * (data.ndim - 1))
    return (1 - (1 - sigma_min) * t) * noise + t * data, data - (1 - sigma_min) * noise


def integrate(field: Field, start: Tensor, steps: int, solver: str) -> Tensor:
    """Where `field` carries `start` from time 0 to 1 in `steps` equal steps of one of SOLVERS."""
    further, last = SOLVERS[solver]
    point, size = start, 1 / steps
    for step in range(steps):
        slopes = [field(point, step * size)]
        for weights in further:
            slopes.append(field(_moved(point, slopes, weights, size), (step + sum(weights)) * size))
        point = _moved(point, slopes, last, size)
    return point


def _moved(point: Tensor, slopes: list[Tensor], weights: tuple[float, ...], size: float) -> Tensor:
    for slope, weight in zip(slopes, weights, strict=True):
        if weight:
            point = point + size * weight * slope
    return point
