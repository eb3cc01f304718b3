// Light, dark or as the system has it; read before the first paint, so that nothing flashes.
"use strict";
(() => {
  let kept = null;
  try {
    kept = localStorage.getItem("emovere.theme");
  } catch {
    // a browser that keeps nothing follows the system
  }
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
})();
