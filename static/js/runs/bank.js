// A bank's file, sent in one piece; then the page of the days it is about.
import { sentence } from "../console/frame.js";
import { post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { runsUrl } from "./base.js";

const SEND_MS = 60000;
const FIELDS = ["date_column", "amount_column", "text_column", "delimiter", "date_format"];

/** Bytes as base64; in slices, as a function takes only so many arguments. */
function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

const form = byId("bank-upload");

async function send(event) {
  event.preventDefault();
  if (isDisabled(byId("bank-go"))) return;
  disable(byId("bank-go"), true);
  put(byId("bank-problem"), "");
  try {
    const file = form.elements.file.files[0];
    const data = base64(new Uint8Array(await file.arrayBuffer()));
    const how = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));
    const company = form.elements.company.value;
    const answer = await post(runsUrl("/bank/upload"), { company, name: file.name, data, ...how }, SEND_MS);
    const more = answer.rejected ? `&file=${answer.file}` : "";
    location.assign(runsUrl(`/bank/?company=${encodeURIComponent(company)}${more}`));
  } catch (error) {
    put(byId("bank-problem"), sentence(error));
    disable(byId("bank-go"), false);
  }
}

form?.addEventListener("submit", send);
