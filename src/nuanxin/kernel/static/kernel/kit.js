/* Nuanxin: the few things HTML cannot do by itself. No inline code, no eval, no dependencies. */
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const zh = document.documentElement.lang.startsWith("zh");
  const say = (chinese, english) => (zh ? chinese : english);
  const make = (tag, attributes = {}, text = "") => {
    const node = Object.assign(document.createElement(tag), { textContent: text });
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const onPage = (selector, start) => {
    const scan = (root) => {
      const found = [...root.querySelectorAll(selector)];
      if (root.matches?.(selector)) found.push(root);
      for (const node of found) {
        if (node.kitReady) continue;
        node.kitReady = true;
        start(node);
      }
    };
    scan(document);
    document.addEventListener("htmx:load", (event) => scan(event.target));
  };

  window.kit = { $, $$, say, make, onPage };

  /* ---- keys ---- */
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const find = $$("[data-find]").find((input) => input.offsetParent);
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    }
    const row = event.target.closest?.("tr[data-href]");
    if (row && !typing && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      let next = row;
      do next = event.key === "ArrowDown" ? next.nextElementSibling : next.previousElementSibling;
      while (next && !next.dataset.href);
      if (next) { event.preventDefault(); $("a", next)?.focus(); }
    }
    if (event.key === "Escape") $$("details.menu[open]").forEach((menu) => { menu.open = false; $("summary", menu).focus(); });
  });

  /* ---- clicks ---- */
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    const opener = at("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (at("[data-closes]")) at("dialog")?.close();
    if (event.target.matches("dialog.dialog") && !event.target.querySelector("form[method=post]")) event.target.close();
    at("[data-dismiss]")?.closest(".toast")?.remove();
    if (at("[data-fold]")) {
      const slim = $(".app").classList.toggle("slim");
      document.cookie = `nx_nav=${slim ? "slim" : "wide"};path=/;max-age=31536000;samesite=lax`;
    }
    const out = at("a[data-export]");
    if (out) { /* filters may have changed since the link was made */
      const query = new URLSearchParams(location.search);
      query.set("export", new URL(out.href).searchParams.get("export"));
      query.delete("page");
      out.search = query;
    }
    if (at("[data-print]")) window.print();
    $$("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    const row = at("tr[data-href]");
    if (row && !at("a, button, input, label, select, summary") && !String(getSelection())) {
      if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
      else location.assign(row.dataset.href);
    }
  });
  /* a menu opens to the side on which there is room for it */
  document.addEventListener("toggle", (event) => {
    const pop = event.target.matches("details.menu[open]") && $(".menu-pop", event.target);
    if (!pop) return;
    pop.classList.remove("to-start", "to-end");
    const box = pop.getBoundingClientRect();
    if (box.left < 0) pop.classList.add("to-start");
    else if (box.right > innerWidth) pop.classList.add("to-end");
  }, true);
  onPage("dialog[data-open]", (dialog) => dialog.showModal());
  onPage("[data-focus]", (node) => node.focus());

  /* ---- asking first: a button with data-confirm is carried out once the question is answered ---- */
  const ask = (button) => {
    const box = make("dialog", { class: "dialog", "aria-label": button.textContent.trim() });
    const body = make("div", { class: "dialog-body" });
    const acts = make("div", { class: "dialog-acts" });
    const yes = make("button", { type: "button", class: button.className.includes("btn-no") ? "btn btn-no" : "btn btn-go" }, button.textContent.trim());
    const no = make("button", { type: "button", class: "btn btn-plain", autofocus: "" }, say("取消", "Cancel"));
    yes.addEventListener("click", () => { box.close(); button.dataset.confirmed = "1"; button.form.requestSubmit(button); delete button.dataset.confirmed; });
    no.addEventListener("click", () => box.close());
    box.addEventListener("close", () => box.remove());
    acts.append(no, yes);
    body.append(make("p", { class: "ask" }, button.dataset.confirm), acts);
    box.append(body);
    document.body.append(box);
    box.showModal();
  };
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.dataset.confirm || button.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(button);
  }, true);

  /* ---- toasts ---- */
  const toast = (text, tone = "done") => {
    const region = $("#toasts");
    const node = make("div", { class: `toast tone-${tone}` });
    const close = make("button", { type: "button", "data-dismiss": "", "aria-label": region.dataset.close }, "×");
    const sign = { done: "✓", no: "✕", warn: "!" }[tone] || "i";
    node.append(make("b", { "aria-hidden": "true" }, sign), make("div", {}, text), close);
    region.append(node);
    fade(node);
  };
  const fade = (node) => node.matches(".tone-no, .tone-warn") || setTimeout(() => node.remove(), 8000);
  onPage(".toast", fade);
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));
  for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"])
    document.addEventListener(kind, (event) => {
      if (event.detail.elt?.closest("[data-quiet]")) return;
      const gone = event.detail.xhr?.status === 403 || event.detail.xhr?.status === 401;
      toast(gone ? say("没有权限，或登录已过期。请刷新页面后再试。", "You lack the permission, or your session has ended. Reload the page and try again.")
        : say("没有连上服务器，内容未改变。请稍后再试。", "The server could not be reached; nothing was changed. Please try again."), "no");
    });

  /* ---- a form is sent once ---- */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.dataset.free !== undefined) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    const pressed = event.submitter;
    setTimeout(() => pressed?.setAttribute("aria-busy", "true"));
    setTimeout(() => free(form), 15000);
  });
  const free = (form) => {
    delete form.dataset.sent;
    $$("[aria-busy]", form).forEach((button) => button.removeAttribute("aria-busy"));
  };
  window.addEventListener("pageshow", () => $$("form[data-sent]").forEach(free));
  document.addEventListener("htmx:afterRequest", (event) => { const form = event.target.closest?.("form"); if (form) free(form); });

  /* ---- lists: filters under "more" wait for their button ---- */
  onPage(".menu-filters", (box) => box.addEventListener("change", (event) => event.stopPropagation()));

  /* ---- ticking rows ---- */
  const ticks = (list) => $$(".tick-row", list);
  const showBulk = (list) => {
    const chosen = ticks(list).filter((box) => box.checked).length;
    const all = $(".tick-all", list);
    const bar = $(".bulk", list);
    if (all) { all.checked = chosen > 0 && chosen === ticks(list).length; all.indeterminate = chosen > 0 && !all.checked; }
    if (!bar) return;
    bar.hidden = !chosen;
    $("[data-chosen]", bar).textContent = chosen;
  };
  document.addEventListener("change", (event) => {
    const list = event.target.closest?.(".list");
    if (!list || !event.target.matches(".tick-row, .tick-all")) return;
    if (event.target.matches(".tick-all")) ticks(list).forEach((box) => { box.checked = event.target.checked; });
    showBulk(list);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-untick]")) return;
    const list = event.target.closest(".list");
    ticks(list).forEach((box) => { box.checked = false; });
    showBulk(list);
  });
  onPage(".list", showBulk);
})();
