"""What a person does to the AI's masks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from MTINetLib.errors import InputError, MTINetError
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene import edit_lesions
from MTINetLib.scene.label_image import Mask
from MTINetLib.scene.results import Results
from MTINetLib.scene.segmentation import segment_labels
from MTINetLib.scene.select_lesion import mark_lesion
from MTINetLib.session.core import SessionCore
from MTINetLib.session.mask_watch import MaskWatch
from MTINetLib.session.masks import Standing
from MTINetLib.session.measuring import Measuring


def _nothing() -> None:
    pass


class Correction:
    """Edits of the masks, in an editor or by the actions here; the findings follow them by :meth:`poll`.

    Attributes:
        before_action: called before each action that changes masks, so that an editor can save its state.
        ai_shown: whether the AI's own masks are drawn too.
        edits: how often masks were changed, by hand or by an action here.
    """

    def __init__(
        self,
        core: SessionCore,
        select: Callable[[int | None], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``select`` chooses a lesion, and lets the views jump to it."""
        self._core, self._select = core, select
        self._watch = MaskWatch(self.masks_edited)
        self._liver_watch = MaskWatch(self.masks_edited)
        self._measuring = Measuring(core, self._watch, self._keep_choice, clock)
        self._added: int | None = None
        self._into: int | None = None
        self._erased: int | None = None
        self.before_action: Callable[[], None] = _nothing
        self.ai_shown = False
        self.edits = 0

    @property
    def waiting(self) -> bool:
        """Whether findings are still to come for what the masks are now."""
        return self._measuring.waiting

    @property
    def standing(self) -> Standing:
        """How the masks stood to the AI's own when they were read last."""
        return self._measuring.standing

    @property
    def added(self) -> int | None:
        """A lesion that was added and waits to be painted."""
        results = self._measuring.results
        waits = results is not None and self._added in segment_labels(results.segmentation)
        return self._added if waits else None

    @property
    def problem(self) -> MTINetError | None:
        """Why the last measuring or asking failed; None where it did not, and after a cancel."""
        return self._measuring.problem

    @property
    def measured_in_s(self) -> float | None:
        """Seconds from the last edit until its findings were shown; None before the first."""
        return self._measuring.measured_in_s

    def watch(self, results: Results | None) -> None:
        """Follow the masks of these results, and of no others any more."""
        self.abandon()
        if results is not None:
            self._watch.follow(results.segmentation)
            self._liver_watch.follow(results.liver)
            self._measuring.follow(results)

    def poll(self) -> None:
        """Measure what has been edited."""
        self._measuring.poll()

    def abandon(self) -> None:
        """Drop everything, also what the worker may still answer."""
        self._watch.follow(None)
        self._liver_watch.follow(None)
        self._measuring.abandon()
        self._added = self._into = self._erased = None
        self.ai_shown = False

    def masks_edited(self) -> None:
        """The masks changed; they are measured when the hand has rested for a moment."""
        self.edits += 1
        self._measuring.edited()

    def ask_network(self) -> None:
        """Have the network read class and predicted curve again under the masks of now."""
        try:
            self._measuring.ask_network()
        except MTINetError as error:
            self._measuring.problem = error
            self._core.report_error(error)

    def add_lesion(self) -> int:
        """An empty segment with the next number, to be painted; gives the number.

        Raises:
            InputError: there are no results to add to.
        """
        with self._action() as results:
            label = edit_lesions.add_lesion(results)
        self._added = label
        return label

    def put_outline(self, mask: Mask, label: int | None, *, same_step: bool = False) -> int:
        """Make a lesion of an outline, or give a lesion another one; gives the number.

        Args:
            same_step: it follows an outline that Undo would take back, and goes with that one.

        Raises:
            InputError: other lesions have most of it already.
        """
        with self._action(same_step) as results:
            number = edit_lesions.outline_lesion(results, mask, label)
            self._measuring.made_new([number])
        self._added = number
        return number

    def delete(self, label: int) -> None:
        """Remove a lesion that is none.

        Raises:
            InputError: there is no such lesion.
        """
        with self._action() as results:
            edit_lesions.delete_lesion(results, label)

    def split(self, label: int) -> tuple[int, ...]:
        """Make lesions of the parts, the largest keeps the number; gives all the numbers.

        Raises:
            InputError: there is nothing to split.
        """
        with self._action() as results:
            labels = edit_lesions.split_lesion(results, label)
            self._measuring.made_new(labels)
        return labels

    def merge(self, labels: tuple[int, ...]) -> int:
        """Make one lesion of several, under the first one's number.

        Raises:
            InputError: fewer than two lesions, or one that is not there.
        """
        with self._action() as results:
            label = edit_lesions.merge_lesions(results, labels)
            self._measuring.made_new([label])
        self._into = label
        return label

    def revert(self, label: int) -> None:
        """Give one lesion the AI's own mask again; one that the AI never had goes.

        Raises:
            InputError: the AI's own masks are no longer in the scene.
        """
        with self._action() as results:
            edit_lesions.revert_lesion(results, label)

    def revert_all(self) -> None:
        """Give back the AI's own masks, and with them its own findings.

        Raises:
            InputError: the AI's own masks are no longer in the scene.
        """
        with self._action() as results:
            edit_lesions.revert_all(results)

    def show_ai(self, shown: bool) -> None:
        """Draw the AI's own masks beside the corrected ones, or hide them again.

        Raises:
            InputError: they are no longer in the scene.
        """
        edit_lesions.show_ai(self._needed(), shown)
        self.ai_shown = shown

    def choose(self, label: int) -> None:
        """Make a lesion the chosen one without a jump of the views: the hand is there already."""
        if self._measuring.results is not None and label != self._core.selected and label in self._found():
            self._core.choose(label, mark_lesion)

    @contextmanager
    def _action(self, same_step: bool = False) -> Iterator[Results]:
        results = self._needed()
        if not same_step:
            self.before_action()
        self.edits += 1
        with self._watch.quiet():
            yield results
        self._measuring.edited(at_once=True)

    def _needed(self) -> Results:
        if self._measuring.results is None:
            raise error_of(InputError, "no_masks")
        return self._measuring.results

    def _keep_choice(self) -> None:
        """A lesion that a person has just added is chosen; where the chosen one is gone, its neighbour is."""
        found, chosen = self._found(), self._core.selected
        into, self._into = self._into, None
        if self._added in found:
            label, self._added = self._added, None
            self.choose(label or 0)
        elif chosen is not None and chosen not in found:
            results = self._measuring.results
            if results is not None and chosen in segment_labels(results.segmentation):
                self._select(None)  # erased, and perhaps painted anew in a moment: the hand stays there
                self._erased = chosen
                return
            nearest = min(found, key=lambda label: (abs(label - chosen), label), default=None)
            self._select(into if into in found else nearest)
        elif chosen is None and self._erased in found:
            self.choose(self._erased or 0)
        self._erased = None if chosen is not None else self._erased

    def _found(self) -> set[int]:
        findings = self._core.findings
        return {lesion.label for lesion in findings.lesions} if findings else set()
