"""The assets of the split `games`; `wesnoth` has its own split."""

from __future__ import annotations

from sightsound.bench.splits.games.fillets_assets import FILLETS
from sightsound.bench.splits.games.hedgewars_assets import HEDGEWARS
from sightsound.bench.splits.games.naev_assets import NAEV
from sightsound.bench.splits.games.supertux_assets import SUPERTUX
from sightsound.bench.splits.games.supertuxkart_assets import SUPERTUXKART

ASSETS = (FILLETS, HEDGEWARS, NAEV, SUPERTUX, SUPERTUXKART)
"""By name."""
