"""Has callers make many calls while faults come at random, and judges all that they were told.

python -m trials.random_faults [--kind postgresql] [--operations 50000] [--seed 1]
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.load.conftest import Loaded
from tests.support.people import SCHEMA, Place, place_of
from tests.support.service import SERVING, running_service, write_config
from trials.databases import Distant, distant_people
from trials.faults import FAULTS
from trials.outages import KINDS
from trials.registers import Registers

_FAULT_SECONDS = (0.2, 2.5)
_QUIET_SECONDS = (0.5, 3.0)


def trial(place: Place, operations: int, seed: int) -> bool:
    """Runs until so many calls have ended, and says what came of it."""
    chance = random.Random(seed)
    began = time.monotonic()
    with distant_people(place) as distant, tempfile.TemporaryDirectory() as name:
        # The service's own store is behind the same line, so that request ids are tried too.
        mapping, state = distant.people.mapping(), distant.people.url
        config = write_config(Path(name), mapping, state=state)
        with running_service(config) as service, service.client() as client:
            client.await_health(SERVING)
            client.set_schema(SCHEMA)
            registers = Registers(Loaded(distant.people, service, client, config), seed)
            with registers.used():
                befallen = befall(distant, registers, operations, chance)
                client.await_health(SERVING)
                registers.await_calls(200)
            # What a slow line still held has come through by now.
            client.await_health(SERVING)
            wrong = registers.faults()
    minutes = (time.monotonic() - began) / 60
    print(f"{place.kind}: {len(registers.told)} calls in {minutes:.1f} minutes, seed {seed}")
    print(f"  answers: {dict(registers.codes().most_common())}")
    print(f"  accounts: {registers.accounts}, faults: {dict(befallen)}")
    print(f"  refusals that told a version nobody else saw: {registers.unresolved}")
    print("\n    ".join([f"  untrue: {len(wrong)}", *wrong[:20]]), flush=True)
    return not wrong


def befall(
    distant: Distant, registers: Registers, operations: int, chance: random.Random
) -> Counter[str]:
    """Has one fault follow the other until so many calls have ended; returns which came."""
    befallen: Counter[str] = Counter()
    names = [each for each in FAULTS if each != "disk full"]  # it moves the tables
    with suppress(KeyboardInterrupt):
        while len(registers.told) < operations:
            time.sleep(chance.uniform(*_QUIET_SECONDS))
            name = chance.choice(names)
            befallen[name] += 1
            with FAULTS[name](distant):
                time.sleep(chance.uniform(*_FAULT_SECONDS))
    return befallen


def main() -> int:
    """Runs the trial, and ends with 1 where anything was told that is not true."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--operations", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    words = parser.parse_args()
    good = []
    for kind in words.kind or KINDS:
        with place_of(kind) as place:
            good.append(trial(place, words.operations, words.seed))
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main())
