"""Everything that a data team would be asked about, in seconds, changing nothing, on a broken data root too."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ledger.states import State
from settings import Settings
from watch import machine, root, services, upkeep
from watch.line import BROKEN, Check, Line, guarded

_BEFORE: dict[str, Check] = {
    "python": machine.python,
    "libraries": machine.libraries,
    "memory": machine.memory,
    "clock": machine.clock,
    "time_zone": machine.time_zone,
    "letters": machine.letters,
    "root": root.place,
    "disk": root.disk,
}
_AFTER: dict[str, Check] = {
    "locks": root.holders,
    "inbox": root.inbox,
    "leftovers": root.leftovers,
    "upkeep": upkeep.upkeep,
    "log": upkeep.log,
    "notices": upkeep.notices,
    "desk_users": upkeep.desk_users,
    "ports": machine.ports,
}
# These take seconds, most of them waiting.
_SLOW: dict[str, Check] = {"imports": machine.imports, "readers": services.readers, "prefect": services.prefect}


def examine(settings: Settings) -> list[Line]:
    """Every line: the machine, the data root, the ledger and what it names, the upkeep, what runs beside."""
    with ThreadPoolExecutor(len(_SLOW)) as pool:
        slow = [pool.submit(guarded, name, check, settings) for name, check in _SLOW.items()]
        return [*glance(settings), *(line for one in slow for line in one.result())]


def glance(settings: Settings) -> list[Line]:
    """The lines that take no second: all but those about what runs beside."""
    lines = _all(_BEFORE, settings)
    ledger, state = upkeep.read_ledger(settings)
    lines += ledger
    if state is not None:
        lines += _all({name: partial(_with, check, state) for name, check in _OF_STATE.items()}, settings)
    return lines + _all(_AFTER, settings)


def is_broken(lines: list[Line]) -> bool:
    """Whether something must be mended before the system does its work again."""
    return any(line.mark == BROKEN for line in lines)


_OF_STATE: dict[str, Callable[[Settings, State], Iterator[Line]]] = {
    "key": root.keys,
    "raw": root.named_files,
    "release": upkeep.release,
    "schedule": upkeep.schedule,
}


def _with(check: Callable[[Settings, State], Iterator[Line]], state: State, settings: Settings) -> Iterator[Line]:
    return check(settings, state)


def _all(checks: "dict[str, Check]", settings: Settings) -> list[Line]:
    return [line for name, check in checks.items() for line in guarded(name, check, settings)]
