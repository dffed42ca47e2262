// The page of a run: what data.js says, again and again while the run goes on.
"use strict";

const page = (() => {
  const EVERY = 2000; // ms between two looks at data.js
  const LATE = 120; // s without news after which that is told
  const at = (id) => document.getElementById(id);
  let place = "";
  let latest = "";
  let timer = 0;
  let ended = false;

  // ---- words

  function number(value) {
    if (value === null || value === undefined || !Number.isFinite(value)) return "-";
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size >= 1e6 || size < 1e-4) return value.toExponential(1);
    return String(Number(value.toPrecision(size >= 100 ? Math.max(3, Math.ceil(Math.log10(size))) : 3)));
  }

  function duration(seconds) {
    if (seconds === null || seconds === undefined) return "-";
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (seconds < 90) return `${Math.round(seconds)} s`;
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return `${minutes} min`;
    if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    const hours = Math.round(seconds / 3600);
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  }

  function amount(bytes) {
    if (!bytes) return "-";
    let value = bytes;
    for (const unit of ["B", "kB", "MB", "GB"]) {
      if (value < 999.5) return `${number(Number(value.toPrecision(2)))} ${unit}`;
      value /= 1000;
    }
    return `${number(value)} TB`;
  }

  function energy(joules) {
    if (!joules) return "not known";
    return joules < 36000 ? `${number(joules)} J` : `${number(joules / 3.6e6)} kWh`;
  }

  const percent = (share) => `${Math.round(100 * share)} %`;

  // ---- tables

  function cell(value, kind) {
    const made = document.createElement(kind === "head" ? "th" : "td");
    if (kind === "head") made.scope = "col";
    if (value instanceof Node) made.append(value);
    else made.textContent = value;
    if (kind === "number") made.className = "number";
    return made;
  }

  // Rows are [cells, data attributes]; nothing is touched that is the same as before.
  function table(id, heads, rows) {
    const text = JSON.stringify([heads, rows.map((row) => [row.cells.map(String), row.key])]);
    const own = at(id);
    if (own.dataset.filled === text) return;
    own.dataset.filled = text;
    const top = document.createElement("tr");
    top.append(...heads.map(([name, kind]) => {
      const head = cell(name, "head");
      if (kind) head.className = kind;
      return head;
    }));
    own.tHead.replaceChildren(top);
    own.tBodies[0].replaceChildren(...rows.map((row) => {
      const line = document.createElement("tr");
      if (row.key) line.dataset.tile = row.key;
      line.append(...row.cells.map((value, i) => cell(row.show && row.show[i] ? row.show[i]() : value, heads[i][1])));
      return line;
    }));
  }

  function list(id, pairs) {
    const text = JSON.stringify(pairs);
    if (at(id).dataset.filled === text) return;
    at(id).dataset.filled = text;
    at(id).replaceChildren(...pairs.map(([name, value]) => {
      const box = document.createElement("div");
      const [term, told] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      told.textContent = value;
      box.append(term, told);
      return box;
    }));
  }

  // ---- parts of the page

  function state(data) {
    const made = new Date(data.written);
    ended = data.state === "finished";
    const time = made.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    let told = "";
    if (data.state === "working") {
      const now = data.now;
      const parts = [`Working, ${percent(now.done_share)}`, now.ready, now.stage, now.note].filter(Boolean);
      told = `${parts.join(", ")}; as of ${time}.`;
      const late = (Date.now() - made.getTime()) / 1000;
      if (late > LATE) told += ` No news for ${duration(late)}: it may have been stopped.`;
    } else if (data.state === "finished") {
      told = `Finished: ${data.width} x ${data.height} px, ${duration(data.worked_seconds)} of work.`;
    } else {
      told = `Stopped at ${time}; tilebrush resume goes on.`;
    }
    if (at("state").textContent !== told) at("state").textContent = told;
    at("progress").hidden = data.state !== "working";
    at("progress").value = data.now.done_share;
    if (at("title").textContent !== data.title) at("title").textContent = data.title;
    document.title = `${data.state === "working" ? `${percent(data.now.done_share)} ` : ""}${data.name} - Tilebrush`;
  }

  function levels(data) {
    const heads = [["level"], ["px", "number"], ["tiles", "number"], ["sweeps", "number"], ["iterations asked", "number"],
      ["iterations", "number"], ["done", "number"], ["share of the work", "number"], ["foreseen", "number"], ["took", "number"]];
    table("levels", heads, data.levels.map((level) => ({
      cells: [level.name, `${level.width} x ${level.height}`, level.sweeps.length ? level.sweeps[0].tiles.length : 1,
        level.sweeps.length || 1, level.asked, level.iterations, percent(level.done_share), percent(level.share),
        duration(level.foreseen_seconds), level.seconds ? duration(level.seconds) : "-"],
    })));
    list("happened", [
      ["Budget", data.budget || "none given"],
      ["Memory planned", amount(data.planned_memory_bytes)],
      ["Memory at most", amount(data.peak_memory_bytes)],
      ["Disk planned", amount(data.planned_disk_bytes)],
      ["Disk by now", amount(data.disk_bytes)],
    ]);
  }

  function workers(data) {
    const working = data.state === "working";
    const heads = [["worker"], ["computer"], ["state"], ["does"], ["done", "number"], ["pace, MP iterations a second", "number"],
      ["busy", "number"], ["energy", "number"]];
    at("workers-part").hidden = !data.workers.length;
    table("workers", heads, data.workers.map((each) => ({
      cells: [each.name, each.host, working ? each.state : "left", (working && each.doing) || "-", each.done,
        each.seconds ? number(each.work / each.seconds) : "-", duration(each.seconds),
        energy(each.joules)],
    })));
  }

  function again(data) {
    const heads = [["what"], ["time", "number"], ["loss, first", "number"], ["last", "number"], ["command"], ["to the clipboard"]];
    const rows = [];
    const row = (name, seconds, first, last, command, key) => rows.push({
      cells: [name, duration(seconds), number(first), number(last), command, ""],
      show: { 4: () => code(command), 5: () => copier(command, name) },
      key,
    });
    for (const level of data.levels) {
      row(level.name, level.seconds || null, null, null, level.again);
      for (const sweep of level.sweeps.filter((each) => each.last)) {
        for (const tile of sweep.tiles) {
          const name = `${level.name}, tile ${tile.row},${tile.col}`;
          const command = `${level.again} --tile ${tile.row},${tile.col}`;
          row(name, tile.seconds, tile.first, tile.last, command, `${level.level}/${tile.row},${tile.col}`);
        }
      }
    }
    table("again", heads, rows);
  }

  function code(text) {
    const made = document.createElement("code");
    made.textContent = text;
    return made;
  }

  function copier(text, name) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy the command for ${name}`);
    button.onclick = async () => {
      button.textContent = (await copied(text)) ? "Copied" : "Not copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    };
    return button;
  }

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const box = document.createElement("textarea");
      box.value = text;
      document.body.append(box);
      box.select();
      const done = document.execCommand("copy");
      box.remove();
      return done;
    }
  }

  function rest(data) {
    list("energy", [
      ["Time worked", duration(data.worked_seconds)],
      ["Energy", `${number(data.kwh)} kWh`],
      ["Told by", data.energy_from],
      ["Cost", data.cost],
      ["CO2", `${number(data.grams)} g`],
      ["Begun", new Date(data.created).toLocaleString()],
    ]);
    const inch = (px) => number(Number(((px / data.dpi) * 2.54).toFixed(1)));
    at("inputs").textContent =
      `${data.width} x ${data.height} px at ${number(data.dpi)} dpi: ${inch(data.width)} x ${inch(data.height)} cm. ` +
      `Made by Tilebrush ${data.tilebrush} in ${data.run}.`;
    prints(data);
    const sorted = [...data.settings].sort((a, b) => Number(b.changed) - Number(a.changed));
    table("settings", [["setting"], ["value"], ["default"]], sorted.map((each) => ({
      cells: [each.key, each.value, each.changed ? each.default : "the same"],
    })));
  }

  function prints(data) {
    const text = JSON.stringify(data.files);
    if (at("files").dataset.filled === text) return;
    at("files").dataset.filled = text;
    at("files").replaceChildren(data.files.length ? "The print: " : "", ...data.files.flatMap((name, i) => {
      const link = document.createElement("a");
      link.href = `${place}../${name.split("/").map(encodeURIComponent).join("/")}`;
      link.textContent = name;
      return i ? [", ", link] : [link];
    }));
  }

  function show(data) {
    const text = JSON.stringify(data);
    at("report").classList.add("ready");
    if (text !== latest) {
      latest = text;
      levels(data);
      workers(data);
      again(data);
      rest(data);
      charts.update(data.levels);
      look.update(data, place);
    }
    state(data);
  }

  // ---- news: a script can be loaded anew from a disk too, where nothing else can

  // Whose page it is: the folder of data.js and pictures, ending in a slash, or nothing.
  function follow(from) {
    place = from;
    latest = "";
    clearTimeout(timer);
    load();
  }

  function load() {
    const script = document.createElement("script");
    script.src = `${place}data.js?${Date.now()}`;
    const next = () => {
      script.remove();
      clearTimeout(timer);
      timer = setTimeout(load, EVERY * (ended ? 5 : 1) * (document.hidden ? 5 : 1));
    };
    script.onload = next;
    script.onerror = next;
    document.body.append(script);
  }

  const own = document.currentScript.dataset.place;
  if (own !== undefined) {
    place = own;
    timer = setTimeout(load, EVERY);
  }

  return { show, follow, number, duration, amount, percent, copier, code, table, list };
})();

// data.js calls this.
function tilebrush(data) {
  page.show(data);
}
