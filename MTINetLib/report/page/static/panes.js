// The phases of a study side by side: NiiVue draws the images, this file the outlines over them. All panes show
// the same place, for their images lie on one grid.
"use strict";

(() => {
  const TYPES = {axial: 0, coronal: 1, sagittal: 2};
  //: Components of a place in mm that run across and up the picture.
  const ACROSS_UP = {axial: [0, 1], coronal: [0, 2], sagittal: [1, 2]};

  /** The outlines of one slice by label, as paths in voxels (a voxel reaches from -0.5 to 0.5 around its index). */
  const pathsOf = (labels, k, [columns, rows]) => {
    const found = new Map(), start = k * columns * rows;
    const at = (i, j) => i < 0 || j < 0 || i >= columns || j >= rows ? 0 : labels[start + j * columns + i];
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        const label = at(i, j);
        if (!label) continue;
        if (!found.has(label)) found.set(label, {area: new Path2D(), edge: new Path2D(), corner: [i, j]});
        const paths = found.get(label), [left, top, right, bottom] = [i - 0.5, j - 0.5, i + 0.5, j + 0.5];
        paths.area.rect(left, top, 1, 1);
        const sides = [
          [at(i, j - 1), left, top, right, top], [at(i, j + 1), left, bottom, right, bottom],
          [at(i - 1, j), left, top, left, bottom], [at(i + 1, j), right, top, right, bottom],
        ];
        for (const [beside, x1, y1, x2, y2] of sides) {
          if (beside !== label) { paths.edge.moveTo(x1, y1); paths.edge.lineTo(x2, y2); }
        }
      }
    }
    return found;
  };

  mtinet.Panes = class {
    constructor() {
      this.root = mtinet.element("div", {class: "panes"});
      this.panes = [];
      this.crosses = [];
      this.onDraw = () => {};
      this.resized = new ResizeObserver(() => this.draw());
    }

    /** From here on the panes are those of another study, with nothing in them yet. */
    begin(study) {
      Object.assign(this, {study, paths: new Map(), centre: null, labels: null, crosses: [], chosen: 0});
    }

    /** Load the images of the study; says how far it is. */
    async show(base, progress) {
      const {study} = this;
      const letters = await mtinet.load(`${base}labels.js`);
      this.labels = new Uint16Array(await mtinet.unpacked(mtinet.bytes(letters)));
      Object.assign(this, {k: Math.floor(study.size[2] / 2), zoom: 1, opacity: 0.12});
      this.window = [...study.window];
      while (this.panes.length > study.phases.length) this.panes.pop().figure.remove();
      while (this.panes.length < study.phases.length) await this.#addPane();
      for (const [at, phase] of study.phases.entries()) {
        progress(`Opening the images: ${at + 1} of ${study.phases.length}`);
        await this.#fill(this.panes[at], phase, base);
      }
      const first = this.panes[0].viewer;
      this.middle = [...first.frac2mm([0.5, 0.5, 0.5])].slice(0, 3);
      this.centre = [...this.middle];
      this.draw();
    }

    async #addPane() {
      const picture = mtinet.element("canvas", {"aria-hidden": "true"});
      const over = mtinet.element("canvas", {class: "over"});
      const caption = mtinet.element("figcaption");
      const figure = mtinet.element("figure", {class: "pane"}, mtinet.element("div", {}, picture), over, caption);
      this.root.append(figure);
      const viewer = new niivue.Niivue({
        interactive: false, dragAndDropEnabled: false, loadingText: "", logLevel: "error", crosshairWidth: 0,
        isOrientationTextVisible: false, isRadiologicalConvention: true, sagittalNoseLeft: true,
        backColor: [0, 0, 0, 1], show3Dcrosshair: false, isAntiAlias: false,
      });
      await viewer.attachToCanvas(picture, false);
      const pane = {figure, picture, over, caption, viewer};
      this.panes.push(pane);
      this.resized.observe(figure);
      this.onPane?.(pane);
    }

    async #fill(pane, phase, base) {
      const {viewer} = pane;
      const letters = await mtinet.load(`${base}${phase.script}`);
      const file = await mtinet.unpacked(mtinet.bytes(letters));
      const image = await niivue.NVImage.new(
        file, "phase.nii", "gray", 1, null, this.window[0], this.window[1], true);
      while (viewer.volumes.length) viewer.removeVolume(viewer.volumes[0]);
      viewer.opts.sliceType = TYPES[this.study.plane];
      viewer.addVolume(image);
      pane.caption.textContent = phase.title;
      pane.over.setAttribute("aria-label", `${phase.title}: image with outlines`);
      pane.over.setAttribute("role", "img");
    }

    /** LPS millimetres of a voxel (i, j, k). */
    lps([i, j, k]) {
      return this.study.ijk_to_lps.slice(0, 3).map(row => row[0] * i + row[1] * j + row[2] * k + row[3]);
    }

    /** The place of an LPS position among the voxels. */
    voxel(lps) {
      const [a, b, c] = this.study.ijk_to_lps, rest = lps.map((value, at) => value - [a, b, c][at][3]);
      const cross = (u, v) => [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
      const dot = (u, v) => u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
      const columns = [0, 1, 2].map(at => [a[at], b[at], c[at]]);
      const whole = dot(columns[0], cross(columns[1], columns[2]));
      return [[1, 2], [2, 0], [0, 1]].map(([one, two]) => dot(rest, cross(columns[one], columns[two])) / whole);
    }

    /** Pixels of a pane's canvas for the voxels of the slice: [a, b, c, d, e, f] as DOMMatrix takes them. */
    #matrix(viewer) {
      const [slice] = viewer.screenSlices, [across, up] = ACROSS_UP[this.study.plane];
      let [left, top, width, height] = slice.leftTopWidthHeight, mirrored = width < 0;
      if (mirrored) { left += width; width = -width; }
      const pixel = voxel => {
        const [x, y, z] = this.lps(voxel);
        const mm = viewer.frac2mm(viewer.mm2frac([-x, -y, z], 0, true));
        const right = (mm[across] - slice.leftTopMM[0]) / slice.fovMM[0];
        const high = (mm[up] - slice.leftTopMM[1]) / slice.fovMM[1];
        return [left + (mirrored ? 1 - right : right) * width, top + (1 - high) * height];
      };
      const [zero, column, row] = [[0, 0, this.k], [100, 0, this.k], [0, 100, this.k]].map(pixel);
      const step = (to, at) => (to[at] - zero[at]) / 100;
      return new DOMMatrix([step(column, 0), step(column, 1), step(row, 0), step(row, 1), ...zero]);
    }

    draw() {
      if (this.waiting || !this.centre) return;
      this.waiting = requestAnimationFrame(() => {
        this.waiting = 0;
        if (!this.centre) return;  // another study has begun meanwhile
        for (const pane of this.panes) this.#drawPane(pane);
        this.onDraw();
      });
    }

    #drawPane(pane) {
      const {viewer, over, picture} = pane, [columns, rows] = this.study.size;
      const [image] = viewer.volumes;
      if (image.cal_min !== this.window[0] || image.cal_max !== this.window[1]) {
        [image.cal_min, image.cal_max] = this.window;
        viewer.updateGLVolume();
      }
      const [x, y, z] = this.lps([(columns - 1) / 2, (rows - 1) / 2, this.k]);
      viewer.scene.crosshairPos = viewer.mm2frac([-x, -y, z], 0, true);
      const pan = this.middle.map((value, at) => value - this.centre[at] * this.zoom);
      viewer.scene.pan2Dxyzmm = [...pan, this.zoom];
      viewer.drawScene();
      [over.width, over.height] = [picture.width, picture.height];
      pane.matrix = this.#matrix(viewer);
      const pen = over.getContext("2d");
      this.#drawOutlines(pen, pane.matrix);
      this.#drawCrosses(pen, pane.matrix);
      this.#drawLetters(pen);
    }

    #drawOutlines(pen, matrix) {
      if (!this.paths.has(this.k)) this.paths.set(this.k, pathsOf(this.labels, this.k, this.study.size));
      const dots = window.devicePixelRatio || 1;
      for (const [label, {area, edge, corner}] of this.paths.get(this.k)) {
        const lesion = this.study.lesions.find(one => one.label === label);
        if (!lesion) continue;
        const [whole, line] = [area, edge].map(path => {
          const moved = new Path2D();
          moved.addPath(path, matrix);
          return moved;
        });
        pen.fillStyle = pen.strokeStyle = lesion.on_black;
        pen.globalAlpha = this.opacity;
        pen.fill(whole);
        pen.globalAlpha = this.outlines === false ? 0 : 1;
        pen.lineWidth = (label === this.chosen ? 2.4 : 1.2) * dots;
        pen.lineCap = "square";
        pen.stroke(line);
        const place = matrix.transformPoint(new DOMPoint(corner[0], corner[1]));
        pen.font = `bold ${11 * dots}px sans-serif`;
        pen.fillText(String(label), place.x - 12 * dots, place.y - 3 * dots);
        pen.globalAlpha = 1;
      }
    }

    #drawCrosses(pen, matrix) {
      const dots = window.devicePixelRatio || 1;
      for (const {lps, now} of this.crosses) {
        const [i, j, k] = this.voxel(lps);
        if (Math.round(k) !== this.k) continue;
        const place = matrix.transformPoint(new DOMPoint(i, j)), arm = (now ? 14 : 8) * dots;
        pen.strokeStyle = now ? "#ffffff" : "#f2d873";
        pen.lineWidth = 1.6 * dots;
        pen.beginPath();
        for (const [dx, dy] of [[arm, 0], [0, arm]]) {
          pen.moveTo(place.x - dx, place.y - dy);
          pen.lineTo(place.x + dx, place.y + dy);
        }
        pen.stroke();
      }
    }

    #drawLetters(pen) {
      const dots = window.devicePixelRatio || 1, {width, height} = pen.canvas;
      const [left, right, top] = this.study.edges, edge = 10 * dots;
      pen.fillStyle = "#f2d873";
      pen.font = `bold ${12 * dots}px sans-serif`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText(left, edge, height / 2);
      pen.fillText(right, width - edge, height / 2);
      pen.fillText(top, width / 2, edge);
      pen.textAlign = "start";
      pen.textBaseline = "alphabetic";
    }

    /** The voxel under a point of a pane, in CSS pixels of its canvas. */
    voxelAt(pane, x, y) {
      const dots = pane.over.width / pane.over.clientWidth;
      const place = pane.matrix.inverse().transformPoint(new DOMPoint(x * dots, y * dots));
      return [place.x, place.y, this.k];
    }

    /** The label at a voxel of the slice. */
    labelAt([i, j]) {
      const [column, row] = [Math.round(i), Math.round(j)], [columns, rows] = this.study.size;
      if (column < 0 || row < 0 || column >= columns || row >= rows) return 0;
      return this.labels[(this.k * rows + row) * columns + column];
    }

    setSlice(k) {
      this.k = Math.min(this.study.size[2] - 1, Math.max(0, Math.round(k)));
      this.draw();
    }

    setWindow(low, high) {
      this.window = [low, Math.max(low + 1, high)];
      this.draw();
    }

    /** A place stays where it is on the screen while everything around it grows. */
    zoomBy(factor, around = null) {
      const zoom = Math.min(12, Math.max(1, this.zoom * factor));
      const fixed = around ? this.#ortho(around) : this.centre;
      this.centre = this.centre.map((value, at) => fixed[at] + (value - fixed[at]) * this.zoom / zoom);
      this.zoom = zoom;
      if (zoom === 1) this.centre = [...this.middle];
      this.draw();
    }

    /** Move so that voxel ``to`` comes where ``from`` is. */
    move(from, to) {
      const [one, other] = [from, to].map(voxel => this.#ortho(voxel));
      this.centre = this.centre.map((value, at) => value + other[at] - one[at]);
      this.draw();
    }

    #ortho(voxel) {
      const [x, y, z] = this.lps(voxel), {viewer} = this.panes[0];
      return [...viewer.frac2mm(viewer.mm2frac([-x, -y, z], 0, true))].slice(0, 3);
    }
  };
})();
