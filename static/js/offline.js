// The page that stands in for any other while the till server does not answer: says what is kept, goes on by itself.
const AGAIN_MS = 2000;
const byId = (id) => document.getElementById(id);

function showBasket() {
  let lines = [];
  try {
    lines = JSON.parse(localStorage.getItem("tillkeep.basket"))?.lines ?? [];
  } catch {
    return; // a basket that cannot be read is the sell page's matter; it is kept
  }
  byId("kept").hidden = lines.length === 0;
  byId("kept-lines").replaceChildren(...lines.map((line) => {
    const row = document.createElement("li");
    row.textContent = line.unknown ? line.code : `${line.qty} × ${line.shown?.name ?? line.item_code}`;
    return row;
  }));
}

/** The address asked for is still in the address bar: loading it again is all there is to do. */
async function look() {
  try {
    await fetch("/health", { signal: AbortSignal.timeout(AGAIN_MS) });
    if (location.pathname !== "/offline") location.reload();
  } catch {
    setTimeout(look, AGAIN_MS);
  }
}

showBasket();
byId("again").addEventListener("click", () => location.assign(location.pathname === "/offline" ? "/" : location.href));
setTimeout(look, AGAIN_MS);
