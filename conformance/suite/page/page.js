"use strict";
/* Filters the matrix, opens what a link points at, and unpacks the raw histories. The page says all it knows without it. */

const form = document.querySelector(".filters");
const rows = [...document.querySelectorAll(".matrix tr[data-words]")];
const GROUPS = { ran: ["passed", "failed", "unknown"], bad: ["failed", "unknown", "error"] };

function filter() {
  const text = form.elements.text.value.trim().toLowerCase();
  const show = form.elements.show.value;
  let count = 0;
  for (const row of rows) {
    const words = row.dataset.words.split(" ");
    const fits = show === "" || (show === "differs" ? "differs" in row.dataset : words.some((word) => GROUPS[show].includes(word)));
    row.hidden = !(fits && row.dataset.text.includes(text));
    count += row.hidden ? 0 : 1;
  }
  for (const body of document.querySelectorAll(".matrix tbody")) {
    body.hidden = [...body.querySelectorAll("tr[data-words]")].every((row) => row.hidden);
  }
  form.querySelector("output").textContent = `${count} of ${rows.length} cases`;
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
filter();

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  const box = target.closest("details");
  if (box) box.open = true;
  target.scrollIntoView();
  (box === target ? target.querySelector("summary") : target).focus({ preventScroll: true });
}
window.addEventListener("hashchange", reveal);
if (location.hash) reveal();

async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

const PART = 300;
for (const box of document.querySelectorAll(".raw")) {
  const packed = box.querySelector("script").textContent;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Show the history";
  box.append(button);
  button.addEventListener("click", async () => {
    const text = await unpack(packed);
    button.remove();
    show(box, text);
  }, { once: true });
}

function show(box, text) {
  const events = text.split("\n").filter(Boolean).map((line) => JSON.parse(line)).sort((a, b) => a.t_ns - b.t_ns);
  const lines = events.map((event) => {
    const at = ((event.t_ns - events[0].t_ns) / 1e9).toFixed(3).padStart(9);
    return `${at} ${event.source}/${event.kind} ${JSON.stringify(event.data)}`;
  });
  const save = document.createElement("a");
  save.href = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  save.download = box.dataset.name;
  save.textContent = `Save ${box.dataset.name}`;
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = "only lines with …";
  search.setAttribute("aria-label", "Only lines with this text");
  const said = document.createElement("output");
  const pre = document.createElement("pre");
  pre.tabIndex = 0;
  pre.setAttribute("aria-label", "The history, one event a line");
  const more = document.createElement("button");
  more.type = "button";
  let limit = PART;
  const draw = () => {
    const found = lines.filter((line) => line.includes(search.value));
    pre.textContent = found.slice(0, limit).join("\n");
    said.textContent = `${Math.min(limit, found.length)} of ${found.length} events`;
    more.hidden = found.length <= limit;
    more.textContent = `Show ${Math.min(PART * 10, found.length - limit)} more`;
  };
  search.addEventListener("input", draw);
  more.addEventListener("click", () => { limit += PART * 10; draw(); });
  box.append(search, save, said, pre, more);
  draw();
  search.focus();
}
