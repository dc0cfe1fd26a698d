// A lesion's time-intensity curve as SVG: the lesion with its standard deviation, the liver, the prediction.
"use strict";

(() => {
  const [WIDTH, HEIGHT] = [340, 170];
  const [LEFT, RIGHT, TOP, BOTTOM] = [46, 10, 24, 34];

  const svg = (name, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  mtinet.svg = svg;

  /** Round numbers from 0, four to eight of them. */
  mtinet.ticks = most => {
    const rough = most / 4, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map(one => one * power).find(one => one >= rough);
    return Array.from({length: Math.floor(most / step + 1e-9) + 1}, (_, number) => number * step);
  };

  mtinet.curve = (lesion, axis) => {
    const known = values => (values ?? []).filter(value => value !== null);
    const tops = [lesion.measured, lesion.liver].flatMap(one => one
      ? known(one.mean.map((mean, at) => mean === null ? null : mean + (one.sd[at] ?? 0))) : []);
    const most = Math.max(1e-9, ...tops, ...known(lesion.predicted)) * 1.05;
    const [first, last] = [Math.min(...axis.values), Math.max(...axis.values)];
    const x = value => LEFT + (value - first) / (last - first || 1) * (WIDTH - LEFT - RIGHT);
    const y = value => HEIGHT - BOTTOM - Math.max(0, value) / most * (HEIGHT - TOP - BOTTOM);
    const said = known(lesion.measured.mean).map(value => value.toPrecision(3)).join(", ");
    const picture = svg("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve", role: "img",
      "aria-label": `Time-intensity curve of lesion ${lesion.label}: ${said}.`,
    });
    const ticks = mtinet.ticks(most), digits = ticks[1] < 1 ? 1 - Math.floor(Math.log10(ticks[1])) : 0;
    for (const tick of ticks) {
      picture.append(
        svg("line", {x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick), class: "grid"}),
        svg("text", {x: LEFT - 5, y: y(tick) + 3.5, "text-anchor": "end"}, tick.toFixed(digits)));
    }
    axis.values.forEach((value, at) => {
      const anchor = at === 0 ? "start" : at === axis.values.length - 1 ? "end" : "middle";
      const name = axis.names[at]?.split(" ")[0] ?? String(Math.round(value));
      picture.append(svg("text", {x: x(value), y: HEIGHT - BOTTOM + 14, "text-anchor": anchor}, name));
    });
    picture.append(svg("text", {x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle"}, axis.title));
    const line = (mean, sd, kind) => {
      let pen = "M";
      const path = mean.map((value, at) => {
        if (value === null) { pen = "M"; return ""; }
        const step = `${pen}${x(axis.values[at])},${y(value)}`;
        pen = "L";
        return step;
      }).join("");
      picture.append(svg("path", {d: path, class: kind, fill: "none"}));
      mean.forEach((value, at) => {
        if (value === null) return;
        const place = x(axis.values[at]);
        if (sd) picture.append(svg("line", {x1: place, x2: place, y1: y(value - sd[at]), y2: y(value + sd[at]), class: kind}));
        picture.append(svg("circle", {cx: place, cy: y(value), r: kind === "lesion" ? 3.2 : 2.2, class: `${kind} dot`}));
      });
    };
    const parts = [["lesion", "Lesion", lesion.measured.mean, lesion.measured.sd]];
    if (lesion.liver) parts.unshift(["liver", "Liver around", lesion.liver.mean, lesion.liver.sd]);
    if (lesion.predicted) parts.unshift(["predicted", "Predicted", lesion.predicted, null]);
    for (const [kind, , mean, sd] of parts) line(mean, sd, kind);
    [...parts].reverse().forEach(([kind, name], at) => {
      const left = LEFT + at * 100;
      picture.append(svg("line", {x1: left, x2: left + 18, y1: 10, y2: 10, class: kind}), svg("text", {x: left + 23, y: 13.5}, name));
    });
    picture.style.setProperty("--on-white", lesion.on_white);
    picture.style.setProperty("--on-black", lesion.on_black);
    return picture;
  };
})();
