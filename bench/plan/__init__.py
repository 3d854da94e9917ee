"""What a run would take, told before it is begun and without a network: downloads, disk, memory, hours, gates."""

from sightsound.bench.plan.made import Plan, Work
from sightsound.bench.plan.plan import plan, request
from sightsound.bench.plan.preset import requests
from sightsound.bench.plan.show import as_json, show

__all__ = ["Plan", "Work", "as_json", "plan", "request", "requests", "show"]
