"""Ctrl-C and its like: a wish to stop the first time, an order the second."""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Thread, current_thread, main_thread
from types import FrameType, TracebackType
from typing import Any

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # not every system has each


class Interrupts:
    """While this lasts, the first signal sets `wanted` and calls `told`; the second raises KeyboardInterrupt.

    `told` runs in a thread of its own, since a signal may come in the midst of printing.
    """

    def __init__(self, told: Callable[[], None] = lambda: None) -> None:
        self.told = told
        self.wanted = False
        self.before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        if current_thread() is main_thread():  # only there signals can be handled
            for name in SIGNALS:
                number = getattr(signal, name, None)
                # nohup has a hang-up ignored, and so it stays
                if number and not (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                    self.before[number] = signal.signal(number, self.handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def handle(self, _: int, __: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
        Thread(target=self.told, daemon=True).start()
