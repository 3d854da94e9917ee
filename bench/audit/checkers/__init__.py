"""A file a package: what of ours it can compute again, and how.

Each has the same three names. `PACKAGE` is the distribution. `SERVES` says which formula, by the last two parts of
its module's name, is which function of the package. `compute(formula, given)` calls that function on what
bench/audit/material.py has put together, and returns a float.

The files run in the interpreter that has the package (bench/audit/worker.py), of Python 3.8 or later: they need
the package, numpy and torch, nothing of ours, and import the package inside functions, so that this process can
read `SERVES` without having it.
"""
