"""Rows as a data set of the model hub: a folder with a card, and the folder sent to a repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightsound.bench.core import registry, results, scores, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import one_line
from sightsound.bench.exports import files, markdown
from sightsound.bench.exports.sheets import Sheet
from sightsound.bench.exports.texts import markdown as escaped

if TYPE_CHECKING:
    import pandas as pd

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
ROWS, EXAMPLES = "rows.parquet", "scores.parquet"


def write(folder: Path, rows: pd.DataFrame, examples: pd.DataFrame, sheets: Sequence[Sheet]) -> None:
    """Write the data set into an empty or new folder, or over one that this wrote before.

    `README.md` with a card that declares the configurations `rows` and, where there are values by example,
    `scores`; the same rows as Parquet and as CSV. Raises BenchError for a folder with other files in it.
    """
    ours = {"README.md", ROWS, "rows.csv", EXAMPLES}
    with files.writable(folder):
        if folder.exists() and (odd := sorted(path.name for path in folder.iterdir() if path.name not in ours)):
            raise BenchError(f"{folder}: holds {odd[0]}, which is no part of a data set; name an empty folder")
        folder.mkdir(parents=True, exist_ok=True)
        store.write_text(folder / "rows.csv", results.as_csv(rows))
    files.parquet(rows, folder / ROWS)
    with_scores = len(examples) > 0
    if with_scores:
        ordered = examples[list(scores.COLUMNS)]
        files.file(folder / EXAMPLES, lambda path: ordered.to_parquet(path, compression="zstd", index=False))
    files.text(_card(sheets, rows, with_scores=with_scores), folder / "README.md")


def _card(sheets: Sequence[Sheet], rows: pd.DataFrame, *, with_scores: bool) -> str:
    """The card: what the hub reads, in YAML, and what a person does. Nothing from outside is in the YAML."""
    configs = [("rows", ROWS, "yes")] + ([("scores", EXAMPLES, "")] if with_scores else [])
    lines = [
        *("---", "pretty_name: SightSound results", "tags:", "- benchmark", "- music-generation", "- evaluation"),
        "configs:",
    ]
    for name, path, usual in configs:
        lines += [f"- config_name: {name}", "  data_files:", "  - split: results", f"    path: {path}"]
        lines += ["  default: true"] if usual else []
    splits = registry.split_cards()
    names = dict.fromkeys(split.partition("@")[0].partition("[")[0] for split in rows["split"])
    licences = [f"- {escaped(name)}: {escaped(splits[name].licence)}" for name in names if name in splits]
    said = [
        "# Results by SightSound",
        "",
        f"{len(rows)} rows, one a value, each with its interval, what failed, and a signature that says all that",
        "it takes to compute it again. Two values are compared only where their signatures agree.",
        "",
        "`rows`: the values. " + ("`scores`: the values by example behind them." if with_scores else ""),
        "",
        "Media are not here and keep their own licences:" if licences else "Media are not here.",
        "",
        *licences,
        "",
    ]  # fmt: skip
    return "\n".join([*lines, "---", "", *said, markdown.tables(sheets)])


def check_name(repository: str) -> None:
    """BenchError for what is no `owner/name`."""
    if not REPOSITORY.fullmatch(repository):
        raise BenchError(f"--push {repository}: give owner/name, of letters, digits, '.', '_' and '-'")


def push(folder: Path, repository: str, *, private: bool = False) -> str:
    """Send the folder to a data set repository, which is made where it is not there; the address of the commit.

    The token is the one that `hf auth login` keeps, or HF_TOKEN. Raises BenchError, one line, where the hub
    refuses or cannot be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    check_name(repository)
    hub = HfApi()
    try:
        hub.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        done = hub.upload_folder(
            repo_id=repository,
            repo_type="dataset",
            folder_path=folder,
            commit_message="Results written by bench results export --hub",
        )
    except (HfHubHTTPError, LocalTokenNotFoundError, OSError, ValueError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        advice = "; log in with `hf auth login` or set HF_TOKEN" if status in (401, 403) or status is None else ""
        raise BenchError(f"--push {repository}: the hub refused ({one_line(error)[:200]}){advice}") from error
    return str(done.commit_url)
