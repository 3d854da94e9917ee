"""Four routines of LAPACK for symmetric matrices, called so that other threads go on.

They are SciPy's own, which it hands out for Cython (scipy.linalg.cython_lapack); its Python functions of the same
names keep the interpreter for as long as they work. Matrices are float64, in C order and symmetric: their
transpose, in the column order that LAPACK wants, is the same matrix. Only its lower triangle is read and written.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from scipy.linalg import cython_lapack

from sightsound.metrics.rows import Rows

PANEL = 64  # columns that LAPACK reduces at once; SciPy's default workspace has it take one at a time


def cholesky(matrix: Rows) -> Rows | None:
    """L of L L^T in LAPACK's lower triangle; None where the matrix is not of full rank, or only just.

    >>> np.triu(cholesky(np.array([[4.0, 2.0], [2.0, 2.0]])))  # its transpose
    array([[2., 1.],
           [0., 1.]])
    """
    found = np.array(matrix)
    return found if _call(_POTRF, b"L", len(found), found, len(found)) == 0 else None


def product(matrix: Rows, factor: Rows, *, consumed: bool = False) -> Rows:
    """L^T matrix L of a factor that `cholesky` gave, which has the eigenvalues of the product of both matrices.
    `consumed`: it may take the matrix's place."""
    found, size = matrix if consumed else np.array(matrix), len(matrix)
    _call(_SYGST, 2, b"L", size, found, size, factor, size)
    return found


def eigenvalues(matrix: Rows) -> Rows:
    """Ascending, `[dim]`. The matrix is used up. Raises ValueError where they do not converge."""
    size = len(matrix)
    diagonal, beside, tau, work = np.empty(size), np.empty(size), np.empty(size), np.empty(PANEL * size)
    _call(_SYTRD, b"L", size, matrix, size, diagonal, beside, tau, work, len(work))
    if _call(_STERF, size, diagonal, beside):
        raise ValueError("the eigenvalues of a product of covariances do not converge; are the features finite?")
    return diagonal


def _routine(name: str, arguments: int) -> Any:
    capsule = cython_lapack.__pyx_capi__[name]
    python = ctypes.pythonapi
    python.PyCapsule_GetName.restype, python.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
    python.PyCapsule_GetPointer.restype = ctypes.c_void_p
    python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    place = python.PyCapsule_GetPointer(capsule, python.PyCapsule_GetName(capsule))
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * arguments)(place)


def _call(routine: Any, *arguments: bytes | int | Rows) -> int:
    """What the routine says in its last argument: 0 where all went well."""
    said = ctypes.c_int()
    given = [
        each.ctypes.data if isinstance(each, np.ndarray)
        else ctypes.byref(ctypes.c_int(each) if isinstance(each, int) else ctypes.c_char(each))
        for each in arguments
    ]  # fmt: skip
    routine(*given, ctypes.byref(said))
    return said.value


_POTRF, _SYGST, _SYTRD, _STERF = (
    _routine(name, arguments) for name, arguments in (("dpotrf", 5), ("dsygst", 8), ("dsytrd", 10), ("dsterf", 4))
)
