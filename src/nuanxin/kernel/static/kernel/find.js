/* Nuanxin: the search box. Arrows walk through what was found, Escape goes back to the box and closes it. */
(() => {
  const { $, $$, onPage } = window.kit;

  onPage("form.find:has(.found)", (form) => {
    const box = $("[data-find]", form);
    const found = $(".found", form);
    const rows = () => $$("a, button", found);
    const close = () => found.replaceChildren();

    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && found.hasChildNodes()) {
        event.preventDefault();
        close();
        box.focus();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const all = step ? rows() : [];
      if (!all.length) return;
      event.preventDefault();
      const next = all.indexOf(document.activeElement) + step;
      (next < 0 ? box : all[Math.min(next, all.length - 1)]).focus();
    });
    // An answer that comes after the box was left or emptied is nobody's any more.
    form.addEventListener("htmx:beforeSwap", (event) => {
      if (!form.contains(document.activeElement) || !box.value.trim()) event.detail.shouldSwap = false;
    });
    box.addEventListener("input", () => { if (!box.value.trim()) close(); });
    form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) setTimeout(() => { if (!form.contains(document.activeElement)) close(); }, 150); });
  });
})();
