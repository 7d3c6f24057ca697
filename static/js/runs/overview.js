// The overview of runs: the search of companies, the chart, and what is put in anew when runs begin or end.
// Filters, what is open and where somebody stands stay as they are; only regions marked data-panel change.
import { byId } from "../till/dom.js";
import "../console/frame.js";
import { runsUrl } from "./base.js";
import { bindRunLifecycleRefresh } from "./reactivity.js";

const PANELS_MS = 8000;
const charts = [];

// -- search, in this page alone: what is typed is in the name or the key of a company ---------------------------------

function search() {
  const words = byId("run-search").value.trim().toLocaleLowerCase();
  let shown = 0;
  const rows = [...document.querySelectorAll("#run-companies tr[data-company]")];
  for (const row of rows) {
    row.hidden = !row.dataset.words.toLocaleLowerCase().includes(words);
    shown += row.hidden ? 0 : 1;
  }
  byId("run-none").hidden = shown > 0 || rows.length === 0;
}

// -- the chart: bars of the table behind it, told apart by pattern and mark as well as by colour ----------------------

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A ground of slanted lines, or of dots, in a colour. */
function pattern(context, ink, dotted) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = pen.fillStyle = ink;
  pen.lineWidth = 2;
  pen.beginPath();
  if (dotted) pen.arc(4, 4, 1.2, 0, 7);
  else for (const at of [-8, 0, 8]) pen.moveTo(at, 8) || pen.lineTo(at + 8, 0);
  if (dotted) pen.fill();
  else pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** A sign over each marked day: a triangle where sums differ, a ring where nothing was compared. */
const marks = {
  id: "marks",
  afterDatasetsDraw(chart, _given, { rows, differs, idle }) {
    const { ctx: pen, chartArea: area, scales } = chart;
    const half = rows.length > 40 ? 3 : 5;
    for (const [at, row] of rows.entries()) {
      if (!row.mark) continue;
      const x = scales.x.getPixelForValue(at);
      const top = scales.y.getPixelForValue(Math.max(row.match, 0) + Math.max(row.differs, 0) + Math.max(row.idle, 0));
      const y = Math.max(Math.min(top, area.bottom) - half - 4, area.top - 2);
      pen.beginPath();
      if (row.mark === "differs") {
        pen.fillStyle = differs;
        pen.moveTo(x - half, y + half);
        pen.lineTo(x + half, y + half);
        pen.lineTo(x, y - half);
        pen.fill();
      } else {
        pen.strokeStyle = idle;
        pen.lineWidth = 1.5;
        pen.arc(x, y, half - 1, 0, 7);
        pen.stroke();
      }
    }
  },
};

function rowsOf(currency, digits) {
  const found = [...document.querySelectorAll(`[data-figures="${currency}"] tbody tr`)].map((row) => {
    const { day, match, differs, idle, mark = "" } = row.dataset;
    const cells = [...row.cells].map((cell) => [...(cell.querySelectorAll("p").length ? cell.querySelectorAll("p") : [cell])].map((one) => one.textContent.trim()));
    const whole = (units) => Number(units) / 10 ** digits;
    return { day, mark, match: whole(match), differs: whole(differs), idle: whole(idle), cells };
  });
  return found.reverse();
}

function draw() {
  for (const chart of charts.splice(0)) chart.destroy();
  for (const canvas of document.querySelectorAll("canvas[data-chart]")) charts.push(picture(canvas, canvas.dataset.chart));
}

