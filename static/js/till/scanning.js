// A scanner and a keyboard on a page beside the sell screen: what they bring goes to the lock, to the dialog that is
// open (a badge for an approval), else to the page. A scan never presses a button and never lands in a field.
import { openedDialog, scanInto, typeInto } from "./dialogs.js";
import { scannedIntoLock, typeIntoLock } from "./lock.js";
import { Scanner } from "./scan.js";
import * as sound from "./sound.js";
import { on, state } from "./state.js";

const USUAL = { gap: 45, endKey: "Enter", prefix: "" }; // until the session says what this till's scanner does

let scanner = null;
let toPage = () => sound.held();

/** scanned(code): what the page does with a scan no dialog took. Without it, such a scan only sounds. */
export function startScanning({ scanned } = {}) {
  if (scanned) toPage = scanned;
  if (scanner) return;
  scanner = new Scanner({ ...USUAL }, { scanned: route, typed });
  scanner.listen();
  on("session", setUp);
  setUp();
}

function setUp() {
  const told = state.session?.scanner;
  if (told) scanner.options = { gap: told.key_gap_ms, endKey: told.end_key, prefix: told.prefix };
}

function route(code) {
  const dialog = openedDialog();
  if (state.locked) scannedIntoLock(code);
  else if (!dialog) toPage(code);
  else if (!scanInto(dialog, code)) sound.held();
}

function typed(text) {
  if (state.locked) return typeIntoLock(text);
  const dialog = openedDialog();
  return dialog ? typeInto(dialog, text) : undefined;
}
