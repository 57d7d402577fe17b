// Curves over the run, drawn by Plotly, whose script comes from our own server when it is needed.

import { element } from "../shared/dom.js";
import { TOKENS } from "../shared/palette.js";
import { textSize } from "../shared/pen.js";
import { number, t } from "../shared/i18n.js";

const MOST_POINTS = 1500;
const PAUSE = 200; // milliseconds between two charts' redrawings, so that the canvas keeps its pace
const PATIENCE = 5000;
const TEXT = 11, MARGIN = { l: 34, r: 8, t: 4, b: 18 };

// What is drawn: each curve a name of words, a metric and a colour of the theme.
const CHARTS = [
  { key: "loss", curves: [["d_loss", "ink"], ["g_loss", "fake"]] },
  { key: "distance", curves: [["js", "good"]], floor: true },
  { key: "modes", curves: [["modes", "good", "hv"]], needs: "modes" },
  { key: "outputs", curves: [["d_real", "real"], ["d_fake", "fake"]] },
];

// As much as the words at the axes need.
function marginOf(plot) {
  const more = textSize(plot, TEXT) / TEXT;
  return { ...MARGIN, l: MARGIN.l * more, b: MARGIN.b * more };
}

export class History {
  run = null;
  steps = [];
  rows = [];

  // Keep a measurement, once; when there are too many, every other one goes.
  add(frame) {
    if (frame.run !== this.run) Object.assign(this, { run: frame.run, steps: [], rows: [] });
    if (frame.measuredAt <= (this.steps.at(-1) ?? -1)) return false;
    this.steps.push(frame.measuredAt);
    this.rows.push(frame.metrics);
    if (this.steps.length > MOST_POINTS) {
      const kept = (_, i) => i % 2 === 0 || i === this.steps.length - 1;
      this.rows = this.rows.filter(kept);
      this.steps = this.steps.filter(kept);
    }
    return true;
  }
}

export class Charts {
  constructor(host, base, theme) {
    this.host = host;
    this.theme = theme;
    this.history = new History();
    this.rival = new History(); // of a second GAN, drawn dashed
    this.paired = false;
    this.data = { modes: 0, floor: 0 };
    this.boxes = CHARTS.map((chart) => {
      const caption = element("figcaption"), plot = element("div", { className: "plot", role: "img" });
      const line = element("i", { className: "mark", hidden: true });
      const box = element("figure", { className: "chart" }, caption, plot, line);
      host.append(box);
      return { ...chart, box, caption, plot, line, stale: true, clickable: false };
    });
    this.marked = null;
    /** @type {(step: number) => void} */
    this.chosen = () => {}; // told the step of a curve that somebody clicks on
    this.label();
    this.turn = 0;
    // Settled when Plotly is there, or does not come: reading its script takes a browser a second
    // in which nothing moves, so training had better begin afterwards.
    this.ready = /** @type {Promise<void>} */ (new Promise((done) => {
      const onload = () => {
        setInterval(() => this.next(), PAUSE);
        done();
      };
      setTimeout(done, PATIENCE);
      document.head.append(element("script", { src: `${base}/plotly.js`, onload, onerror: () => done() }));
    }));
    new ResizeObserver(() => this.redraw()).observe(host);
  }

  label() {
    for (const { caption, plot, key, curves } of this.boxes) {
      caption.replaceChildren(element("b", { textContent: t(`charts.${key}`) }));
      for (const [metric, colour] of curves) {
        const style = `--curve: var(--${TOKENS[colour]})`;
        caption.append(element("span", { className: "curve", style, textContent: t(`metrics.${metric}.short`) }));
      }
      for (const lane of this.paired ? ["A", "B"] : []) {
        caption.append(element("span", { className: `line line-${lane}`, textContent: lane }));
      }
      plot.setAttribute("aria-label", t(`charts.${key}`));
    }
    this.redraw();
  }

  add(frame) {
    if (this.paired !== Boolean(frame.rival)) {
      this.paired = !this.paired;
      this.rival = new History();
      this.label();
    }
    if (frame.rival) this.rival.add(frame.rival);
    if (this.history.add(frame)) for (const chart of this.boxes) chart.stale = true;
  }

