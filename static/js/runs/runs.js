// The list of runs, and one started by hand. The form carries an id: pressed twice, or sent again because no answer came,
// it is one run. The list comes anew when runs begin or end.
import { sentence } from "../console/frame.js";
import { NoAnswer, get, post, withQuery } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { uuid7 } from "../till/uuid.js";
import { runsUrl } from "./base.js";
import { bindRunLifecycleRefresh, reloadInPlace } from "./reactivity.js";

const form = byId("trigger");
const ANSWER_MS = 20000;
let id = uuid7();
let dayChosen = false;
let isGoing = false;

/** The business day nobody chose is that of the company: each has its own clock. */
async function showDay() {
  const company = form.elements.company.value;
  try {
    const { day, text } = await get(withQuery(runsUrl("/api/runs/target"), { company }));
    if (form.elements.company.value !== company) return; // chosen anew meanwhile
    put(byId("target"), text);
    if (!dayChosen) byId("trigger-from").value = day;
  } catch (error) {
    put(byId("trigger-problem"), sentence(error));
  }
}

/** To the page of the run that was started; the answer and the news of it both lead there, the later one would stop the
 * earlier one. */
function goTo(run) {
  if (isGoing) return;
  isGoing = true;
  location.assign(runsUrl(`/runs/${run}/`));
}

async function start(event) {
  event.preventDefault();
  if (isDisabled(byId("trigger-go"))) return;
  disable(byId("trigger-go"), true);
  form.dataset.dirty = ""; // until it is known what became of it, the page keeps the id
  put(byId("trigger-problem"), "");
  const { company, day_from, day_to, parallel, stagger_seconds, continue_on_failure } = form.elements;
  const asked = {
    id,
    company: company.value,
    day_from: dayChosen || day_to.value ? day_from.value : "",
    day_to: day_to.value,
    parallel: Number(parallel.value),
    stagger_seconds: Number(stagger_seconds.value),
    continue_on_failure: continue_on_failure.checked,
  };
  try {
    const { run } = await post(runsUrl("/runs/trigger"), asked, ANSWER_MS);
    goTo(run.id);
  } catch (error) {
    put(byId("trigger-problem"), sentence(error));
    if (!(error instanceof NoAnswer)) id = uuid7(); // refused: nothing began; without an answer nobody knows, and the id stays
    form.elements[error.field]?.focus();
    disable(byId("trigger-go"), false);
  }
}

if (form) {
  form.elements.company.addEventListener("change", showDay);
  byId("trigger-from").addEventListener("change", () => {
    dayChosen = Boolean(byId("trigger-from").value);
  });
  form.addEventListener("input", () => {
    form.dataset.dirty = ""; // the page is not loaded anew under somebody who fills this in
    id = uuid7(); // asked for otherwise, it is another run
  });
  form.addEventListener("submit", start);
  // Back from another page the browser fills in what stood here; a run that was started is not started again by that.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    id = uuid7();
    isGoing = false;
    disable(byId("trigger-go"), false);
  });
}

/** The run that was asked for here, whose answer was lost, is where its page would have gone. */
function begun(run) {
  if (run.id === id) goTo(id);
  else reloadInPlace();
}

bindRunLifecycleRefresh({ onStarted: begun, onCompleted: reloadInPlace });
