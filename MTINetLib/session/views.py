"""What the views of Slicer's window show of the study, and when they are ours."""

from __future__ import annotations

from enum import Enum
from typing import Any

from MTINetLib.scene.fit_views import Points, body_points, fit_views, lesion_points, view_sizes
from MTINetLib.scene.layout import (
    LAYOUT_3D_ID,
    VIEW_3D,
    layout_in_use,
    layout_is_shown,
    register_layout,
    restore_layout,
    show_chart,
    turn_to_layout,
)
from MTINetLib.scene.phase_views import set_viewed_phases, show_phases, title_views
from MTINetLib.scene.pointer import Point, lesion_near
from MTINetLib.scene.select_lesion import select_lesion
from MTINetLib.scene.view_3d import is_shown_in_3d, look_at
from MTINetLib.session.choices import chosen_volumes, wanted_phases
from MTINetLib.session.core import SessionCore
from MTINetLib.session.wanted_study import reference_of
from MTINetLib.study.phase import Phase

#: A size that new views have for so many polls is the one that they keep.
_POLLS_OF_ONE_SIZE = 3
#: The window takes a while to settle, for example while the module's panel grows; then views are the user's.
_POLLS_TO_SETTLE = 100


class Module(Enum):
    """Whether the module is before the user."""

    SHOWN = "shown"
    LEFT = "left"
    #: A script drives the session, and there is no module to be shown.
    NONE = "none"


