/* The editor of a pack: line numbers beside the textarea, and faults that lead to their line.
   Without scripts the textarea stands alone and the faults name their lines. */
"use strict";
(() => {
  const area = document.querySelector("textarea[data-code]");
  const gutter = document.querySelector(".code-gutter");
  if (!area || !gutter) return;
  let shown = 0;

  const number = () => {
    const lines = area.value.split("\n").length;
    if (lines !== shown) gutter.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
    shown = lines;
    gutter.scrollTop = area.scrollTop;
  };

  const lead = (line, column) => {
    const lines = area.value.split("\n");
    const before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const height = parseFloat(getComputedStyle(area).lineHeight);
    area.focus();
    area.setSelectionRange(before + column - 1, before + (lines[line - 1] || "").length);
    area.scrollTop = Math.max(0, (line - 6) * height);
    area.scrollLeft = 0;
  };

  area.addEventListener("input", number);
  area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
  document.addEventListener("click", (event) => {
    const fault = event.target.closest("a[data-line]");
    if (!fault) return;
    event.preventDefault();
    lead(Number(fault.dataset.line), Number(fault.dataset.column));
  });
  number();
})();
