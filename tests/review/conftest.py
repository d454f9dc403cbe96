"""The desk's tests sign in hundreds of times: their passwords are hashed with small parameters of the same function."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from review.access import users


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_hasher", quick)
        patch.setattr(users, "_NOBODYS_HASH", quick.hash("nobody's"))
        yield
