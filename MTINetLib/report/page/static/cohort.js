// The page of a cohort: tables that sort and filter, thumbnails, marks, and a study in the place of the tables.
"use strict";

(() => {
  const overview = document.getElementById("cohort"), place = document.getElementById("study");
  const marks = new mtinet.Marks(overview.dataset.identity);
  const served = location.protocol.startsWith("http");
  const tables = ["lesions", "studies"].map(id => document.getElementById(id));
  const filter = document.getElementById("filter"), count = document.getElementById("count");

  // --- Tables ---

  const textOf = cell => cell.textContent.trim();

  const sort = (table, column) => {
    const heads = [...table.tHead.rows[0].cells];
    const down = heads[column].getAttribute("aria-sort") === "ascending";
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = [...table.tBodies[0].rows].map(row => {
      const text = textOf(row.cells[column]), number = Number(text);
      return {row, empty: text === "", key: text !== "" && !Number.isNaN(number) ? number : text};
    });
    const inOrder = new Intl.Collator("en", {numeric: true}).compare;
    keyed.sort((one, other) => {
      if (one.empty !== other.empty) return one.empty - other.empty;
      const order = typeof one.key === "number" && typeof other.key === "number"
        ? one.key - other.key : inOrder(String(one.key), String(other.key));
      return down ? -order : order;
    });
    table.tBodies[0].append(...keyed.map(({row}) => row));
  };

  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const counts = tables.map(table => {
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        row.said ??= row.textContent.toLowerCase();
        row.hidden = !words.every(word => row.said.includes(word));
        shown += !row.hidden && row.dataset.lesion !== "";
      }
      return shown;
    });
    count.textContent = `${counts[0]} lesions and ${counts[1]} studies are shown.`;
  };

  const showMarks = () => {
    const known = new Map();
    for (const mark of marks.marks) {
      const key = `${mark.study}\n${mark.lesion}`;
      known.set(key, [...(known.get(key) ?? []), mark]);
    }
    const said = (study, lesion) => {
      const own = known.get(`${study}\n${lesion}`) ?? [], missed = own.filter(one => one.mark === "missed").length;
      const words = own.filter(one => one.mark !== "missed").map(one => ({
        right: lesion === "" ? "looked through" : one.class ? "right, other class" : "right", wrong: "wrong", comment: "comment",
      })[one.mark]);
      return [...words, ...missed ? [`${missed} missed`] : []].join(", ");
    };
    for (const row of tables.flatMap(table => [...table.tBodies[0].rows])) {
      const {study, lesion} = row.dataset, cell = row.querySelector(".marked");
      const text = said(study, lesion ?? "");
      if (cell.textContent !== text) { cell.textContent = text; row.said = undefined; }
    }
  };

  // --- One study ---

  let view = null;
  const wanted = () => location.hash.startsWith("#study=") ? decodeURIComponent(location.hash.slice(7)) : null;

  const go = step => {
    if (step === 0) { location.hash = ""; return; }
    const names = [...tables[1].tBodies[0].rows].filter(row => !row.hidden).map(row => row.dataset.study);
    const next = names[names.indexOf(wanted()) + step];
    if (next) location.hash = `study=${encodeURIComponent(next)}`;
  };

  const follow = () => {
    const name = wanted(), before = view?.name;
    view?.close();
    view = null;
    overview.hidden = name !== null;
    place.hidden = name === null;
    if (name !== null) {
      const base = `studies/${encodeURIComponent(name)}/page/`;
      view = new mtinet.StudyView(place, {name, base, marks, go});
      view.open();
      scrollTo(0, 0);
    } else {
      document.title = overview.dataset.title;
      showMarks();
      const row = before && [...tables[0].tBodies[0].rows].find(one => one.dataset.study === before);
      row?.querySelector("a").focus();
    }
  };

  // --- Keys of the tables: up and down from row to row, / to the filter ---

  document.addEventListener("keydown", event => {
    if (view || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = document.activeElement?.closest("tbody tr");
    if (event.key === "/" && document.activeElement !== filter) filter.focus();
    else if (event.key === "Escape" && document.activeElement === filter) { filter.value = ""; show(); }
    else if (row && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      const side = event.key === "ArrowUp" ? "previousElementSibling" : "nextElementSibling";
      let other = row[side];
      while (other?.hidden) other = other[side];
      other?.querySelector("a").focus();
    } else return;
    event.preventDefault();
  });

  for (const table of tables) {
    [...table.tHead.rows[0].cells].forEach((head, column) =>
      head.firstElementChild.addEventListener("click", () => sort(table, column)));
    for (const link of table.querySelectorAll("a[data-study]")) {
      // A server makes the page of a study that has none.
      if (served || link.dataset.page) link.href = `#study=${encodeURIComponent(link.dataset.study)}`;
    }
    for (const picture of table.querySelectorAll(".thumbnail img")) {
      picture.style.marginLeft = `${-64 * picture.dataset.at}px`;
    }
  }
  filter.addEventListener("input", show);
  marks.onChange(() => { if (!view) showMarks(); });
  document.getElementById("marks").append(mtinet.marksBar(marks));
  window.addEventListener("hashchange", follow);
  show();
  showMarks();
  follow();
})();
