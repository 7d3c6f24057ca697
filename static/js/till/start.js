// The frame is painted first, then the parts begin: on a slow box the cashier sees the till at once.
const begin = () => import("./main.js");

if (document.hidden) begin();
else requestAnimationFrame(() => setTimeout(begin, 0));