function picture(canvas, currency) {
  const language = document.documentElement.lang || "en";
  const rows = rowsOf(currency, Number(canvas.dataset.digits));
  const heads = [...document.querySelectorAll(`[data-figures="${currency}"] thead th`)].map((head) => head.textContent);
  const [equal, differs, ink, grid] = ["--c-equal", "--c-differs", "--ink-2", "--c-grid"].map(colour);
  const context = canvas.getContext("2d");
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const dayOf = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
  const bar = (name, label, backgroundColor, borderColor, borderDash = []) => ({
    label, data: rows.map((row) => row[name]), backgroundColor, borderColor, borderDash, borderWidth: name === "match" ? 0 : 1.5, stack: "day", maxBarThickness: 42,
  });
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
  return new window.Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => dayOf.format(new Date(`${row.day}T00:00:00Z`))),
      datasets: [bar("match", heads[1], equal, equal), bar("differs", heads[2], pattern(context, differs, false), differs), bar("idle", heads[3], pattern(context, ink, true), ink)],
    },
    options: {
      animation: false, responsive: true, maintainAspectRatio: false, locale: language,
      layout: { padding: { top: 14 } },
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { stacked: true, grid: { display: false }, ticks: { color: ink, font, maxRotation: 0, autoSkipPadding: 12 } },
        y: { stacked: true, beginAtZero: true, grid: { color: grid }, border: { display: false }, ticks: { color: ink, font, callback: (value) => short.format(value), maxTicksLimit: 6 } },
      },
      plugins: {
        legend: { display: false },
        marks: { rows, differs, idle: ink },
        tooltip: {
          titleFont: font, bodyFont: font,
          callbacks: {
            title: ([one]) => rows[one.dataIndex].cells[0][0],
            label: (one) => (one.raw ? `${one.dataset.label}: ${rows[one.dataIndex].cells[one.datasetIndex + 1][0]}` : null),
            afterBody: ([one]) => rows[one.dataIndex].cells[4],
          },
        },
      },
    },
    plugins: [marks],
  });
}

// -- put in anew -------------------------------------------------------------------------------------------------------

function filters() {
  const form = byId("run-filter");
  return new URLSearchParams(new FormData(form)).toString();
}

/** Ask for the panels as they are filtered now and put in those that changed. Whether the server answered. */
async function refresh() {
  const wanted = filters();
  let page;
  try {
    const answer = await fetch(runsUrl(`/api/overview/panels?${wanted}`), { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PANELS_MS) });
    if (!answer.ok || new URL(answer.url).pathname !== runsUrl("/api/overview/panels")) return false;
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return false;
  }
  if (filters() !== wanted) return true; // somebody chose another one meanwhile, which asks by itself
  const focused = document.activeElement?.id;
  const opened = [...document.querySelectorAll("#run-chart details[open]")].map((one) => one.id);
  let changed = false;
  for (const region of document.querySelectorAll("#overview [data-panel]")) {
    const fresh = page.getElementById(region.id);
    if (!fresh) continue;
    for (const details of fresh.querySelectorAll("details")) details.open = opened.includes(details.id);
    const before = region.id === "run-chart" ? tables(region) : region.outerHTML;
    if (before === (region.id === "run-chart" ? tables(fresh) : fresh.outerHTML)) continue;
    changed ||= region.id === "run-chart";
    region.replaceWith(document.adoptNode(fresh));
  }
  search();
  if (changed) draw();
  if (focused && document.activeElement?.id !== focused) byId(focused)?.focus({ preventScroll: true });
  return true;
}

/** What the chart shows, as text: the canvas itself changes with every drawing. */
const tables = (region) => [...region.querySelectorAll(".legend, details, .nothing-here")].map((one) => one.outerHTML).join("\n");

// -- the page ----------------------------------------------------------------------------------------------------------

const overview = byId("overview");
overview.addEventListener("input", (event) => event.target.id === "run-search" && search());
overview.addEventListener("change", async (event) => {
  if (!event.target.closest("#run-filter")) return;
  history.replaceState(null, "", `${location.pathname}?${filters()}`);
  await refresh();
});
overview.addEventListener("submit", (event) => event.target.id === "run-filter" && event.preventDefault());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
byId("theme")?.addEventListener("change", () => requestAnimationFrame(draw));
search();
draw();
bindRunLifecycleRefresh({ partial: refresh });
