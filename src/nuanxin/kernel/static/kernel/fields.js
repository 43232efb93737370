/* Nuanxin: what form fields can do beyond HTML: capitals, search, files, signature, drafts. */
(() => {
  const { $, $$, say, make, onPage } = window.kit;

  /* ---- amounts in capitals ---- */
  const DIGITS = "零壹贰叁肆伍陆柒捌玖";
  const UNITS = [[10n ** 8n, "亿"], [10000n, "万"], [1000n, "仟"], [100n, "佰"], [10n, "拾"]];
  const spell = (number) => {
    if (number < 10n) return DIGITS[Number(number)];
    const [size, word] = UNITS.find(([limit]) => number >= limit);
    const tail = number % size;
    return spell(number / size) + word + (tail ? (tail < size / 10n ? "零" : "") + spell(tail) : "");
  };
  const capitals = (text) => {
    const plain = text.normalize("NFKC").replace(/[\s¥元]/g, "");
    const match = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{0,2}))?$/.exec(plain);
    const whole = match?.[1].replaceAll(",", "").replace(/^0+(?=\d)/, "");
    if (!match || whole.length > 16) return "";
    const yuan = BigInt(whole);
    const [jiao, fen] = (match[2] || "").padEnd(2, "0").split("").map(Number);
    const head = yuan || !(jiao + fen) ? `${spell(yuan)}元` : "";
    if (!jiao && !fen) return `${head}整`;
    const gap = yuan && (!jiao || yuan % 10n === 0n) ? "零" : "";
    return head + gap + (jiao ? `${DIGITS[jiao]}角` : "") + (fen ? `${DIGITS[fen]}分` : "整");
  };
  onPage("[data-capitals]", (input) => {
    const out = $(`[data-capitals-of="${input.id}"]`);
    const show = () => {
      const words = capitals(input.value);
      out?.replaceChildren(...(words ? [say("大写：", "In capitals: "), make("b", { lang: "zh-CN" }, words)] : []));
    };
    input.addEventListener("input", show);
    show();
  });

  /* ---- a list of codes searched by name or pinyin ---- */
  onPage("select[data-search]", (select) => {
    const box = make("div", { class: "combo" });
    const id = select.id || `s${Math.random().toString(36).slice(2)}`;
    const input = make("input", { type: "text", role: "combobox", id, autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}_list` });
    for (const name of ["aria-describedby", "aria-invalid", "required"]) if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    const list = make("ul", { class: "combo-list", id: `${id}_list`, role: "listbox", hidden: "" });
    const options = [...select.options].filter((option) => option.value);
    let at = -1;
    const show = () => { input.value = select.selectedOptions[0]?.value ? select.selectedOptions[0].text : ""; };
    const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const move = (to) => {
      const items = $$("[role=option]", list);
      if (!items.length) return;
      at = (to + items.length) % items.length;
      items.forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
      items[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", items[at].id);
    };
    const open = (word) => {
      const needle = word.trim().toLowerCase();
      const found = options.filter((option) => !needle || option.text.toLowerCase().includes(needle) || (option.dataset.py || "").split(" ").some((py) => py.startsWith(needle)));
      list.replaceChildren(...found.slice(0, 200).map((option, index) => Object.assign(make("li", { role: "option", id: `${id}_${index}` }, option.text), { option })));
      if (!found.length) list.append(make("li", { class: "none" }, say("没有相符的选项", "Nothing matches")));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      at = -1;
      if (needle) move(0);
    };
    const choose = (option) => { select.value = option ? option.value : ""; select.dispatchEvent(new Event("change", { bubbles: true })); show(); close(); };
    input.addEventListener("input", (event) => { event.stopPropagation(); open(input.value); });
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("click", () => list.hidden && open(""));
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", () => setTimeout(() => { if (!input.value.trim()) choose(null); show(); close(); }, 150));
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); if (list.hidden) open(""); else move(at + (event.key === "ArrowDown" ? 1 : -1)); }
      else if (event.key === "Enter" && !list.hidden) { event.preventDefault(); const item = $$("[role=option]", list)[at]; if (item) choose(item.option); }
      else if (event.key === "Escape") { show(); close(); }
    });
    list.addEventListener("mousedown", (event) => { event.preventDefault(); const item = event.target.closest("[role=option]"); if (item) choose(item.option); });
    // The label and the links of the error summary now lead to the search.
    select.id = `${id}_code`;
    select.hidden = true;
    select.required = false;
    select.before(box);
    box.append(input, list, select);
    show();
  });

  /* ---- files ---- */
  onPage("[data-file]", (zone) => {
    const input = $("input", zone);
    const list = $("ul", zone);
    const size = (bytes) => (bytes > 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`);
    const show = () => list.replaceChildren(...[...input.files].map((file) => { const row = make("li", {}, file.name); row.append(make("span", {}, size(file.size))); return row; }));
    input.addEventListener("change", show);
    for (const kind of ["dragover", "dragleave", "drop"])
      zone.addEventListener(kind, (event) => {
        event.preventDefault();
        zone.classList.toggle("over", kind === "dragover");
        if (kind === "drop") { input.files = event.dataTransfer.files; input.dispatchEvent(new Event("change", { bubbles: true })); }
      });
  });

  /* ---- signature ---- */
  onPage("[data-sign]", (field) => {
    const canvas = $("canvas", field);
    const value = $("input[type=hidden]", field);
    const pen = canvas.getContext("2d");
    const clear = () => {
      const scale = Math.max(window.devicePixelRatio || 1, 2);
      canvas.width = canvas.clientWidth * scale;
      canvas.height = canvas.clientHeight * scale;
      pen.scale(scale, scale);
      Object.assign(pen, { lineWidth: 2.2, lineCap: "round", lineJoin: "round", strokeStyle: "#1f2328", fillStyle: "#1f2328" });
      value.value = "";
    };
    let last = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (!value.value && !last) clear();
      canvas.setPointerCapture(event.pointerId);
      last = [event.offsetX, event.offsetY];
      pen.beginPath();
      pen.arc(...last, 1.1, 0, 7);
      pen.fill();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      for (const point of event.getCoalescedEvents?.() || [event]) {
        pen.beginPath();
        pen.moveTo(...last);
        last = [point.offsetX, point.offsetY];
        pen.lineTo(...last);
        pen.stroke();
      }
    });
    const lift = () => { if (last) { last = null; value.value = canvas.toDataURL("image/png"); value.dispatchEvent(new Event("change", { bubbles: true })); } };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    $("[data-clear]", field).addEventListener("click", clear);
    if (value.value) {
      const drawn = value.value;
      const image = new Image();
      image.onload = () => { clear(); pen.drawImage(image, 0, 0, canvas.clientWidth, canvas.clientHeight); value.value = drawn; };
      image.src = drawn;
    }
  });

  /* ---- drafts: long forms survive a closed tab, but never hold numbers of persons ---- */
  const PREFIX = "nx-draft:";
  const WEEK = 7 * 864e5;
  const keyOf = (form) => `${PREFIX}${document.body.dataset.user || ""}:${form.dataset.draft}`;
  const kept = (form) => [...form.elements].filter((e) => e.name && !e.disabled && e.name !== "csrfmiddlewaretoken" && !["hidden", "file", "password", "submit", "button", "fieldset"].includes(e.type) && e.dataset.sensitive === undefined);
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    const draft = read(key);
    const stillHere = $$("form[data-draft]").some((form) => keyOf(form) === key);
    if (!draft || Date.now() - draft.at > WEEK || (draft.sent && !stillHere)) localStorage.removeItem(key);
  }
  onPage("form[data-draft]", (form) => {
    const key = keyOf(form);
    const draft = read(key);
    let timer;
    const save = (sent = false) => {
      const values = {};
      for (const e of kept(form)) {
        const list = (values[e.name] ||= []);
        if (["checkbox", "radio"].includes(e.type)) { if (e.checked) list.push(e.value); }
        else if (e.multiple) list.push(...[...e.selectedOptions].map((o) => o.value));
        else list.push(e.value);
      }
      try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), sent, values })); } catch { /* full or forbidden: the form works without */ }
    };
    if (draft && form.dataset.bound === undefined) {
      for (const e of kept(form)) {
        const list = draft.values[e.name];
        if (!list) continue;
        if (["checkbox", "radio"].includes(e.type)) e.checked = list.includes(e.value);
        else if (e.multiple) [...e.options].forEach((o) => { o.selected = list.includes(o.value); });
        else e.value = list.length > 1 ? list.shift() : list[0] ?? "";
        e.dispatchEvent(new Event("input", { bubbles: true }));
        const find = e.closest(".combo")?.querySelector("input");
        if (find) find.value = e.selectedOptions[0]?.value ? e.selectedOptions[0].text : "";
      }
      // The Swedish way of writing a moment is ours: 2022-01-18 09:12.
      const when = new Date(draft.at).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });
      const bar = make("div", { class: "draft", role: "status" }, say(`已恢复 ${when} 未提交的内容。`, `Restored what you had typed on ${when}.`));
      const drop = make("button", { type: "button" }, say("放弃并重填", "Discard it"));
      drop.addEventListener("click", () => { clearTimeout(timer); localStorage.removeItem(key); form.dataset.draft = ""; location.reload(); });
      bar.append(drop);
      form.prepend(bar);
    }
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 600); });
    form.addEventListener("submit", () => { clearTimeout(timer); save(true); });
  });
  /* visits kept on this phone (outbox.js) are sent from whatever page is open */
  const { outbox } = document.body.dataset;
  if (outbox && localStorage.getItem("nx-outbox") && !$("script[src*=outbox]")) document.head.append(make("script", { src: outbox }));
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.signOut === undefined) return;
    Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => localStorage.removeItem(name));
  });
})();
