// Small drawings of figures, in the page's own colours.

import { svg } from "./dom.js";
import { day, percent } from "./texts.js";

const WIDTH = 640;

/** Columns over days: `days` are [{day, number}]. */
export function columns(days, label) {
  const height = 176, left = 34, bottom = 30, top = 8;
  const most = Math.max(1, ...days.map((one) => one.number));
  const step = (WIDTH - left) / days.length;
  const up = (number) => (height - bottom - top) * (number / most);
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label },
    [0, most].map((number) => svg("text", { x: left - 8, y: height - bottom - up(number) + 4, "text-anchor": "end" }, String(number))),
    svg("line", { x1: left, x2: WIDTH, y1: height - bottom, y2: height - bottom, stroke: "var(--rule)" }),
    days.map((one, index) => svg("rect", {
      x: left + index * step + step * 0.15, width: Math.min(step * 0.7, 46), y: height - bottom - up(one.number), height: up(one.number), rx: 3, fill: "var(--measured)",
    }, svg("title", {}, `${day(one.day)}: ${one.number}`))),
    [days[0], days.length > 1 ? days.at(-1) : null].map((one, index) => one && svg("text", {
      x: index ? WIDTH : left, y: height - 6, "text-anchor": index ? "end" : "start",
    }, day(one.day))));
}

/** Rates along some audits: `series` are [{name, color, points: [{x, rate, low, high}]}], x from 0. */
export function lines(series, number, label, names) {
  const height = 240, left = 46, bottom = 26, top = 10;
  const most = Math.min(1, Math.max(0.1, ...series.flatMap((one) => one.points.map((point) => point.high ?? point.rate))) * 1.08);
  const across = (x) => (number === 1 ? (WIDTH + left) / 2 : left + 24 + x * ((WIDTH - left - 48) / (number - 1)));
  const down = (rate) => top + (height - top - bottom) * (1 - rate / most);
  const marks = [0, most / 2, most];
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label },
    marks.map((mark) => [
      svg("line", { x1: left, x2: WIDTH, y1: down(mark), y2: down(mark), stroke: "var(--rule)" }),
      svg("text", { x: left - 8, y: down(mark) + 4, "text-anchor": "end" }, percent(mark)),
    ]).flat(),
    series.map(({ name, color, points }) => [
      svg("polyline", { points: points.map((point) => `${across(point.x)},${down(point.rate)}`).join(" "), fill: "none", stroke: color, "stroke-width": 2.5, "stroke-linejoin": "round" }),
      points.map((point) => [
        point.low != null && svg("line", { x1: across(point.x), x2: across(point.x), y1: down(point.low), y2: down(point.high), stroke: color, "stroke-width": 1.5, opacity: 0.55 }),
        svg("circle", { cx: across(point.x), cy: down(point.rate), r: 4.5, fill: color }, svg("title", {}, `${name}: ${percent(point.rate)}`)),
      ].filter(Boolean)).flat(),
    ].flat()).flat(),
    [0, number - 1].filter((x, index) => index === 0 || number > 1).map((x) => svg("text", {
      x: across(x), y: height - 6, "text-anchor": number === 1 ? "middle" : x ? "end" : "start",
    }, names[x])));
}

/** Two densities over scores: of one person, and of two; `at` marks a score. */
export function densities({ edges, mated, non_mated: others }, label, at = null) {
  const height = 170, bottom = 8, top = 8;
  const most = Math.max(...mated, ...others, 1e-9);
  const x = (edge) => ((edge - edges[0]) / (edges.at(-1) - edges[0])) * WIDTH;
  const y = (value) => top + (height - top - bottom) * (1 - value / most);
  const shape = (values) =>
    `M0 ${y(0)} ${values.map((value, index) => `L${x(edges[index])} ${y(value)} L${x(edges[index + 1])} ${y(value)}`).join(" ")} L${WIDTH} ${y(0)} Z`;
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label },
    svg("path", { d: shape(others), fill: "var(--measured)", opacity: 0.45 }),
    svg("path", { d: shape(mated), fill: "var(--worst)", opacity: 0.45 }),
    svg("line", { x1: 0, x2: WIDTH, y1: y(0), y2: y(0), stroke: "var(--rule)" }),
    at === null ? null : svg("line", { x1: x(at), x2: x(at), y1: 0, y2: height, stroke: "var(--ink)", "stroke-width": 4 }));
}
