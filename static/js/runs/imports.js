// Exports of another till: uploaded in pieces under an id of this page's own, so that one sent again is there once; and
// the first rows of one as another format would have them, before it is kept.
import { sentence } from "../console/frame.js";
import { t } from "../language.js";
import { get, post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { uuid7 } from "../till/uuid.js";
import { runsUrl } from "./base.js";

const PIECE_BYTES = 480 * 1024;
const PIECE_MS = 30000;
const TAKE_MS = 600000;
const FIELDS = ["delimiter", "encoding", "date_format", "decimal", "tax_mode", "tax_rate", "tender"];

/** Bytes as base64; in slices, as a function takes only so many arguments. */
function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

async function send(company, file) {
  const id = uuid7();
  for (let offset = 0; offset < file.size; offset += PIECE_BYTES) {
    put(byId("upload-news"), t("{done}% uploaded", { done: Math.floor((100 * offset) / file.size) }));
    const piece = new Uint8Array(await file.slice(offset, offset + PIECE_BYTES).arrayBuffer());
    await post(runsUrl("/imports/upload"), { company, id, offset, data: base64(piece) }, PIECE_MS);
  }
  return post(runsUrl("/imports/uploaded"), { company, id, name: file.name, size: file.size }, PIECE_MS);
}

/** Does one thing at a time; what goes wrong is said beside it. */
async function guarded(button, problem, work) {
  if (isDisabled(button)) return;
  disable(button, true);
  put(problem, "");
  try {
    await work();
  } catch (error) {
    put(problem, sentence(error));
  } finally {
    disable(button, false);
  }
}

const upload = byId("upload");
if (upload) {
  const { company, file } = upload.elements;
  const showFolder = () => put(byId("upload-folder"), company.selectedOptions[0]?.dataset.folder ?? "");
  showFolder();
  company.addEventListener("change", showFolder);
  upload.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(byId("upload-go"), byId("upload-problem"), async () => {
      const answer = await send(company.value, file.files[0]);
      location.assign(runsUrl(`/imports/${answer.file}/`));
    });
  });
  byId("take-go")?.addEventListener("click", () =>
    guarded(byId("take-go"), byId("upload-problem"), async () => {
      put(byId("upload-news"), t("Being taken in …"));
      await post(runsUrl("/imports/take"), { company: company.value }, TAKE_MS);
      location.reload();
    }),
  );
}

byId("again-go")?.addEventListener("click", (event) =>
  guarded(event.currentTarget, byId("file-problem"), async () => {
    const { file } = await post(runsUrl(`/imports/${byId("again-go").dataset.n}/again`));
    location.assign(runsUrl(`/imports/${file}/`));
  }),
);

const format = byId("format");
const chosen = () => Object.fromEntries(FIELDS.map((name) => [name, format.elements[name].value]));

function cell(text, kind = "") {
  const made = document.createElement("td");
  const inner = document.createElement("bdi");
  inner.textContent = text;
  if (kind) made.className = kind;
  made.append(inner);
  return made;
}

function shown(row) {
  const made = document.createElement("tr");
  if (row.tone === "saved") {
    const words = [row.day, row.at, row.place, row.tender || "–", row.name].map((text) => cell(text));
    const figures = [row.qty, row.net, row.tax, row.gross].map((text) => cell(text, "num"));
    made.append(cell(row.line, "num"), ...words, ...figures);
    return made;
  }
  if (row.tone === "needs") made.className = "is-needs";
  const why = cell(row.reason);
  const raw = cell(row.text, "mono raw-row");
  why.colSpan = 4;
  raw.colSpan = 5;
  made.append(cell(row.line, "num"), why, raw);
  return made;
}

let asked = 0;

/** The latest choice wins, whatever comes back when. */
async function show() {
  const mine = ++asked;
  try {
    const query = new URLSearchParams(chosen());
    const { preview } = await get(`${runsUrl(`/imports/${format.dataset.n}/preview`)}?${query}`, PIECE_MS);
    if (mine !== asked) return;
    put(byId("format-problem"), preview.problem);
    byId("preview").tBodies[0].replaceChildren(...preview.lines.map(shown));
  } catch (error) {
    if (mine === asked) put(byId("format-problem"), sentence(error));
  }
}

if (format) {
  format.addEventListener("change", show);
  format.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(byId("format-go"), byId("format-problem"), async () => {
      const { company, mark } = format.dataset;
      const { message } = await post(runsUrl("/imports/format"), { company, mark, ...chosen() });
      put(byId("format-news"), message);
      location.reload();
    });
  });
}
