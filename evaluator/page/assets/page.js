// Keeps an open page current. Everything works without it: it only renews what is shown, counts times on, and
// adds a button to commands that are there to be copied.
"use strict";
(() => {
  const every = 5000, soon = 250, patience = 10000;
  const body = document.body;
  const view = body.dataset.view || "/";
  const lost = document.getElementById("lost");
  const isLoggedIn = (page) => Boolean(page.querySelector("form.who"));
  let last = Date.now(), asking = false, again = false, timer = 0;
  let hadLogin = isLoggedIn(document), loginOver = false;

  const words = (seconds) => {
    const s = Math.round(seconds);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min` + (s % 60 ? ` ${s % 60} s` : "");
    if (s < 86400) return `${Math.floor(s / 3600)} h` + (s % 3600 >= 60 ? ` ${Math.floor((s % 3600) / 60)} min` : "");
    return `${Math.floor(s / 86400)} d` + (s % 86400 >= 3600 ? ` ${Math.floor((s % 86400) / 3600)} h` : "");
  };
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  // Times are the server's; the difference to this machine's clock was seen when the page was made.
  let behind = 0;
  const learnClock = (page) => {
    const now = Number(page.body.dataset.now);
    if (now) behind = Date.now() / 1000 - now;
  };
  const countTimes = () => {
    const now = Date.now() / 1000 - behind;
    for (const time of document.querySelectorAll("time[data-since]")) {
      const age = now - Number(time.dataset.since);
      put(time, age < 2 ? "just now" : `${words(age)} ago`);
    }
    for (const time of document.querySelectorAll("time[data-until]")) {
      const left = Number(time.dataset.until) - now;
      put(time, left <= 0 ? "now" : `in ${words(left)}`);
    }
  };

  // A part that somebody writes in, or has chosen something in, is left alone.
  const isWrittenIn = (part) => {
    const active = document.activeElement;
    if (active && part.contains(active) && active.matches("input, select, textarea")) return true;
    return [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
  };
  const isChosenFrom = (part) => {
    const chosen = document.getSelection();
    return Boolean(chosen && !chosen.isCollapsed && part.contains(chosen.anchorNode));
  };
  const inUse = (part) => isWrittenIn(part) || isChosenFrom(part);
  const texts = new WeakMap();
  // What a part says, but for how long ago: that is counted on here.
  const said = (part) => part.outerHTML.replace(/>[^<]*<\/time>/g, "></time>");
  // What has the focus is found again by what it is.
  const describe = (element) => element.id ? `#${CSS.escape(element.id)}`
    : element.matches("a[href]") ? `a[href="${CSS.escape(element.getAttribute("href"))}"]`
      : element.matches("button[aria-label]") ? `button[aria-label="${CSS.escape(element.getAttribute("aria-label"))}"]`
        : element.matches("button") && element.form ? `form[action="${CSS.escape(element.form.getAttribute("action"))}"] button` : "";

  const madeOf = (theirs) => {
    const fresh = document.importNode(theirs, true);
    texts.set(fresh, said(theirs));
    decorate(fresh);
    return fresh;
  };
  // Where somebody has scrolled to: a wide table, and a log, whose end is followed by who reads there.
  const keepScrolled = (mine, fresh) => {
    const logs = [...mine.querySelectorAll("pre[aria-label]")].map((log) => [log.getAttribute("aria-label"), log.scrollTop,
      log.scrollTop + log.clientHeight >= log.scrollHeight - 2]);
    const across = mine.scrollLeft;
    mine.replaceWith(fresh);
    fresh.scrollLeft = across;
    for (const [label, top, ended] of logs) {
      const log = fresh.querySelector(`pre[aria-label="${CSS.escape(label)}"]`);
      if (log) log.scrollTop = ended ? log.scrollHeight : top;
    }
  };
  const replace = (mine, theirs) => {
    const active = document.activeElement;
    const focused = active && mine.contains(active) ? describe(active) : "";
    const fresh = madeOf(theirs);
    keepScrolled(mine, fresh);
    const found = focused && fresh.querySelector(focused);
    if (found) found.focus({ preventScroll: true });
  };
  // Of the red button's bar the form that somebody writes in stays as it is, so that no button becomes another one under
  // the hand; what is said beside it is renewed.
  const beside = (bar) => [...bar.children].filter((piece) => !piece.matches("form"));
  const renewBeside = (mine, theirs) => {
    const told = (bar) => bar.className + beside(bar).map(said).join("");
    if (told(mine) === told(theirs)) return;
    mine.className = theirs.className;
    for (const piece of beside(mine)) piece.remove();
    mine.querySelector("form").before(...beside(theirs).map((piece) => document.importNode(piece, true)));
    texts.delete(mine);  // it is as neither was: replaced once nobody writes any more
  };
  const breathe = () => new Promise((done) => setTimeout(done, 0));
  const renewPart = async (mine, part) => {
    if (inUse(mine)) {
      if (mine.id === "stop" && !isChosenFrom(mine)) renewBeside(mine, part);
      return;
    }
    if (mine.querySelector(":scope > .hosts") && alike(mine, part)) await renewPieces(mine, part);
    else if (texts.get(mine) !== said(part)) { replace(mine, part); await breathe(); }
  };
  // A part that is new comes behind the one that is before it at the server.
  const showMain = async (theirs) => {
    const main = document.getElementById("main");
    // Of a page that had nothing but what was wrong, and is whole now.
    if (theirs.length > 0 && !main.querySelector("[data-live]")) main.querySelector(":scope > .problem")?.remove();
    let ahead = null;
    for (const part of theirs) {
      const mine = document.getElementById(part.id);
      const first = main.querySelector(":scope > [data-live]");
      if (mine) await renewPart(mine, part);
      else if (ahead) ahead.after(madeOf(part));
      else if (first) first.before(madeOf(part));
      else main.append(madeOf(part));
      ahead = document.getElementById(part.id);
    }
    const wanted = new Set(theirs.map((part) => part.id));
    for (const mine of main.querySelectorAll("[data-live]")) if (!wanted.has(mine.id) && !inUse(mine)) mine.remove();
  };
  // `whole`: the view is there; else only what is around it, the red button first of all.
  const show = async (page, whole) => {
    learnClock(page);
    // What is written goes with the session there is now, not with the one that was there when the view was opened.
    const proof = page.querySelector("input[name=csrf]");
    if (proof) for (const field of document.querySelectorAll("input[name=csrf]")) field.value = proof.value;
    if (document.title !== page.title) document.title = page.title;
    const theirs = [...page.querySelectorAll("[data-live]")];
    const inMain = theirs.filter((part) => part.parentElement.id === "main");
    for (const part of theirs) {
      const mine = document.getElementById(part.id);
      if (mine && !inMain.includes(part)) await renewPart(mine, part);
    }
    if (whole) await showMain(inMain);
    countTimes();
  };
  // A list of hosts is renewed entry by entry, so that a large cluster never holds up the page.
  const alike = (mine, theirs) => mine.children.length === theirs.children.length
    && [...mine.children].every((piece, i) => piece.className === theirs.children[i].className
      && (!piece.matches(".hosts") || piece.children.length === theirs.children[i].children.length));
  const renewPieces = async (mine, theirs) => {
    let began = performance.now();
    const pairs = [...mine.children].flatMap((piece, i) => piece.matches(".hosts")
      ? [...piece.children].map((entry, k) => [entry, theirs.children[i].children[k]]) : [[piece, theirs.children[i]]]);
    for (const [old, fresh] of pairs) {
      if (texts.get(old) !== said(fresh)) replace(old, fresh);
      if (performance.now() - began > 12) { await breathe(); began = performance.now(); }
    }
  };

  const wayIn = document.createElement("a");
  wayIn.href = `/login?next=${encodeURIComponent(view)}`;
  wayIn.target = "_blank";
  wayIn.textContent = "Log in in another tab";
  const say = (wrong, old = wrong) => {
    if (!lost) return;
    const since = old ? ` What is shown is from ${new Date(last).toLocaleTimeString()}` : "";
    const words = loginOver ? `Your login is over: nothing can be decided from here.${since && `${since}.`} What you have written stays. `
      : wrong ? `${wrong.trim().replace(/\.$/, "")}.${since}; it is renewed as soon as it can be.` : "";
    const told = lost.firstChild ? lost.firstChild.data : "";
    if (words !== told) lost.replaceChildren(...(words ? [words] : []), ...(loginOver ? [wayIn] : []));
    lost.hidden = !words;
  };

  const renew = async () => {
    if (asking) { again = true; return; }
    asking = true;
    clearTimeout(timer);
    try {
      const address = location.pathname === view.split("?")[0] ? location.pathname + location.search : view;
      const answer = await fetch(address, { headers: { Accept: "text/html", "X-Renewal": "1" }, credentials: "same-origin", signal: AbortSignal.timeout(patience) });
      if (answer.redirected && new URL(answer.url).pathname !== "/login") { location.reload(); return; }
      if (answer.redirected) { loginOver = true; say("", true); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!page.getElementById("main")) throw new Error("no page");
      // 404: there is no such plan, which the view itself says.
      const whole = answer.ok || answer.status === 404;
      hadLogin ||= isLoggedIn(page);
      loginOver = hadLogin && !isLoggedIn(page);
      await show(page, whole);
      if (whole) last = Date.now();
      say(whole ? "" : (page.querySelector(".problem") || page.getElementById("main")).textContent);
    } catch {
      say("The evaluator does not answer.");
    } finally {
      asking = false;
      timer = setTimeout(renew, again ? soon : every);
      again = false;
    }
  };

  // Without a login nothing would be done, and what was written would be gone.
  document.addEventListener("submit", (event) => {
    if (!loginOver || event.target.method !== "post") return;
    event.preventDefault();
    wayIn.focus();
  });

  const listen = () => {
    if (!body.dataset.events || !window.EventSource) return;
    const source = new EventSource(body.dataset.events);
    let waiting = 0;
    const heard = () => { clearTimeout(waiting); waiting = setTimeout(renew, soon); };
    for (const name of ["running", "history"]) source.addEventListener(name, heard);
  };

  const decorate = (part) => {
    if (!navigator.clipboard) return;
    for (const command of part.querySelectorAll("code.copy")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copier";
      button.textContent = "Copy";
      button.setAttribute("aria-label", `Copy ${command.textContent}`);
      button.addEventListener("click", async () => { await navigator.clipboard.writeText(command.textContent); put(button, "Copied"); });
      command.after(button);
    }
  };

  learnClock(document);
  for (const part of document.querySelectorAll("[data-live], [data-live] > *, [data-live] > .hosts > *")) texts.set(part, said(part));
  decorate(document);
  countTimes();
  for (const log of document.querySelectorAll("pre[aria-label]")) log.scrollTop = log.scrollHeight;
  setInterval(countTimes, 1000);
  timer = setTimeout(renew, every);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
  listen();
})();
