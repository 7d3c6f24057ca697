// The customer's screen: it shows the basket of one device as the server priced it. It never sends anything.
import { tn } from "./language.js";
const PAID_MS = 25000;
const AGAIN_MS_MAX = 10000;
const display = document.getElementById("display");
const of = display.dataset.of;
let idle = 0;

function put(id, text) {
  document.getElementById(id).textContent = text || "";
}

function line(row) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const amount = document.createElement("bdi");
  const counted = row.qty_text === "1" ? "" : `${row.qty_text} × ${row.unit_text}`;
  name.textContent = row.name;
  amount.textContent = row.amount_text;
  item.append(name, amount);
  const more = [row.detail, counted, row.discount_text].filter(Boolean).join(" · ");
  if (more) {
    const small = document.createElement("small");
    small.textContent = more;
    item.append(small);
  }
  return item;
}

function show(message) {
  clearTimeout(idle);
  put("earlier", message.earlier ? tn("and {n} more", "and {n} more", message.earlier) : "");
  document.getElementById("lines").replaceChildren(...message.lines.map(line));
  put("items", message.items_text);
  put("discount", message.discount_text);
  put("total", message.total_text);
  put("paid-total", message.total_text);
  put("change", message.change_text);
  document.getElementById("change-row").hidden = !message.change_text;
  display.dataset.state = message.state;
  put("said", message.state === "idle" ? "" : `${message.items_text} ${message.total_text}`.trim());
  if (message.state === "paid") idle = setTimeout(() => (display.dataset.state = "idle"), PAID_MS);
}

async function ask() {
  try {
    const answer = await fetch(`/api/display?of=${encodeURIComponent(of)}`, { headers: { Accept: "application/json" } });
    if (answer.ok) show(await answer.json());
  } catch {
    display.dataset.state = "idle"; // the till is not there: nothing old is left standing
  }
}

let again = 1000;
function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  socket.onopen = () => {
    again = 1000;
    ask();
  };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.type === "basket" && message.of === of) show(message);
  };
  socket.onclose = () => {
    setTimeout(connect, again);
    again = Math.min(again * 2, AGAIN_MS_MAX);
  };
}
ask();
connect();
