// What a reader has marked: kept in the browser, written to and read from marks.csv.
"use strict";

(() => {
  const COLUMNS = ["study", "lesion", "mark", "class", "x_mm", "y_mm", "z_mm", "comment", "reader", "marked_utc"];
  const MARKS = ["right", "wrong", "missed", "comment"];

  const quoted = cell => /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

  /** The text of marks.csv. */
  mtinet.marksAsCsv = marks =>
    [COLUMNS, ...marks.map(mark => COLUMNS.map(name => String(mark[name] ?? "")))]
      .map(row => row.map(quoted).join(",")).join("\n") + "\n";

  /** The cells of a table whose cells may be quoted. */
  const cellsOf = text => {
    const rows = [[""]];
    let inside = false;
    for (let at = 0; at < text.length; at++) {
      const letter = text[at], row = rows[rows.length - 1];
      if (inside) {
        if (letter !== '"') row[row.length - 1] += letter;
        else if (text[at + 1] === '"') { row[row.length - 1] += '"'; at++; }
        else inside = false;
      } else if (letter === '"') inside = true;
      else if (letter === ",") row.push("");
      else if (letter === "\n") rows.push([""]);
      else if (letter !== "\r") row[row.length - 1] += letter;
    }
    return rows.filter(row => row.length > 1 || row[0] !== "");
  };

  /** The marks of a file; an Error says what is wrong with it. */
  mtinet.marksFromCsv = text => {
    const [head, ...rows] = cellsOf(text.replace(/^\uFEFF/, ""));
    const missing = COLUMNS.filter(name => !(head ?? []).includes(name));
    if (missing.length) throw new Error(`This file holds no marks: it lacks the column ${missing[0]}.`);
    return rows.map((row, number) => {
      const mark = Object.fromEntries(COLUMNS.map(name => [name, row[head.indexOf(name)] ?? ""]));
      if (!MARKS.includes(mark.mark)) {
        throw new Error(`Row ${number + 2} has the mark "${mark.mark}": it must be one of ${MARKS.join(", ")}.`);
      }
      return mark;
    });
  };

  /** The marks of one cohort, or of one study's results. */
  mtinet.Marks = class {
    constructor(identity) {
      this.key = `mtinet-marks:${identity}`;
      this.kept = true;
      this.listeners = [];
      this.marks = [];
      try {
        this.marks = JSON.parse(localStorage.getItem(this.key) ?? "[]");
        this.reader = localStorage.getItem("mtinet-reader") ?? "";
      } catch {
        this.kept = false;
        this.reader = "";
      }
    }

    onChange(listener) { this.listeners.push(listener); }

    of(study) { return this.marks.filter(mark => mark.study === study); }

    /** The mark right or wrong of a lesion, or that the study was looked through; undefined where none is. */
    verdict(study, lesion) {
      return this.marks.find(one => one.study === study && one.lesion === lesion
        && (one.mark === "right" || one.mark === "wrong"));
    }

    /** What holds a comment of a lesion, or of the study with lesion "". */
    remark(study, lesion) {
      return this.marks.find(one => one.study === study && one.lesion === lesion && one.mark === "comment");
    }

    /** A comment of a lesion: beside its verdict where there is one, else a mark of its own. */
    commentOf(study, lesion) {
      const verdict = lesion === "" ? undefined : this.verdict(study, lesion);
      return (verdict ?? this.remark(study, lesion))?.comment ?? "";
    }

    setVerdict(study, lesion, mark, lesionClass = "") {
      const comment = lesion === "" ? "" : this.commentOf(study, lesion);
      this.#drop(one => one.study === study && one.lesion === lesion
        && (["right", "wrong"].includes(one.mark) || (lesion !== "" && one.mark === "comment")));
      if (mark) this.#add({study, lesion, mark, class: lesionClass, comment});
      else if (comment) this.#add({study, lesion, mark: "comment", comment});
      this.#changed();
    }

    setComment(study, lesion, comment) {
      const verdict = lesion === "" ? undefined : this.verdict(study, lesion);
      if (verdict) Object.assign(verdict, this.#stamp(), {comment});
      else {
        this.#drop(one => one.study === study && one.lesion === lesion && one.mark === "comment");
        if (comment) this.#add({study, lesion, mark: "comment", comment});
      }
      this.#changed();
    }

    addMissed(study, [x, y, z], lesionClass) {
      const at = value => value.toFixed(2), place = {x_mm: at(x), y_mm: at(y), z_mm: at(z)};
      const there = this.of(study).some(one => one.mark === "missed"
        && Object.entries(place).every(([axis, value]) => one[axis] === value));
      if (there) return;
      this.#add({study, lesion: "", mark: "missed", class: lesionClass, ...place});
      this.#changed();
    }

    /** Change a mark that is there; null takes it away. */
    change(mark, values) {
      if (values === null) this.#drop(one => one === mark);
      else Object.assign(mark, this.#stamp(), values);
      this.#changed();
    }

    setReader(name) {
      this.reader = name.trim();
      try { localStorage.setItem("mtinet-reader", this.reader); } catch { this.kept = false; }
    }

    /** Take marks over; those that were there of the same studies go. */
    take(marks) {
      const studies = new Set(marks.map(mark => mark.study));
      this.#drop(one => studies.has(one.study));
      this.marks.push(...marks);
      this.#changed();
    }

    #stamp() { return {reader: this.reader, marked_utc: new Date().toISOString().replace(/\.\d+Z$/, "Z")}; }

    #add(values) {
      const empty = Object.fromEntries(COLUMNS.map(name => [name, ""]));
      this.marks.push({...empty, ...this.#stamp(), ...values});
    }

    #drop(unwanted) { this.marks = this.marks.filter(one => !unwanted(one)); }

    #changed() {
      try { localStorage.setItem(this.key, JSON.stringify(this.marks)); } catch { this.kept = false; }
      for (const listener of this.listeners) listener();
    }
  };

  /** Reader's name, Save marks, Open marks. */
  mtinet.marksBar = marks => {
    const {element} = mtinet;
    const said = element("span", {role: "status", class: "said"});
    const count = () => {
      said.textContent = `${marks.marks.length} marks${marks.kept ? "" : "; this browser keeps none: save them"}.`;
    };
    const save = () => {
      const url = URL.createObjectURL(new Blob([mtinet.marksAsCsv(marks.marks)], {type: "text/csv"}));
      element("a", {href: url, download: "marks.csv"}).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
    };
    const open = async event => {
      const [file] = event.target.files;
      event.target.value = "";
      if (!file) return;
      try {
        marks.take(mtinet.marksFromCsv(await file.text()));
      } catch (error) {
        said.textContent = error.message;
      }
    };
    marks.onChange(count);
    count();
    return element("div", {class: "bar marks"},
      element("label", {}, "Reader ", element("input", {
        value: marks.reader, size: 14, autocomplete: "name", onchange: event => marks.setReader(event.target.value),
      })),
      element("button", {type: "button", onclick: save}, "Save marks"),
      element("label", {class: "button"}, "Open marks",
        element("input", {type: "file", accept: ".csv", class: "unseen", onchange: open})),
      said);
  };
})();
