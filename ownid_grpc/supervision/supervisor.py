"""Keeps as many workers serving as there are to be, and replaces them without losing a call."""

import time
from collections.abc import Callable, Iterator
from itertools import count

from ownid_grpc.config import ConfigError
from ownid_grpc.supervision.links import REFUSED, Reload
from ownid_grpc.supervision.plans import Plan
from ownid_grpc.supervision.slots import Slot, StartWorker
from ownid_grpc.supervision.systemd import say_ready, say_reloading, say_stopping
from ownid_grpc.supervision.workers import Worker, ended_how
from ownid_grpc.telemetry.logs import Logger

_STEP_SECONDS = 0.1
_BEGUN = "workers.serving"
_RELOADED = "reload.done"


class Supervisor:
    """A slot for each worker of the plan in force.

    Another plan is a candidate until one worker serves by it: then it is in
    force, and the other workers are replaced one after another. Where that
    worker ends instead, everything stays as it is.
    """

    def __init__(
        self,
        plan: Plan,
        read_plan: Callable[[], Plan],
        start_worker: StartWorker,
        log: Logger,
    ) -> None:
        self._plan = plan
        self._candidate: Plan | None = None
        self._read_plan = read_plan
        self._start_worker = start_worker
        self._log = log
        self._numbers = count()
        self._slots: list[Slot] = []
        self._departing: list[Worker] = []
        self._has_begun = False
        self._is_refused = False
        self._awaited: str | None = _BEGUN
        self._asked_to_stop = 0
        self._is_asked_to_reload = False

    def run(self) -> bool:
        """Returns once `stop` was called and every worker has ended.

        Where one of the first refuses its configuration all are stopped, and
        it returns False; the worker has said what is wrong.
        """
        self._resize()
        while not self._asked_to_stop:
            self._look_after_all()
            time.sleep(_STEP_SECONDS)
        say_stopping()
        self._await_end()
        return not self._is_refused

    def stop(self) -> None:
        """Has every worker drain; asked again, has it hurry. Signal handlers may call this."""
        self._asked_to_stop += 1

    def reload(self) -> None:
        """Has the configuration be read again; signal handlers may call this."""
        self._is_asked_to_reload = True

    def _look_after_all(self) -> None:
        if self._is_asked_to_reload:
            self._is_asked_to_reload = False
            self._read_again()
        for slot in self._slots:
            for worker, code in slot.clear():
                self._note_end(slot, worker, code)
        for slot in [*self._slots]:
            successor = slot.take_over()
            if successor is not None and successor.plan is self._candidate:
                self._adopt(successor.plan)
        for slot in self._slots:
            self._fill(slot)
        self._departing = [each for each in self._departing if each.exit_code() is None]
        self._say_when_all_serve()

    def _read_again(self) -> None:
        say_reloading()
        try:
            plan = self._read_plan()
        except ConfigError as error:
            self._log.error("config.invalid", faults=str(error).splitlines())
            say_ready()
            return
        for slot in self._slots:
            if slot.coming is not None and slot.coming.plan is self._candidate:
                self._dismiss(slot)
        self._candidate, self._awaited = plan, _RELOADED

    def _note_end(self, slot: Slot, worker: Worker, code: int) -> None:
        if worker.plan is self._candidate:
            self._log.error("reload.refused", **ended_how(code))
            self._candidate = self._awaited = None
            say_ready()
        elif code == REFUSED and not self._has_begun:
            self._is_refused = True
            self.stop()
        else:
            slot.note_end(worker, code)

    def _adopt(self, plan: Plan) -> None:
        self._plan, self._candidate = plan, None
        self._resize()
        # Who was taken out is let in no more, though not all workers are replaced yet.
        for worker in self._workers():
            if worker.plan is not plan:
                worker.order(Reload(plan.file))

    def _resize(self) -> None:
        while len(self._slots) < self._plan.count:
            self._slots.append(Slot(next(self._numbers), self._start_worker, self._log))
        while len(self._slots) > self._plan.count:
            slot = self._slots.pop()
            slot.leave()
            self._dismiss(slot)
            self._departing += slot.workers()

    def _dismiss(self, slot: Slot) -> None:
        """Ends the one who comes before it serves."""
        if slot.coming is not None:
            slot.coming.terminate()
            self._departing.append(slot.coming)
            slot.coming = None

    def _fill(self, slot: Slot) -> None:
        """Starts a worker where none serves, or the one who does is to be replaced."""
        if slot.coming is not None or not slot.can_start():
            return
        if slot.serving is None:
            slot.start(self._plan)
        elif slot.leaving is None and not any(other.coming for other in self._slots):
            self._replace(slot, slot.serving)

    def _replace(self, slot: Slot, worker: Worker) -> None:
        wanted, ceiling = self._candidate or self._plan, self._plan.memory_ceiling
        if worker.plan is not wanted:
            slot.start(wanted)
        elif ceiling is not None and worker.memory_bytes() > ceiling:
            slot.note_size(worker)
            slot.start(wanted)

    def _say_when_all_serve(self) -> None:
        if self._awaited is None or self._candidate is not None:
            return
        if all(slot.serving and slot.serving.plan is self._plan for slot in self._slots):
            self._log.info(self._awaited, workers=len(self._slots))
            self._awaited, self._has_begun = None, True
            say_ready()

    def _await_end(self) -> None:
        told = 0
        while running := [each for each in self._workers() if each.exit_code() is None]:
            if told < self._asked_to_stop:
                told = self._asked_to_stop
                for worker in running:
                    worker.terminate()
            time.sleep(_STEP_SECONDS)

    def _workers(self) -> Iterator[Worker]:
        for slot in self._slots:
            yield from slot.workers()
        yield from self._departing
