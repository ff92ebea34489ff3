"""A process that writes patients one after the other and is killed in the middle of one.

Run by `test_store_crash.py`: it prints each pseudonym once the store has taken it, then "half" from within a
transaction of which a half is sent, and waits to be killed.
"""

from __future__ import annotations

import sys
import time

from conftest import patient
from spondyl.io.store import open_store
from spondyl.io.store.store import writing
from spondyl.io.store.writing import insert_patients, replace_patient


def main(place: str) -> None:
    """Write to the store of that place."""
    with open_store(place) as store:
        for n in range(3):
            store.add([patient(f"W{n}", visits=n)], who="killed")
            print(f"W{n}", flush=True)
        with writing(store._engine, "killed") as connection:
            insert_patients(connection, [patient("HALF")])
            replace_patient(connection, patient("W0", visits=9), version=1)
            print("half", flush=True)
            time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1])
