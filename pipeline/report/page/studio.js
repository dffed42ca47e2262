// The studio: two files, a few choices, and the print that is made of them.
"use strict";

(() => {
  const EVERY = 1500; // ms between two looks at what is done
  const at = (id) => document.getElementById(id);
  const FIELDS = ["paper", "dpi", "fit", "quality", "budget"];
  let shown = "";
  let chosen = "";
  let waiting = false;
  let turns = 0;
  let newest = 0;
  let latest = { inputs: {}, working: "", prints: [] };

  async function asked(where, options) {
    try {
      const answer = await fetch(where, options);
      const told = await answer.json();
      if (!answer.ok) say(told.error || "That did not work.", true);
      return answer.ok ? told : null;
    } catch {
      say("The studio does not answer; is tilebrush studio still running?", true);
      return null;
    }
  }

  function say(text, wrong) {
    at("said").textContent = text;
    at("said").classList.toggle("warn", Boolean(wrong));
  }

  const post = (where, data) => asked(where, { method: "POST", body: JSON.stringify(data || {}) });

  const form = () => Object.fromEntries(FIELDS.map((name) => [name, at(name).value.trim()]));

  // ---- files

  for (const drop of document.querySelectorAll(".drop")) {
    const input = drop.querySelector("input");
    input.onchange = () => { if (input.files.length) give(drop, input.files[0]); };
    drop.ondragover = (event) => { event.preventDefault(); drop.classList.add("over"); };
    drop.ondragleave = () => drop.classList.remove("over");
    drop.ondrop = (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files.length) give(drop, event.dataTransfer.files[0]);
    };
  }

  async function give(drop, file) {
    const role = drop.dataset.role;
    at(`${role}-told`).textContent = `${file.name} is being read.`;
    const told = await asked(`upload?role=${role}&name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
    const image = drop.querySelector("img");
    if (told) {
      image.src = URL.createObjectURL(file);
      image.onerror = () => { image.hidden = true; };
      say("");
    }
    image.hidden = !told;
    at(`${role}-told`).textContent = told ? `${told.name}, ${told.size} px` : "None yet.";
    look();
  }

  // ---- commands

  at("plan").onclick = async () => {
    busy(true, "Timing a few steps on this computer.");
    const plan = await post("plan", form());
    busy(false);
    if (!plan) return;
    say("");
    page.list("planned", [
      ["Print", plan.sheet || plan.size],
      ["Time", plan.total_seconds === null ? "-" : page.duration(plan.total_seconds)],
      ["Ready", plan.ready],
      ["Memory", page.amount(plan.peak_memory_bytes)],
      ["Disk", page.amount(plan.disk_bytes)],
      ["Energy", plan.energy_kwh === null ? "-" : `${page.number(plan.energy_kwh)} kWh, ${plan.cost}`],
    ]);
  };
  at("start").onclick = async () => {
    busy(true, "");
    const told = await post("start", form());
    if (told) { chosen = told.name; say(`${told.name} is begun.`); }
    await look();
    busy(false);
  };
  at("pause").onclick = async () => {
    if (await post("pause")) say("Pausing after what is in work; nothing is lost.");
    look();
  };
  at("resume").onclick = async () => {
    if (await post("resume", { name: at("prints").value })) say("Going on.");
    look();
  };
  at("prints").onchange = () => { chosen = at("prints").value; look(); };

  function busy(now, text) {
    waiting = now;
    if (text !== undefined && text) say(text);
    enable();
  }

  function enable() {
    const ready = latest.inputs.photo && latest.inputs.style;
    const own = latest.prints.find((each) => each.name === at("prints").value);
    at("plan").disabled = waiting || !ready || Boolean(latest.working);
    at("start").disabled = waiting || !ready || Boolean(latest.working);
    at("pause").disabled = !latest.working;
    at("resume").disabled = waiting || Boolean(latest.working) || !own || own.finished;
  }

  // ---- what is done

  async function look() {
    const turn = ++turns;
    const state = await asked("state");
    if (!state || turn < newest) return; // a later answer is here already
    newest = turn;
    latest = state;
    const names = state.prints.map((each) => each.name);
    const wanted = [chosen, state.working, names[0]].find((name) => names.includes(name)) || "";
    const text = JSON.stringify(names);
    if (at("prints").dataset.filled !== text) {
      at("prints").dataset.filled = text;
      at("prints").replaceChildren(...(names.length ? names : [""]).map((name) => new Option(name || "none yet", name)));
    }
    at("prints").value = wanted;
    const own = state.prints.find((each) => each.name === wanted);
    if (own && own.page && shown !== wanted) {
      shown = wanted;
      page.follow(`prints/${encodeURIComponent(wanted)}/report/`);
    }
    if (state.failed) say(state.failed, true);
    enable();
  }

  setInterval(look, EVERY);
  look();
})();
