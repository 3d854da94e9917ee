"""The trace of the square root of a product of covariances, by its eigenvalues and without the root."""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.two_sets import lapack
from sightsound.metrics.rows import Rows


def root_trace(x: Rows, y: Rows | None, factor: Rows | None = None, *, consumed: bool = False) -> float:
    """tr (X Y)^(1/2) of two covariances `[dim, dim]`, symmetric and finite.

    With Y = L L^T the eigenvalues of X Y are those of the symmetric L^T X L, of which no vectors are needed:
    factor, product, tridiagonal form, eigenvalues, each a routine of LAPACK. Within 1e-8 of the value up to a
    condition of 1e8; beyond, the small eigenvalues depend on the last digits of the entries. `factor`: of Y, as
    `lapack.cholesky` gives it, where it is known; Y itself is then not read. `consumed`: X may be
    overwritten.

    >>> round(root_trace(np.diag([4.0, 9.0]), np.eye(2)), 6)  # 2 + 3
    5.0
    """
    if factor is None and y is not None:
        factor = lapack.cholesky(y)
    if factor is not None:
        product = lapack.product(x, factor, consumed=consumed)
    elif y is None:
        raise ValueError("one of Y and its factor is needed")
    elif (other := lapack.cholesky(x)) is not None:
        product = lapack.product(y, other)
    else:  # neither is of full rank
        values, vectors = np.linalg.eigh(x)
        root = vectors * np.sqrt(np.maximum(values, 0))
        product = np.ascontiguousarray(root.T @ y @ root)
    return float(np.sqrt(np.maximum(lapack.eigenvalues(product), 0)).sum())
