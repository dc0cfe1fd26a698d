// Mouse, pen and finger over the images.
"use strict";

(() => {
  const STILL_PX = 4;

  /**
   * Wheel and one finger scroll, wheel with Ctrl and two fingers zoom, the left button changes the window, the
   * middle one or Shift moves; a click without moving is told.
   */
  mtinet.gestures = (panes, pane, clicked) => {
    const {over} = pane, held = new Map();
    let moved = 0, scrolled = 0;
    const place = event => [event.offsetX, event.offsetY];
    const apart = () => {
      const [one, other] = [...held.values()];
      return Math.hypot(one[0] - other[0], one[1] - other[1]);
    };

    over.addEventListener("wheel", event => {
      event.preventDefault();
      if (event.ctrlKey) panes.zoomBy(1.0015 ** -event.deltaY, panes.voxelAt(pane, ...place(event)));
      else panes.setSlice(panes.k + Math.sign(event.deltaY));
    }, {passive: false});

    over.addEventListener("pointerdown", event => {
      over.setPointerCapture(event.pointerId);
      held.set(event.pointerId, place(event));
      [moved, scrolled] = [held.size > 1 ? STILL_PX + 1 : 0, 0];
      if (event.button === 1) event.preventDefault();
    });

    over.addEventListener("pointermove", event => {
      const before = held.get(event.pointerId);
      if (!before) return;
      const now = place(event), [dx, dy] = [now[0] - before[0], now[1] - before[1]];
      const wide = held.size === 2 ? apart() : 0;
      moved += Math.hypot(dx, dy);
      held.set(event.pointerId, now);
      if (moved <= STILL_PX) return;
      if (held.size === 2) {
        panes.zoomBy(apart() / (wide || 1), panes.voxelAt(pane, ...now));
      } else if (event.pointerType === "touch") {
        scrolled += dy / 12;
        if (Math.abs(scrolled) >= 1) { panes.setSlice(panes.k + Math.trunc(scrolled)); scrolled %= 1; }
      } else if (event.buttons === 4 || event.shiftKey) {
        panes.move(panes.voxelAt(pane, ...now), panes.voxelAt(pane, ...before));
      } else {
        const [low, high] = panes.window, share = (high - low) / over.clientWidth;
        const [middle, half] = [(low + high) / 2 + dy * share, (high - low) / 2 + dx * share];
        panes.setWindow(middle - Math.max(1, half), middle + Math.max(1, half));
      }
    });

    over.addEventListener("pointerup", event => {
      if (held.delete(event.pointerId) && moved <= STILL_PX) clicked(panes.voxelAt(pane, ...place(event)));
    });
    over.addEventListener("pointercancel", event => held.delete(event.pointerId));
  };
})();
