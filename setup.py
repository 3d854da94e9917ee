"""Which folders become which packages; the rest is in pyproject.toml.

One name is installed, `sightsound`. Its parts lie at the top of the repository, so each folder is mapped into it.
"""

from setuptools import find_packages, setup

PARTS = ("bench", "metrics", "baselines", "results")
"""Folders that become `sightsound.<folder>`; results/ is no code, it carries the tables that commands read."""

setup(
    packages=[
        "sightsound",
        *(f"sightsound.{part}" for part in PARTS),
        *(f"sightsound.{part}.{below}" for part in PARTS for below in find_packages(part)),
    ],
    package_dir={"sightsound": "sightsound"} | {f"sightsound.{part}": part for part in PARTS},
    package_data={
        "sightsound": ["py.typed"],
        "sightsound.bench.citing": ["sources/*.bib"],
        "sightsound.bench.ratings": ["questionnaires/*.toml"],
        "sightsound.bench.reproduce": ["recipes/*.toml"],
        "sightsound.bench.site": ["templates/*", "static/*", "carried/*", "carried/*/*"],
        "sightsound.results": ["*.csv", "*.parquet"],
    },
)
