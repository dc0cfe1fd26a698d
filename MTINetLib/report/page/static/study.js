// One study on the page: images, lesions, words, marks, keys.
"use strict";

(() => {
  const {element} = mtinet;
  const KEYS = [
    ["Up, Down", "one slice"], ["Page Up, Page Down", "five slices"], ["Home, End", "first, last slice"],
    ["1 to 9", "choose a lesion"], ["R", "the chosen lesion is right"], ["W", "it is wrong"],
    ["C", "comment on it"], ["M", "mark a missed lesion: arrows move, Enter sets, Escape leaves"],
    ["D", "the study was looked through"], ["+, -, 0", "zoom in, out, whole picture"], ["O", "outlines on, off"],
    ["N, P", "next, previous study of a cohort"], ["Escape", "back to the cohort"], ["?", "these keys"],
  ];
  const typing = target => target.closest("input:not([type=range]), textarea, select") !== null;

  mtinet.StudyView = class {
    /**
     * @param name the study's name in marks.csv
     * @param base the folder of its data, with a slash at the end
     * @param go called with 1, -1 or 0 for the next or previous study, or back; null where there is only one
     */
    constructor(root, {name, base, marks, go = null}) {
      Object.assign(this, {root, name, base, marks, go});
      this.panes = mtinet.sharedPanes ??= new mtinet.Panes();
      this.panes.onPane = pane => mtinet.gestures(this.panes, pane, voxel => mtinet.shownStudy.clicked(voxel));
      mtinet.shownStudy = this;
    }

    async open() {
      const status = element("p", {role: "status"}, "Opening the study …");
      this.root.replaceChildren(status);
      try {
        const study = await mtinet.load(`${this.base}findings.js`);
        if (study.problem) throw new Error(study.problem);
        if (mtinet.shownStudy !== this) return;
        this.study = study;
      } catch (error) {
        status.textContent = `${this.name}: ${error.message}`;
        if (this.go) this.root.append(element("button", {type: "button", onclick: () => this.go(0)}, "Back to the cohort"));
        return;
      }
      document.title = `${this.name}: ${this.study.summary}`;
      this.status = status;
      this.panes.begin(this.study);
      this.root.replaceChildren(...this.#parts());
      this.choose(this.study.lesions[0]?.label ?? 0, false);
      try {
        await this.panes.show(this.base, text => { status.textContent = text; });
        if (mtinet.shownStudy !== this) return;
      } catch (error) {
        const can = document.createElement("canvas").getContext("webgl2");
        status.textContent = can ? error.message
          : "This browser cannot draw the images, for it lacks WebGL 2: allow it, or take another browser.";
        return;
      }
      status.textContent = "";
      this.panes.onDraw = () => this.#follow();
      this.#setRanges();
      this.choose(this.chosen);
      this.root.dataset.ready = "yes";
    }

    close() {
      this.panes.onDraw = () => {};
      if (mtinet.shownStudy === this) mtinet.shownStudy = null;
      delete this.root.dataset.ready;
      this.root.replaceChildren();
    }

    // --- What is on the page ---

    #parts() {
      const {study} = this;
      this.lesions = element("ol", {class: "lesions", "aria-label": "Lesions"}, study.lesions.map(lesion => this.#lesion(lesion)));
      this.detail = element("section", {class: "detail", "aria-live": "polite"});
      this.missed = element("ul", {class: "missed"});
      this.marks.onChange(() => { if (mtinet.shownStudy === this) this.#showMarks(); });
      const warnings = [...study.notices, ...study.doubts];
      return [
        element("header", {},
          element("p", {class: "banner"}, element("b", {}, study.banner[0]), ` ${study.banner[1]}`),
          this.go && element("nav", {class: "bar", "aria-label": "Cohort"},
            ...[[0, "Back to the cohort"], [-1, "Previous study"], [1, "Next study"]].map(([step, text]) =>
              element("button", {type: "button", onclick: () => this.go(step)}, text))),
          element("h1", {}, this.name), element("p", {class: "summary"}, study.summary),
          warnings.length ? element("ul", {class: "warnings", "aria-label": "Warnings"}, warnings.map(text => element("li", {}, text))) : null),
        element("div", {class: "reading"},
          element("section", {class: "images", "aria-label": "Images"}, this.panes.root, this.status, this.#controls()),
          element("section", {class: "beside", "aria-label": "Findings"}, this.lesions, this.detail, this.#studyMarks())),
        this.#words(), this.#help(),
      ];
    }

    #lesion(lesion) {
      return element("li", {}, element("button", {
        type: "button", "data-label": lesion.label, onclick: () => this.choose(lesion.label),
      }, element("span", {class: "dot"}), lesion.title, element("span", {class: "mark"})));
    }

    #controls() {
      const range = (name, text, changed, values) => {
        this[name] = element("input", {type: "range", "aria-label": text, ...values, oninput: event => changed(Number(event.target.value))});
        return element("label", {}, `${text} `, this[name]);
      };
      this.place = element("output", {class: "place"});
      return element("div", {class: "bar controls"},
        range("slider", "Slice", value => this.panes.setSlice(value), {min: 0, max: 1, step: 1}), this.place,
        range("levelRange", "Level", () => this.#setWindow(), {step: "any"}),
        range("widthRange", "Width", () => this.#setWindow(), {step: "any"}),
        range("zoomRange", "Zoom", value => this.panes.zoomBy(value / this.panes.zoom), {min: 1, max: 12, step: 0.1, value: 1}),
        range("opacityRange", "Fill", value => { this.panes.opacity = value; this.panes.draw(); }, {min: 0, max: 1, step: 0.02, value: 0.12}),
        element("button", {type: "button", onclick: () => this.#reset()}, "Reset"),
        element("button", {type: "button", onclick: () => this.help.showModal()}, "Keys ?"));
    }

    #studyMarks() {
      this.remark = element("textarea", {
        rows: 2, "aria-label": "Comment on the study", placeholder: "Comment on the study",
        onchange: event => this.marks.setComment(this.name, "", event.target.value.trim()),
      });
      this.done = element("input", {type: "checkbox", onchange: event => this.#setDone(event.target.checked)});
      return element("section", {class: "study-marks", "aria-label": "Marks of the study"},
        element("button", {type: "button", onclick: () => this.#startMissed()}, "Mark a missed lesion"), this.missed, this.remark,
        element("label", {}, this.done, " Study looked through"), mtinet.marksBar(this.marks));
    }

    #words() {
      const {study} = this;
      const pairs = rows => element("dl", {}, rows.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
      return element("section", {class: "words"},
        element("h2", {}, "Study"), pairs(study.facts),
        element("div", {class: "wide", tabindex: 0, role: "region", "aria-label": "Phases"}, element("table", {},
          element("thead", {}, element("tr", {}, study.phase_heads.map(head => element("th", {scope: "col"}, head)))),
          element("tbody", {}, study.phase_rows.map(row => element("tr", {}, row.map(cell => element("td", {}, cell))))))),
        element("details", {}, element("summary", {}, "Technique and provenance"),
          element("p", {class: "faint"}, study.technique,
            " The images here are cropped to the body and kept in 4095 steps; the figures come from the full ones."),
          pairs(study.provenance)));
    }

    #help() {
      this.help = element("dialog", {"aria-label": "Keys"}, element("h2", {}, "Keys"),
        element("dl", {}, KEYS.map(([key, text]) => [element("dt", {}, key), element("dd", {}, text)])),
        element("p", {}, "Mouse: wheel scrolls, with Ctrl it zooms; left button changes the window, Shift or the middle button moves. Finger: one scrolls, two zoom."),
        element("form", {method: "dialog"}, element("button", {}, "Close")));
      return this.help;
    }

    // --- Images and sliders ---

    #setRanges() {
      const {window: [low, high], study} = this.panes, {brightest} = this.study;
      Object.assign(this.slider, {max: study.size[2] - 1});
      Object.assign(this.levelRange, {min: 0, max: brightest, value: (low + high) / 2});
      Object.assign(this.widthRange, {min: 2, max: 1.5 * brightest, value: high - low});
    }

    #setWindow() {
      const [level, width] = [Number(this.levelRange.value), Number(this.widthRange.value)];
      this.panes.setWindow(level - width / 2, level + width / 2);
    }

    #reset() {
      this.panes.setWindow(...this.study.window);
      this.panes.zoomBy(0);
    }

    /** What the images show now stands beside the sliders. */
    #follow() {
      const {k, zoom, window: [low, high]} = this.panes;
      [this.slider.value, this.zoomRange.value] = [k, zoom];
      [this.levelRange.value, this.widthRange.value] = [(low + high) / 2, high - low];
      const level = Math.round((low + high) / 2 * this.study.step), width = Math.round((high - low) * this.study.step);
      this.place.textContent = `${k + 1} of ${this.study.size[2]}, window ${width} / ${level}`;
      this.root.dataset.slice = k;
    }

    // --- Lesions ---

    choose(label, jump = true) {
      const lesion = this.study.lesions.find(one => one.label === label);
      this.chosen = lesion ? label : 0;
      this.panes.chosen = this.chosen;
      if (lesion && jump && this.panes.labels) this.panes.setSlice(lesion.slice);
      this.#showDetail(lesion);
      this.#showMarks();
      this.panes.draw();
    }

    #showDetail(lesion) {
      if (!lesion) {
        this.detail.replaceChildren(element("p", {class: "faint"}, "No lesion was found."));
        return;
      }
      const id = String(lesion.label);
      const verdict = mark => element("button", {
        type: "button", "data-mark": mark, "aria-pressed": "false", onclick: () => this.#toggle(mark),
      }, mark === "right" ? "Right" : "Wrong");
      this.otherClass = element("select", {
        "aria-label": "Class in your view", onchange: event => this.#chooseClass(id, event.target.value),
      }, element("option", {value: ""}, "Class as found"), this.study.classes.filter(([name]) => name !== lesion.class).map(([name, title]) => element("option", {value: name}, title)));
      this.comment = element("textarea", {
        rows: 2, "aria-label": `Comment on lesion ${lesion.label}`, placeholder: "Comment",
        onchange: event => this.marks.setComment(this.name, id, event.target.value.trim()),
      });
      this.detail.replaceChildren(
        element("h2", {}, lesion.title),
        element("div", {class: "bar"}, verdict("right"), verdict("wrong"), this.otherClass), this.comment,
        mtinet.curve(lesion, this.study.axis),
        element("ul", {class: "remarks"}, lesion.remarks.map(text => element("li", {}, text))),
        element("dl", {}, lesion.facts.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])));
    }

    // --- Marks ---

    #toggle(mark) {
      if (!this.chosen) return;
      const id = String(this.chosen), before = this.marks.verdict(this.name, id);
      this.marks.setVerdict(this.name, id, before?.mark === mark ? "" : mark);
    }

    /** Another class means that the outline is right; a wrong lesion has none. */
    #chooseClass(id, lesionClass) {
      const before = this.marks.verdict(this.name, id)?.mark ?? "";
      this.marks.setVerdict(this.name, id, lesionClass ? "right" : before, lesionClass);
    }

    #setDone(done) { this.marks.setVerdict(this.name, "", done ? "right" : ""); }

    #showMarks() {
      for (const button of this.lesions.querySelectorAll("button")) {
        const label = Number(button.dataset.label), lesion = this.study.lesions.find(one => one.label === label);
        const verdict = this.marks.verdict(this.name, String(label))?.mark ?? "";
        button.querySelector(".mark").textContent = verdict;
        button.querySelector(".dot").style.background = lesion.on_black;
        button.setAttribute("aria-current", String(label === this.chosen));
      }
      if (this.chosen) {
        const id = String(this.chosen), verdict = this.marks.verdict(this.name, id);
        for (const button of this.detail.querySelectorAll("[data-mark]")) {
          button.setAttribute("aria-pressed", String(button.dataset.mark === verdict?.mark));
        }
        this.otherClass.value = verdict?.class ?? "";
        this.comment.value = this.marks.commentOf(this.name, id);
      }
      this.done.checked = this.marks.verdict(this.name, "") !== undefined;
      this.remark.value = this.marks.commentOf(this.name, "");
      const missed = this.marks.of(this.name).filter(mark => mark.mark === "missed");
      this.missed.replaceChildren(...missed.map(mark => this.#missedMark(mark)));
      this.panes.crosses = missed.map(mark => ({lps: this.#lpsOf(mark), now: false}));
      if (this.cursor) this.panes.crosses.push({lps: this.panes.lps(this.cursor), now: true});
      this.panes.draw();
    }

    #lpsOf(mark) { return [mark.x_mm, mark.y_mm, mark.z_mm].map(Number); }

    #missedMark(mark) {
      const select = element("select", {
        "aria-label": "Class of the missed lesion", onchange: event => this.marks.change(mark, {class: event.target.value}),
      }, element("option", {value: ""}, "Class not said"), this.study.classes.map(([name, title]) => element("option", {value: name}, title)));
      select.value = mark.class;
      const slice = Math.round(this.panes.voxel(this.#lpsOf(mark))[2]);
      return element("li", {},
        element("button", {type: "button", onclick: () => this.panes.setSlice(slice)}, `Missed, slice ${slice + 1}`), select,
        element("button", {type: "button", "aria-label": "Take the mark away", onclick: () => this.marks.change(mark, null)}, "×"));
    }

    #startMissed() {
      if (!this.root.dataset.ready) return;
      document.activeElement?.blur();
      const [columns, rows] = this.study.size;
      this.cursor = [(columns - 1) >> 1, (rows - 1) >> 1, this.panes.k];
      this.status.textContent = "Click the missed lesion, or move the cross with the arrows and press Enter; Escape leaves.";
      this.#showMarks();
    }

    #endMissed(voxel) {
      this.cursor = null;
      this.status.textContent = "";
      if (voxel) this.marks.addMissed(this.name, this.panes.lps(voxel), "");
      this.#showMarks();
    }

    clicked(voxel) {
      if (this.cursor) {
        const inside = voxel.every((value, at) => value > -0.5 && value < this.study.size[at] - 0.5);
        if (inside) this.#endMissed(voxel);
        else this.status.textContent = "That is outside the image: click inside it, or press Escape.";
        return;
      }
      const label = this.panes.labelAt(voxel);
      if (label) this.choose(label, false);
    }

    // --- Keys ---

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || this.help?.open) return;
      if (!this.study) {
        if (event.key === "Escape") this.go?.(0);
        return;
      }
      if (typing(event.target)) {
        if (event.key === "Escape") event.target.blur();
        return;
      }
      if (this.cursor ? this.#moveCursor(event.key) : this.#act(event)) event.preventDefault();
    }

    #moveCursor(key) {
      const steps = {ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], PageUp: [0, 0, 1], PageDown: [0, 0, -1]};
      if (key === "Enter") this.#endMissed(this.cursor);
      else if (key === "Escape") this.#endMissed(null);
      else if (steps[key]) {
        this.cursor = this.#onScreen(steps[key]).map((value, at) => Math.min(this.study.size[at] - 1, Math.max(0, value)));
        this.panes.setSlice(this.cursor[2]);
        this.#showMarks();
      } else return false;
      return true;
    }

    /** The cursor after a step of the screen, however the voxels lie on it. */
    #onScreen([right, down, through]) {
      const {matrix} = this.panes.panes[0], across = Math.abs(matrix.a) >= Math.abs(matrix.b);
      const [i, j, k] = this.cursor;
      return across
        ? [i + right * Math.sign(matrix.a), j + down * Math.sign(matrix.d), k + through]
        : [i + down * Math.sign(matrix.b), j + right * Math.sign(matrix.c), k + through];
    }

    #act(event) {
      const {panes} = this, {key} = event, slider = event.target.type === "range";
      const slices = {ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5, Home: -1e6, End: 1e6};
      if (key in slices) {
        if (slider || !this.root.dataset.ready) return false;
        panes.setSlice(panes.k + slices[key]);
      } else if (/^[1-9]$/.test(key)) this.choose(Number(key));
      else if (key === "+" || key === "=") panes.zoomBy(1.25);
      else if (key === "-") panes.zoomBy(0.8);
      else if (key === "0") this.#reset();
      else if (key === "?") this.help.showModal();
      else if (key === "Escape" && this.go) this.go(0);
      else return this.#mark(key.toLowerCase());
      return true;
    }

    #mark(key) {
      if (key === "r") this.#toggle("right");
      else if (key === "w") this.#toggle("wrong");
      else if (key === "c") (this.chosen ? this.comment : this.remark).focus();
      else if (key === "m") this.#startMissed();
      else if (key === "d") this.#setDone(!this.done.checked);
      else if (key === "o") { this.panes.outlines = this.panes.outlines === false; this.panes.draw(); }
      else if (key === "n" && this.go) this.go(1);
      else if (key === "p" && this.go) this.go(-1);
      else return false;
      return true;
    }
  };

  document.addEventListener("keydown", event => mtinet.shownStudy?.key(event));
})();
