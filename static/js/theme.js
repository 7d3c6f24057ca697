// A person's own choice of light or dark, set before the first paint so that nothing flashes. No choice = the system's.
(() => {
  const chosen = localStorage.getItem("tillkeep.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
