/* Nuanxin: forms that survive a lost connection. What is typed into a form[data-outbox], photos too, is kept on
   the device; sent, it waits for a connection and goes out once: the form's hidden `key` lets the server answer
   a second delivery with the first result. Kept at most a week, deleted once sent, at sign-out and when somebody
   else signs in. Only visit pages load this; other pages do while something is kept (fields.js). */
(() => {
  const { $, $$, say, make, onPage } = window.kit;
  const user = document.body?.dataset.user || "";
  const WEEK = 7 * 864e5;
  const LONGEST = 1600;
  const MOST_PHOTOS = 9;
  const RETRY = 30000;

  /* ---- the store on the device ---- */
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const opened = (() => {
    const request = indexedDB.open("nuanxin", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("outbox", { keyPath: "key" });
    return done(request);
  })();
  const store = async (mode) => (await opened).transaction("outbox", mode).objectStore("outbox");
  /* tells other pages that something is kept */
  const note = (any) => { if (any) localStorage.setItem("nx-outbox", "1"); else localStorage.removeItem("nx-outbox"); };
  const put = async (entry) => { note(true); return done((await store("readwrite")).put(entry)); };
  const take = async (key) => done((await store("readwrite")).delete(key));
  const wipe = async () => { await done((await store("readwrite")).clear()); note(false); };
  const entries = async () => {
    const all = await done((await store("readonly")).getAll());
    /* nobody signed in: the session may just have expired, so everything stays */
    const gone = (entry) => Date.now() - entry.at > WEEK || (user && entry.user !== user);
    for (const old of all.filter(gone)) await take(old.key);
    const left = all.filter((entry) => !gone(entry));
    note(left.length);
    return left.filter((entry) => entry.user === user).sort((a, b) => a.at - b.at);
  };
  const newKey = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

  /* ---- sending ---- */
  const token = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] || $("[name=csrfmiddlewaretoken]")?.value || "";
  const packed = (entry) => {
    const body = new FormData();
    for (const [name, list] of Object.entries(entry.values)) for (const value of list) body.append(name, value);
    body.set("key", entry.key);
    entry.photos.forEach((blob, index) => body.append("photos", blob, `photo-${index + 1}.jpg`));
    return body;
  };
  const words = async (response) => {
    try { return Object.values((await response.json()).errors).flat().join("\n"); } catch { return ""; }
  };
  /* "sent", "refused" (the entry says why) or "waiting" */
  const deliver = async (entry) => {
    let response;
    try {
      response = await fetch(entry.url, {
        method: "POST", body: packed(entry), redirect: "manual", signal: AbortSignal.timeout(60000),
        headers: { Accept: "application/json", "X-CSRFToken": token() },
      });
    } catch { return "waiting"; }
    if (response.ok) { await take(entry.key); return "sent"; }
    if (response.status === 422 || response.status === 404) {
      entry.why = response.status === 422 ? await words(response) : say("该户已不在您的管辖范围内。", "The household is no longer in your scope.");
      entry.state = "refused";
      await put(entry);
      return "refused";
    }
    if (response.type === "opaqueredirect" || response.status === 403) entry.why = say("登录已过期或没有权限。请重新登录，之后自动送出。", "You were signed out, or lack the permission. Sign in again and it will be sent.");
    await put(entry);
    return "waiting";
  };
  const tell = (text, tone) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone } }));
  const alone = (work) => (navigator.locks ? navigator.locks.request("nuanxin-outbox", work) : work());
  const deliverAll = () => alone(async () => {
    for (const entry of (await entries()).filter((one) => one.state === "waiting")) {
      const result = await deliver(entry);
      if (result === "sent") tell(say(`${entry.title}：走访已送出并登记。`, `${entry.title}: sent and recorded.`), "done");
      if (result === "refused") tell(say(`${entry.title}：没有登记，请打开修改。`, `${entry.title}: not recorded. Open it and correct it.`), "warn");
    }
    await show();
  });

  /* ---- what waits on this device ---- */
  let unsent = 0;
  const STATES = {
    draft: ["off", say("草稿", "Draft")],
    waiting: ["wait", say("待联网送出", "Waiting for a connection")],
    refused: ["no", say("需修改", "To be corrected")],
  };
  const line = (entry) => {
    const row = make("li");
    const what = make("span", { class: "outbox-what" });
    const when = new Date(entry.at).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });
    what.append(make("b", {}, entry.title), " ", make("span", { class: `chip tone-${STATES[entry.state][0]}` }, STATES[entry.state][1]), make("div", { class: "soft" }, when));
    const open = make("a", { class: "btn", href: entry.url, "data-title": entry.title }, say("打开", "Open"));
    if ($("dialog form[data-outbox]")) open.dataset.outboxOpen = $("dialog form[data-outbox]").closest("dialog").id;
    const drop = make("button", { class: "btn btn-no", type: "button" }, say("删除", "Delete"));
    drop.addEventListener("click", async () => {
      if (!confirm(say(`从这台手机上删除“${entry.title}”的走访？`, `Delete the visit to ${entry.title} from this phone?`))) return;
      await take(entry.key);
      show();
    });
    row.append(what, ...(entry.state === "waiting" ? [] : [open]), drop);
    if (entry.why) row.append(make("span", { class: "outbox-why" }, entry.why));
    return row;
  };
  const show = async () => {
    const all = await entries();
    unsent = all.length;
    for (const list of $$("[data-outbox-list]")) list.replaceChildren(...all.map(line));
    for (const box of $$("[data-outbox-box]")) box.hidden = !all.length;
    for (const note of $$("[data-offline]")) note.hidden = navigator.onLine;
  };

  /* ---- photos, reduced before they are kept; written anew they lose place and device ---- */
  const reduced = async (file) => {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", 0.82));
  };
  const thumb = (form, blob) => {
    const item = make("li");
    const image = make("img", { src: URL.createObjectURL(blob), alt: say("待送出的照片", "Photo to be sent") });
    const drop = make("button", { type: "button", "aria-label": say("去掉这张照片", "Remove this photo") });
    drop.append(make("span", { "aria-hidden": "true" }, "×"));
    drop.addEventListener("click", () => { URL.revokeObjectURL(image.src); form.entry.photos = form.entry.photos.filter((one) => one !== blob); item.remove(); keep(form); });
    item.append(image, drop);
    return item;
  };
  const addPhotos = async (form, input) => {
    const chosen = [...input.files];
    input.value = "";
    for (const file of chosen) {
      if (form.entry.photos.length >= MOST_PHOTOS) { tell(say("最多 9 张照片。", "Nine photos at most."), "warn"); break; }
      try {
        const blob = await reduced(file);
        form.entry.photos.push(blob);
        $(".outbox-photos", form).append(thumb(form, blob));
      } catch { tell(say(`${file.name} 不是可以识别的照片。`, `${file.name} cannot be read as a photo.`), "warn"); }
    }
    keep(form);
  };

  /* ---- the place, asked for only when the family agrees ---- */
  const COORDINATES = ["latitude", "longitude", "doubt"];
  const setPlace = (form, place) => {
    for (const name of COORDINATES) form.elements[name].value = place ? place[name] : "";
    const said = $("[data-place] .help", form);
    said.dataset.blank ??= said.textContent;
    said.textContent = place ? say(`已记录位置，误差约 ${place.doubt} 米。`, `Place recorded, within some ${place.doubt} m.`) : said.dataset.blank;
  };
  const locate = (form) => navigator.geolocation.getCurrentPosition(
    ({ coords }) => { setPlace(form, { latitude: coords.latitude.toFixed(4), longitude: coords.longitude.toFixed(4), doubt: Math.round(coords.accuracy) }); keep(form); },
    () => tell(say("没有取得位置，可以不记录。", "The place could not be found; it may be left out."), "warn"),
    { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 },
  );
  const consent = (form) => {
    const agreed = form.elements.agreed.checked;
    $("[data-place]", form).hidden = !agreed || !navigator.geolocation;
    $("[data-photos] input", form).disabled = !agreed;
    if (agreed) return;
    setPlace(form, null);
    form.entry.photos = [];
    $(".outbox-photos", form).replaceChildren();
  };

  /* ---- a form and its entry ---- */
  const fields = (form) => [...form.elements].filter((e) => e.name && !["csrfmiddlewaretoken", "key"].includes(e.name) && !["file", "submit", "button", "fieldset"].includes(e.type));
  const valuesOf = (form) => {
    const values = {};
    for (const e of fields(form)) if (!["checkbox", "radio"].includes(e.type) || e.checked) (values[e.name] ||= []).push(e.value);
    return values;
  };
  const fill = (form, values) => {
    for (const e of fields(form)) {
      if (["checkbox", "radio"].includes(e.type)) e.checked = (values[e.name] || []).includes(e.value);
      else e.value = values[e.name]?.[0] ?? "";
    }
  };
  const keep = async (form) => {
    clearTimeout(form.timer);
    const { entry } = form;
    if (entry.state === "waiting") return;
    Object.assign(entry, { at: Date.now(), values: valuesOf(form), state: "draft" });
    try { await put(entry); } catch { tell(say("手机存储已满，草稿没有保存。", "The phone's storage is full; the draft was not kept."), "warn"); }
    show();
  };
  const complain = (form, why) => {
    const box = $("[data-outbox-error]", form);
    box.textContent = why || "";
    box.hidden = !why;
  };
  /* of a page that serves many households: what each declared, beside the items of the checklist */
  const told = JSON.parse($("#declared")?.textContent || "null");
  const declare = (form, url) => {
    for (const place of told ? $$("[data-declared]", form) : []) {
      const said = told[url] ? told[url][place.dataset.declared] : undefined;
      place.textContent = said ?? (told[url] ? say("档案中没有", "Not on file") : "—");
      place.closest(".check").toggleAttribute("data-unknown", said === null);
    }
  };
  const load = async (form, url, title) => {
    const mine = (await entries()).filter((entry) => entry.url === url);
    const kept = mine.filter((entry) => entry.state !== "waiting").pop();
    const before = mine.length && !kept ? say("这台手机上已有该户一条等待送出的走访；再填写会另外登记一次。", "A visit to this household waits on this phone already; this would be another one.") : "";
    form.action = url;
    form.entry = kept || { key: newKey(), user, url, title, state: "draft", values: form.blank, photos: [] };
    form.elements.key.value = form.entry.key;
    fill(form, form.entry.values);
    declare(form, url);
    $(".outbox-photos", form).replaceChildren(...form.entry.photos.map((blob) => thumb(form, blob)));
    complain(form, kept?.why || before);
    const [latitude, longitude, doubt] = COORDINATES.map((name) => form.entry.values[name]?.[0]);
    setPlace(form, latitude ? { latitude, longitude, doubt } : null);
    consent(form);
  };
  const send = async (form) => {
    complain(form, "");
    if (!form.reportValidity()) return;
    clearTimeout(form.timer);
    const { entry } = form;
    const button = $("[type=submit]", form);
    Object.assign(entry, { at: Date.now(), values: valuesOf(form), state: "waiting", why: "" });
    await put(entry);
    button.setAttribute("aria-busy", "true");
    const result = await alone(() => deliver(entry));
    button.removeAttribute("aria-busy");
    await show();
    if (result === "refused") { complain(form, entry.why); $("[data-outbox-error]", form).scrollIntoView({ block: "center" }); return; }
    const dialog = form.closest("dialog");
    if (result === "sent") tell(say(`${entry.title}：走访已登记。`, `${entry.title}: the visit is recorded.`), "done");
    else tell(entry.why || say(`${entry.title}：没有网络，已存在手机上，联网后自动送出。`, `${entry.title}: no connection. It is kept on this phone and will be sent when there is one.`), "warn");
    if (dialog) {
      dialog.close();
      for (const link of $$(`a.card[href="${entry.url}"]`)) link.remove();
    } else if (result === "sent") location.assign(form.dataset.next);
    else { form.hidden = true; $("[data-outbox-box]")?.scrollIntoView({ block: "center" }); }
  };

  const start = () => {
    onPage("form[data-outbox]", (form) => {
      form.blank = valuesOf(form);
      form.addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); send(form); });
      form.addEventListener("input", (event) => {
        if (event.target.type === "file") return;
        clearTimeout(form.timer);
        form.timer = setTimeout(() => keep(form), 400);
      });
      form.elements.agreed.addEventListener("change", () => consent(form));
      const input = $("[data-photos] input", form);
      input.addEventListener("change", () => addPhotos(form, input));
      $("[data-place] button", form).addEventListener("click", () => locate(form));
      if (form.dataset.bound === undefined && !form.closest("dialog")) load(form, new URL(form.action).pathname, form.dataset.title);
    });
    document.addEventListener("click", async (event) => {
      const link = event.target.closest("[data-outbox-open]");
      if (!link || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const dialog = document.getElementById(link.dataset.outboxOpen);
      const form = $("form[data-outbox]", dialog);
      form.hidden = false;
      await load(form, link.getAttribute("href"), link.dataset.title);
      $("h2", dialog).textContent = link.dataset.title;
      dialog.showModal();
    });

    /* ---- signing out takes everything from the device ---- */
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (form.dataset.signOut === undefined || form.dataset.wiped !== undefined) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const question = say(`这台手机上还有 ${unsent} 条走访没有送出，退出登录会删除它们。仍要退出？`, `${unsent} visits on this phone have not been sent. Signing out deletes them. Sign out?`);
      if (unsent && !confirm(question)) return;
      form.dataset.wiped = "";
      wipe().catch(() => {}).finally(() => form.requestSubmit());
    }, true);

    /* ---- when to try ---- */
    if (user) {
      const now = () => { show(); if (navigator.onLine) deliverAll(); };
      window.addEventListener("online", now);
      window.addEventListener("offline", show);
      document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now());
      setInterval(() => unsent && navigator.onLine && deliverAll(), RETRY);
      now();
    }
  };
  opened.then(start, () => {}); /* without a store, as in some private windows, the forms are plain forms */
})();
