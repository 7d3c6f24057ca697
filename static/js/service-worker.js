// Keeps the shell in the browser: styles, scripts, pictures, and one page that says in words that the till server is away.
// Never an answer of the server, never a basket or a sale: those are the server's, and the open basket the page's own.
// The server puts a line before this file: SHELL = { cache, statics, page, files }.
const { cache: NAME, statics: STATICS, page: PAGE, files: FILES } = self.SHELL;
const OURS = "tillkeep-";

self.addEventListener("install", (event) => {
  // What is not ours to answer never waits for this worker to wake up, where the browser knows how to be told so.
  if (event.addRoutes) event.waitUntil(event.addRoutes([{ condition: { urlPattern: "/api/*" }, source: "network" }]));
  event.waitUntil(fill().then(() => self.skipWaiting())); // a new version waits for nobody to close a window
});

self.addEventListener("activate", (event) => event.waitUntil(sweep().then(() => self.clients.claim())));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(visit(request));
  else if (pathname.startsWith(STATICS)) event.respondWith(keptOrAsked(request));
});

async function fill() {
  const kept = await caches.open(NAME);
  await kept.addAll([PAGE, ...FILES.map((file) => STATICS + file)]);
}

/** Shells of other versions go; a page of such a version asks the server for what it still needs. */
async function sweep() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== NAME).map((name) => caches.delete(name)));
}

/** Pages come from the server, always; only when nobody answers does the page that says so stand in its place. */
async function visit(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const page = await caches.match(PAGE, { cacheName: NAME });
    if (!page) throw error;
    return page;
  }
}

async function keptOrAsked(request) {
  return (await caches.match(request, { cacheName: NAME })) ?? fetch(request);
}
