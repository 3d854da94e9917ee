"""The one door to captioners, listeners and language models: what they said is kept, by content, for all systems.

The variants of a family caption the same pictures, and a run with another seed does it again. A text is taken from
the store (bench/core/texts.py) where everything that decides it is the same: the code of the part, its weights'
digest, its settings, the versions of the packages that compute it, the device, and what was asked, to the bytes
of the picture or the sound, with the seed where the part draws.

A batch of which one text is lacking is made whole, as without a store: so its texts have the neighbours, and the
bytes, that they have in a run that keeps nothing. A model at an address is not kept: nobody knows what answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from sightsound.baselines.parts.messages import ChatError, Message
from sightsound.bench.assets.given import folder_digest
from sightsound.bench.core import clock, console
from sightsound.bench.core.maker import code_digest
from sightsound.bench.core.texts import Text, TextStore

PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "pillow", "scipy")
"""Those whose versions may change a text by a rounding."""
Answer = TypeVar("Answer", bound="str | ChatError")


class Kept:
    """The texts of one part."""

    def __init__(
        self, part: Any, device: str | torch.device, weights: Mapping[str, Path], settings: Mapping[str, Any]
    ) -> None:
        """`part`: an object of the class that makes them; `weights`: asset -> folder, of all that it loads;
        `settings`: what it was told beside, as JSON can hold it."""
        self._part, self._device = part, torch.device(device)
        self._weights, self._settings = dict(weights), dict(settings)
        self.name = f"{type(part).__name__}_{next(iter(self._weights), '')}".rstrip("_")

    @cached_property
    def store(self) -> TextStore:
        """The texts that are there; opened when the first is asked for."""
        kind = type(self._part)
        return TextStore(
            self.name,
            json.dumps(
                {
                    "class": f"{kind.__module__}:{kind.__qualname__}",
                    "code": code_digest(f"{kind.__module__}:{kind.__qualname__}"),
                    "weights": {name: folder_digest(name, folder) for name, folder in self._weights.items()},
                    "settings": self._settings,
                    "versions": {name: metadata.version(name) for name in PACKAGES},
                    "device": torch.cuda.get_device_name(self._device) if self._device.type == "cuda" else "cpu",
                },
                sort_keys=True,
            ),
        )

    def each(self, asked: Sequence[Sequence[Any]], make: Callable[[], Sequence[Answer]]) -> list[Answer | str]:
        """A text for each of `asked`: of the store if it has all of them, else `make` gives them, in order.

        What is asked: arrays of numbers, and what JSON can hold. A ChatError is handed on and not kept."""
        keys = [_key(each) for each in asked]
        if found := self.store.get(keys):
            clock.spare(sum(text.seconds for text in found))
            console.detail(f"{self.name}: {len(keys)} texts from {self.store.path}")
            return [text.text for text in found]
        since = clock.Clock()
        made = list(make())
        share_s = round(since.seconds() / max(len(made), 1), 6)  # what a part within was spared counts too
        answers = zip(keys, made, strict=True)
        self.store.put({key: Text(text, share_s) for key, text in answers if isinstance(text, str)})
        return list(made)


class Sights:
    """A captioner or viewer behind the door."""

    def __init__(self, part: Any, kept: Kept) -> None:
        self.part, self.kept = part, kept

    def caption(self, pictures: Sequence[NDArray[np.uint8]]) -> list[str]:
        """See sightsound.baselines.parts.captioners.Captioner."""
        return self.kept.each([("caption", each) for each in pictures], lambda: self.part.caption(pictures))

    def caption_from(self, pictures: Sequence[NDArray[np.uint8]], words: Sequence[str]) -> list[str]:
        """Sentences that begin with the given words, of a part that can."""
        asked = [("caption_from", *each) for each in zip(pictures, words, strict=True)]
        return self.kept.each(asked, lambda: self.part.caption_from(pictures, words))

    def ask(self, pictures: Sequence[NDArray[np.uint8]], texts: Sequence[str]) -> list[str]:
        """Answers to texts about pictures, of a part that can."""
        asked = [("ask", *each) for each in zip(pictures, texts, strict=True)]
        return self.kept.each(asked, lambda: self.part.ask(pictures, texts))


class Talks:
    """A chat model on this machine behind the door; its answers are drawn with the seeds."""

    def __init__(self, part: Any, kept: Kept) -> None:
        self.part, self.kept = part, kept

    def answer(
        self, turns: Sequence[Message], contents: Sequence[str], seeds: Sequence[int]
    ) -> list[str | ChatError]:
        """See sightsound.baselines.parts.messages.Chat."""
        asked = [("answer", list(turns), *each) for each in zip(contents, seeds, strict=True)]
        return self.kept.each(asked, lambda: self.part.answer(turns, contents, seeds))

    def converse(
        self, conversations: Sequence[Sequence[Message]], seeds: Sequence[int], begins: Sequence[str] = ()
    ) -> list[str | ChatError]:
        """The next answer in each of several conversations, of a part that can."""
        words = begins or [""] * len(conversations)
        asked = [
            ("converse", list(turns), *rest) for turns, *rest in zip(conversations, seeds, words, strict=True)
        ]
        return self.kept.each(asked, lambda: self.part.converse(conversations, seeds, begins))


def listening(
    listen: Callable[[Sequence[NDArray[np.float32]]], list[str]], kept: Kept
) -> Callable[[Sequence[NDArray[np.float32]]], list[str]]:
    """What says something of clips, behind the door."""
    return lambda clips: kept.each([(clip,) for clip in clips], lambda: listen(clips))


def sights(
    make: Callable[..., Any], device: str, weights: Mapping[str, Path], name: str, **settings: Any
) -> Sights:
    """`make(device, weights[name], **settings)` behind the door."""
    part = make(device, weights[name], **settings)
    return Sights(part, Kept(part, device, {name: weights[name]}, settings))


def talks(make: Callable[..., Any], device: str, weights: Mapping[str, Path], name: str, **settings: Any) -> Talks:
    """`make(device, weights[name], **settings)` behind the door."""
    part = make(device, weights[name], **settings)
    return Talks(part, Kept(part, device, {name: weights[name]}, settings))


def only(weights: Mapping[str, Path], *names: str) -> dict[str, Path]:
    """Those of the weights that a part loads."""
    return {name: weights[name] for name in names}


def _key(asked: Sequence[Any]) -> str:
    """sha256 of what is asked, numbers with their type and shape."""
    whole = hashlib.sha256()
    for item in asked:
        if isinstance(item, np.ndarray):
            whole.update(f"{item.dtype.str} {item.shape}\0".encode())
            whole.update(np.ascontiguousarray(item).data)
        else:
            whole.update(f"{json.dumps(item, sort_keys=True)}\0".encode())
    return whole.hexdigest()
