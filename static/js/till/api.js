// The till server, as the page meets it: JSON in, JSON out. Three ways to end: the answer, Refused, or NoAnswer.
import { t } from "../language.js";

/** The server said no, with a code for the page and a sentence for the person. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.message || t("The till refused this without saying why."));
    this.status = status;
    this.code = body.code || "error";
    this.field = body.field || "";
    this.body = body;
  }
}

/** Nobody knows whether the request arrived: no connection, a time-out, half an answer. */
export class NoAnswer extends Error {}

let token = "";
let onSignedOut = () => {};
let freshToken = null;

export function setToken(csrf) {
  token = csrf || "";
}

/** Called with the server's code whenever an answer says that nobody is signed in or the screen is locked. */
export function whenSignedOut(listener) {
  onSignedOut = listener;
}

/** How to get a new token when the server no longer knows the one the page was given (it was restarted with a new key). */
export function whenStale(getToken) {
  freshToken = getToken;
}

async function call(method, path, body, milliseconds, again = true) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = token;
  const options = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  let response;
  let data;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(milliseconds) });
    data = await response.json();
  } catch (error) {
    throw new NoAnswer(error.message);
  }
  if (response.ok) return data;
  const refused = new Refused(response.status, data);
  if (refused.code === "csrf" && again && freshToken) {
    setToken(await freshToken());
    return call(method, path, body, milliseconds, false);
  }
  if (response.status === 401) onSignedOut(refused);
  throw refused;
}

export const get = (path, milliseconds = 8000) => call("GET", path, undefined, milliseconds);
export const post = (path, body = {}, milliseconds = 8000) => call("POST", path, body, milliseconds);
export const put = (path, body = {}, milliseconds = 8000) => call("PUT", path, body, milliseconds);

/** A path with its query; empty values are left out. */
export function withQuery(path, values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== "" && value !== null) query.set(name, value);
  return `${path}?${query}`;
}
