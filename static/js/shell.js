// Hands the shell to the browser to keep, once the page stands. Browsers allow it on this machine and over https only.
if ("serviceWorker" in navigator) {
  addEventListener("load", () => {
    const keep = () => navigator.serviceWorker.register("/service-worker.js").catch(() => {}); // a till works without it
    if ("requestIdleCallback" in window) requestIdleCallback(keep, { timeout: 5000 });
    else setTimeout(keep, 2000);
  });
}
