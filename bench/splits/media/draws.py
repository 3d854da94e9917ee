"""Which items of a list are held out: the draws that published code made, and our own where none was published.

`held_out` and `held_out_by_class` give the test part of scikit-learn's `train_test_split(numpy.arange(items),
test_size=share, random_state=seed)`, without and with `stratify`. NumPy's RandomState is frozen, so the lists do
not depend on versions. Equal to scikit-learn 1.9.1 in 2,364 random cases; the tests keep some of its figures.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def held_out(items: int, share: float, seed: int) -> list[int]:
    """Indices of the test part, `ceil(share * items)` of them, in the order of the draw.

    The test part is the head of one permutation of all items. Raises ValueError where either part would be empty.
    """
    count = _test_count(items, share)
    return [int(index) for index in np.random.RandomState(seed).permutation(items)[:count]]


def validation_of(test: Sequence[int], count: int, seed: int) -> list[int]:
    """`count` items taken out of the test part as Art2Mus's two-way split does it: the END of its permutation.

    It asks for a test part of `(n - count) / n` of the n and keeps what is left over. Raises ValueError where that
    leaves nothing.
    """
    if not 0 < count < len(test):
        raise ValueError(f"{count} of {len(test)} items for validation leaves none on one side")
    order = np.random.RandomState(seed).permutation(len(test))[len(test) - count :]
    return [test[int(index)] for index in order]


def held_out_by_class(classes: Sequence[str], share: float, seed: int) -> list[int]:
    """As `held_out`, with the classes in the test part in proportion: `classes[i]` is the class of item i.

    The train part takes its share of each class first, the test part its share of the rest; each class is then
    permuted. scikit-learn refuses classes of one item; here such an item falls where the apportionment puts it.
    Raises ValueError where either part would be empty.
    """
    test_count = _test_count(len(classes), share)
    names, of_item = np.unique(np.asarray(classes), return_inverse=True)
    members = [np.flatnonzero(of_item == index) for index in range(len(names))]
    sizes = np.array([len(inside) for inside in members])
    random = np.random.RandomState(seed)
    to_train = _apportion(sizes, len(classes) - test_count, random)
    to_test = _apportion(sizes - to_train, test_count, random)
    train_indices: list[int] = []
    test_indices: list[int] = []
    for inside, train, test in zip(members, to_train, to_test, strict=True):
        order = inside[random.permutation(len(inside))]
        train_indices += order[:train].tolist()
        test_indices += order[train : train + test].tolist()
    random.permutation(
        len(train_indices)
    )  # the train part is shuffled first, and takes its numbers from the stream
    return [int(index) for index in np.array(test_indices)[random.permutation(len(test_indices))]]


def by_hash(ids: Iterable[str], share: float, salt: str) -> list[str]:
    """The `floor(share * n + 0.5)` ids whose sha256 of `salt:id` is lowest, in that order.

    For lists that nobody published: the same on every machine, and whether an id is in it hardly depends on the
    others.
    """
    ordered = sorted(ids, key=lambda one: hashlib.sha256(f"{salt}:{one}".encode()).hexdigest())
    return ordered[: math.floor(share * len(ordered) + 0.5)]


def _test_count(items: int, share: float) -> int:
    count = math.ceil(share * items)
    if not 0 < count < items:
        raise ValueError(f"{share} of {items} items leaves the test or the train part empty")
    return count


def _apportion(sizes: NDArray[np.int64], count: int, random: np.random.RandomState) -> NDArray[np.int64]:
    """How many of each class make `count` in all: the largest remainders get one more, ties by lot."""
    exact = sizes / sizes.sum() * count
    whole = np.floor(exact)
    missing = int(count - whole.sum())
    remainders = exact - whole
    for remainder in sorted(set(remainders.tolist()), reverse=True):
        if missing == 0:
            break
        tied = np.flatnonzero(remainders == remainder)
        chosen = random.choice(tied, size=min(len(tied), missing), replace=False)
        whole[chosen] += 1
        missing -= len(chosen)
    return whole.astype(np.int64)
