// Loss curves, one chart for each level.
"use strict";

const charts = (() => {
  const drawn = new Map();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => { for (const each of drawn.values()) each.text = ""; again(); });
  let last = [];
  const again = () => update(last);

  // Points of all scales or sweeps one after the other: [iteration, loss].
  function points(level) {
    const x = [];
    const y = [];
    let begun = 0;
    level.curves.forEach((curve, part) => {
      const steps = level.steps[part] || curve.length;
      curve.forEach((loss, i) => {
        x.push(begun + (curve.length > 1 ? (i * steps) / (curve.length - 1) : 0));
        y.push(loss > 0 ? loss : null);
      });
      if (curve.length) {
        begun += steps;
        // A gap: what comes next begins anew.
        x.push(begun);
        y.push(null);
      }
    });
    return [x, y];
  }

  function update(levels) {
    last = levels;
    const home = document.getElementById("curves");
    for (const level of levels) {
      const [x, y] = points(level);
      const text = JSON.stringify([level.name, x, y]);
      let own = drawn.get(level.level);
      if (!own) drawn.set(level.level, (own = made(home, level)));
      if (own.text === text) continue;
      own.text = text;
      told(own, level, y);
      if (own.plot) own.plot.destroy();
      own.chart.replaceChildren();
      own.chart.hidden = y.length < 2;
      own.plot = y.length < 2 ? null : plot(own.chart, x, y);
    }
  }

  function made(home, level) {
    const figure = document.createElement("figure");
    const title = document.createElement("h3");
    const chart = document.createElement("div");
    const caption = document.createElement("figcaption");
    title.textContent = level.name;
    chart.className = "chart";
    figure.append(title, chart, caption);
    home.append(figure);
    const own = { chart, caption, plot: null, text: "" };
    new ResizeObserver(() => {
      if (own.plot) own.plot.setSize({ width: chart.clientWidth, height: chart.clientHeight });
    }).observe(chart);
    return own;
  }

  function told(own, level, y) {
    const there = y.filter((value) => value !== null);
    const what = level.level ? ["sweep", "mean of its tiles"] : ["step", "the whole picture"];
    if (there.length) {
      const parts = level.curves.filter((curve) => curve.length).map((curve, i) =>
        `${what[0]} ${i + 1}: ${page.number(curve[0])} to ${page.number(curve[curve.length - 1])}`);
      own.caption.textContent = `Loss over iterations, ${what[1]}; ${parts.join("; ")}.`;
    } else if (!level.iterations) {
      own.caption.textContent = "Painted alone: nothing is optimized, so there is no loss.";
    } else {
      own.caption.textContent = "Not made yet.";
    }
    own.chart.setAttribute("role", "img");
    own.chart.setAttribute("aria-label", `${level.name}. ${own.caption.textContent}`);
  }

  function plot(chart, x, y) {
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--faint") }, ticks: { stroke: colour("--faint") } };
    return new uPlot(
      {
        width: chart.clientWidth,
        height: chart.clientHeight,
        cursor: { show: false },
        legend: { show: false },
        scales: { x: { time: false }, y: { distr: 3 } },
        axes: [
          { ...axis, label: "iterations", labelSize: 20, size: 34 },
          { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : page.number(tick))) },
        ],
        series: [{}, { stroke: colour("--accent"), width: 2, points: { show: false }, spanGaps: false }],
      },
      [x, y],
      chart,
    );
  }

  return { update };
})();
