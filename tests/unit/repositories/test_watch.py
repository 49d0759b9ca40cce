"""What watches over work on a database goes on, whatever becomes of one piece of it."""

import sqlite3
import threading

from ownid_grpc.repositories.sql.watch import Watch


def test_connection_that_cannot_be_ended_keeps_no_other_from_it() -> None:
    """One that was closed just before is passed over; all others are ended, then and later."""
    closed = sqlite3.connect(":memory:")
    closed.close()
    first, second = threading.Event(), threading.Event()
    watch = Watch()
    with watch.watching(closed.interrupt, 60), watch.watching(first.set, 60):
        watch.abandon_all()
        assert first.is_set()
    with watch.watching(closed.interrupt, 0), watch.watching(second.set, 0):
        assert second.wait(10)
    watch.close()