  setData(data) {
    this.data = data;
    this.redraw();
  }

  redraw() {
    for (const chart of this.boxes) chart.stale = true;
  }

  // One chart at a time, and none while nobody can see it.
  next() {
    if (document.hidden) return;
    const inTurn = [...this.boxes.slice(this.turn), ...this.boxes.slice(0, this.turn)];
    const chart = inTurn.find((one) => one.stale);
    if (!chart) return;
    this.turn = this.boxes.indexOf(chart) + 1;
    this.draw(chart);
  }

  draw(chart) {
    chart.stale = false;
    const missing = Boolean(chart.needs) && !this.data[chart.needs];
    chart.box.classList.toggle("missing", missing);
    chart.plot.dataset.empty = missing ? t("charts.no_modes") : "";
    if (missing || !chart.plot.clientWidth) return;
    const colours = this.theme();
    const curves = ({ steps, rows }, more) => chart.curves.map(([metric, colour, shape]) => ({
      x: steps,
      y: rows.map((row) => (Number.isFinite(row[metric]) ? row[metric] : null)),
      name: t(`metrics.${metric}.short`),
      mode: "lines",
      line: { color: colours[colour], width: 1.6, shape: shape || "linear", dash: more.dash },
      ...more.hover(metric),
    }));
    // Both are measured at the same steps, so one line of a hover tells of both.
    const ofBoth = (metric) => ({
      customdata: this.history.rows.map((row, i) => [row, this.rival.rows[i] || {}].map((one) => number(one[metric] ?? null))),
      hovertemplate: "A %{customdata[0]} · B %{customdata[1]}",
    });
    const traces = curves(this.history, { hover: this.paired ? ofBoth : () => ({ hovertemplate: "%{y:.3~g}" }) });
    if (this.paired) traces.push(...curves(this.rival, { dash: "5px,3px", hover: () => ({ hoverinfo: "skip" }) }));
    const size = textSize(chart.plot, TEXT), margin = marginOf(chart.plot);
    const axis = {
      color: colours.text, gridcolor: colours.line, zerolinecolor: colours.line, tickfont: { size: size - 1 },
      fixedrange: true, automargin: false, nticks: 5, ticklabelstandoff: 2,
    };
    const shapes = chart.floor
      ? [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: this.data.floor, y1: this.data.floor,
          line: { color: colours.text, width: 1, dash: "dot" } }]
      : [];
    const range = { distance: [0, 1.02], modes: [0, (this.data.modes || 1) * 1.05] }[chart.key];
    /** @type {any} */ (window).Plotly.react(chart.plot, traces, {
      width: chart.plot.clientWidth, height: chart.plot.clientHeight,
      margin,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      showlegend: false, hovermode: "x unified", hoverdistance: -1, font: { family: "system-ui, sans-serif", size },
      hoverlabel: { bgcolor: colours.panel, bordercolor: colours.line, font: { color: colours.inkText } },
      xaxis: { ...axis, showspikes: false, rangemode: "tozero" },
      yaxis: { ...axis, ...(range ? { range } : { rangemode: "normal" }) },
      shapes, uirevision: "same",
    }, { displayModeBar: false, responsive: false });
    if (!chart.clickable) chart.plot.on("plotly_click", ({ points }) => this.chosen(points[0].x));
    chart.clickable = true;
    this.place(chart);
  }

  // A line at one step in all charts; null for none. It lies over them, so that it moves at once.
  mark(step) {
    this.marked = step;
    for (const chart of this.boxes) this.place(chart);
  }

  place({ box, plot, line }) {
    const range = plot.layout && plot.layout.xaxis.range;
    const share = range ? (this.marked - range[0]) / (range[1] - range[0]) : -1;
    line.hidden = this.marked === null || box.classList.contains("missing") || !(share >= 0 && share <= 1);
    const { l, r } = marginOf(plot), width = plot.clientWidth - l - r;
    line.style.left = `${plot.offsetLeft + l + share * width}px`;
  }
}