class Views:
    """Each phase in its own view as soon as it is known, in sight as a whole or around the chosen lesion."""

    def __init__(self, core: SessionCore) -> None:
        self._core, self._scene = core, core.scene
        self._module = Module.NONE
        self._layout_before: int | None = None
        self._near_lesion = False
        self._settling = 0
        self._sizes: tuple[tuple[int, int], ...] = ()
        self._fitted_sizes: tuple[tuple[int, int], ...] = ()
        self._polls_of_size = 0
        self._in_3d = False
        self._coming = False

    @property
    def near_lesion(self) -> bool:
        """Whether the views are zoomed onto the chosen lesion."""
        return self._near_lesion

    def enter(self) -> None:
        """The module is before the user."""
        self._module = Module.SHOWN
        if self._core.results is not None or self._volumes():
            self.show()

    def leave(self) -> None:
        """Another module is before the user."""
        self.give_back()
        self._module = Module.LEFT

    def show(self) -> None:
        """Turn to our layout with what is known: the phases, the plot. Not while another module is shown."""
        self._coming = False
        if self._module is Module.LEFT:
            return
        results = self._core.results
        self._fill()
        show_chart(self._scene, None if results is None else results.chart)
        self._in_3d = results is not None and is_shown_in_3d(results.segmentation)
        self._layout_before = turn_to_layout(self._scene, self._in_3d)

    def phases_known(self) -> None:
        """Phases were proposed or chosen: the views follow at once, and come the first time."""
        if self._module is not Module.SHOWN:
            return
        if self._layout_before is None and self._volumes():
            self._coming = True  # new views take Slicer a while: in a turn of their own
        elif self._layout_before is not None:
            self._fill()

    def opened(self) -> None:
        """A scene was opened: its slices stay, but views that Slicer has just made must be fitted."""
        if self._module is Module.SHOWN and (self._core.results is not None or self._volumes()):
            self.show()
        if layout_is_shown(self._scene):
            self._start_settling()

    def give_back(self) -> None:
        """Return to the user's own layout, unless the user has turned to yet another one."""
        if self._layout_before is not None and layout_is_shown(self._scene):
            restore_layout(self._scene, self._layout_before)
        self._layout_before = None
        self._coming = False
        self._settling = 0

    def scene_closing(self) -> None:
        """The volumes go, and with them our layout: Slicer shows what is loaded next in all views."""
        if layout_is_shown(self._scene):
            self._layout_before = turn_to_layout(self._scene)
            self.give_back()
        show_phases(self._scene, {})
        self._near_lesion = self._in_3d = False

    def toggle_lesion(self, at: Point | None = None) -> None:
        """Zoom onto the lesion at a point, else onto the chosen one; or back to the whole body."""
        near, results = not self._near_lesion, self._core.results
        label = lesion_near(results, at) if near and at is not None and results is not None else None
        if label is not None and label != self._core.selected:
            self._core.choose(label, select_lesion)
        self._near_lesion = near
        self.fit()

    def lesion_chosen(self) -> None:
        """Another lesion was chosen: a view that is near one stays near."""
        if self._near_lesion:
            self.fit()

    def fit(self) -> None:
        """Fit the views to the chosen lesion or to the body, on the slice that they show."""
        points = self._lesion() if self._near_lesion else None
        self._near_lesion = points is not None
        points = points if points is not None else self._body()
        if points is not None:
            fit_views(self._scene, points)

    def poll(self) -> None:
        """Titles follow what the views show; new views are fitted when they have their size."""
        if self._coming:
            self.show()
            return
        if layout_is_shown(self._scene):
            title_views(self._scene, self._volumes())
            self._follow_show_3d()
        if self._settling > 0:
            self._settling -= 1
            self._settle()

    def _fill(self) -> None:
        volumes = self._volumes()
        phases = wanted_phases(self._core.choices)
        # Results of another model stay to be seen where nothing is chosen for this one.
        shown = phases if volumes.keys() <= set(phases) else tuple(volumes)
        set_viewed_phases(self._scene, shown)
        register_layout(self._scene)
        if show_phases(self._scene, volumes, self._plane()):
            self._near_lesion = False
            self.fit()
            self._start_settling()

    def _volumes(self) -> dict[Phase, Any]:
        """What the views show: the chosen volumes; those of the results where nothing is chosen."""
        chosen = chosen_volumes(self._core.choices)
        results = self._core.results
        if chosen or results is None:
            return chosen
        return results.by_phase

    def _plane(self) -> Any:
        """The volume whose slices all views follow."""
        volumes = self._volumes()
        results = self._core.results
        if results is not None and results.reference in volumes.values():
            return results.reference
        return volumes.get(reference_of(self._core.choices), next(iter(volumes.values()), None))

    def _body(self) -> Points | None:
        plane = self._plane()
        return None if plane is None or plane.GetImageData() is None else body_points(plane)

    def _lesion(self) -> Points | None:
        results, label = self._core.results, self._core.selected
        return None if results is None or label is None else lesion_points(results, label)

    def _start_settling(self) -> None:
        self._settling = _POLLS_TO_SETTLE
        self._sizes = self._fitted_sizes = ()
        self._polls_of_size = 0

    def _settle(self) -> None:
        sizes = view_sizes(self._scene) if layout_is_shown(self._scene) else ()
        self._polls_of_size = self._polls_of_size + 1 if sizes == self._sizes else 1
        self._sizes = sizes
        if sizes and sizes != self._fitted_sizes and self._polls_of_size == _POLLS_OF_ONE_SIZE:
            self._fitted_sizes = sizes
            self.fit()
            self._look_in_3d()

    def _follow_show_3d(self) -> None:
        """*Show 3D* brings the layout with a 3-D view, and takes it away."""
        results = self._core.results
        wanted = results is not None and is_shown_in_3d(results.segmentation)
        if wanted == self._in_3d:
            return
        self._in_3d = wanted
        if self._module is Module.SHOWN:
            self._layout_before = turn_to_layout(self._scene, wanted)
            self._start_settling()

    def _look_in_3d(self) -> None:
        results = self._core.results
        if results is None or layout_in_use(self._scene) != LAYOUT_3D_ID:
            return
        bounds = [0.0] * 6
        results.segmentation.GetRASBounds(bounds)
        if bounds[0] <= bounds[1]:
            import numpy as np

            look_at(self._scene, VIEW_3D, np.array(bounds).reshape(3, 2).T)
