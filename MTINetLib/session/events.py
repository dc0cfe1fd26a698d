"""What the session tells those who listen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from enum import Enum, auto

Callback = Callable[[], None]


class Topic(Enum):
    """Something of the session that has changed; the listener looks at the session itself."""

    PHASES = auto()
    STATE = auto()
    PROGRESS = auto()
    FINDINGS = auto()
    SELECTION = auto()
    MESSAGE = auto()
    COMPUTER = auto()
    PACKAGES = auto()
    CURVES = auto()
    WORK_LIST = auto()


class Events:
    """Listeners by topic, called in the order in which they subscribed."""

    def __init__(self) -> None:
        self._listeners: dict[Enum, list[Callback]] = defaultdict(list)

    def subscribe(self, topic: Enum, callback: Callback) -> Callback:
        """Call ``callback`` whenever the topic changes; calling what comes back ends that."""
        listeners = self._listeners[topic]
        listeners.append(callback)

        def unsubscribe() -> None:
            if callback in listeners:
                listeners.remove(callback)

        return unsubscribe

    def tell(self, topic: Enum) -> None:
        for callback in tuple(self._listeners[topic]):
            callback()
