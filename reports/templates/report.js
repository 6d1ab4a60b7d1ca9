"use strict";
// Without this script the page still shows everything; it adds stepping and the links between lines and actions.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const byId = (id) => document.getElementById(id);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const element = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text });

  // What several findings share is in the page once, and so is each action: here are the copies.
  for (const place of document.querySelectorAll("[data-same]")) {
    place.replaceWith(Object.assign(byId(place.dataset.same).cloneNode(true), { id: place.id }));
  }
  for (const place of document.querySelectorAll(".whole .tla a")) {
    place.replaceWith(byId(place.getAttribute("href").slice(1)).querySelector(".tla").textContent);
  }

  class Stepper {
    constructor(finding) {
      this.finding = finding;
      this.box = finding.querySelector(".stepper");
      this.box.prepend(byId("controls").content.cloneNode(true));
      this.cards = [...finding.querySelectorAll(".cards > li")];
      this.processes = this.cards.map((card) => card.querySelector(".who b").textContent);
      this.places = this.cards.map((card) => this.linesOf(card));
      this.rows = [...finding.querySelectorAll(".state tr")].map((row) => ({
        row, cell: row.querySelector("td"), history: this.historyOf(row),
      }));
      this.output = finding.querySelector(".at");
      this.after = finding.querySelector(".after");
      this.slider = finding.querySelector(".slider");
      this.slider.max = this.cards.length;
      this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
      this.follow = finding.querySelector(".follow");
      this.at = 0;
      for (const button of finding.querySelectorAll("[data-go]")) {
        button.addEventListener("click", () => this.go(button.dataset.go));
      }
      this.cards.forEach((card, index) => {
        const face = card.querySelector(".card");
        face.setAttribute("role", "button");
        face.addEventListener("click", () => { if (!getSelection().toString()) this.show(index + 1); });
        face.addEventListener("keydown", (event) => {
          if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.show(index + 1); }
        });
      });
      this.show(1, false);
    }

    // The lines of a card in the code beside.
    linesOf(card) {
      const [, path, first, last] = /^(.*):(\d+)(?:-(\d+))?$/.exec(card.querySelector(".place")?.textContent) || [];
      const file = [...this.finding.querySelectorAll(".beside .code")].find((f) => f.firstElementChild.textContent === path);
      return [...(file?.querySelectorAll("li") || [])].filter(({ dataset: { n } }) => n >= Number(first) && n <= Number(last || first));
    }

    // [[step, value], ...] of a variable, step 0 before the first; null where it is gone.
    historyOf(row) {
      const name = row.querySelector("th").textContent;
      const gone = (row.dataset.gone || "").split(" ").map(Number);
      const history = "first" in row.dataset ? [[0, row.dataset.first]] : [];
      this.cards.forEach((card, index) => {
        const change = [...card.querySelectorAll(".changes > span")].find((c) => c.querySelector("var").textContent === name);
        if (change) history.push([index + 1, change.querySelector("ins").textContent]);
        if (gone.includes(index + 1)) history.push([index + 1, null]);
      });
      return history;
    }

    go(where) {
      const last = this.cards.length;
      const to = { first: 1, back: this.at - 1, forward: this.at + 1, last }[where];
      this.show(Math.min(Math.max(to, 1), last));
    }

    show(number, follow = true) {
      const moveFocus = follow && this.cards.some((card) => card.contains(document.activeElement));
      this.at = number;
      const here = new Map();
      this.cards.forEach((card, index) => {
        const face = card.querySelector(".card");
        const now = index + 1 === number;
        card.classList.toggle("now", now);
        card.classList.toggle("later", index + 1 > number);
        face.tabIndex = now ? 0 : -1;
        if (now) face.setAttribute("aria-current", "step"); else face.removeAttribute("aria-current");
        if (index >= number) return;
        if (card.querySelector(".ends") && !now) here.delete(this.processes[index]);
        else if (this.places[index].length) here.set(this.processes[index], [this.places[index][0], card.className]);
      });
      const current = this.cards[number - 1];
      const process = this.processes[number - 1];
      if (process !== "set-up") here.delete("set-up");
      this.lines(here, this.places[number - 1]);
      for (const { row, cell, history } of this.rows) {
        const upTo = history.filter(([step]) => step <= number);
        const entry = upTo[upTo.length - 1];
        const known = Boolean(entry) && entry[1] !== null;
        const changed = known && entry[0] === number;
        const old = changed && upTo.length > 1 ? upTo[upTo.length - 2][1] : null;
        cell.replaceChildren(...(old === null ? [] : [element("span", "old", old), element("span", "arrow", " → ")]),
          element("span", "new", known ? entry[1] : "–"));
        row.classList.toggle("changed", changed);
      }
      this.lead(current.dataset.do, number);
      this.slider.value = number;
      this.slider.setAttribute("aria-valuetext", `step ${number} of ${this.cards.length}`);
      const where = current.querySelector(".place");
      this.output.textContent = `Step ${number} of ${this.cards.length}`;
      this.output.setAttribute("aria-label",
        `Step ${number} of ${this.cards.length}: ${process}${where ? ", " + where.textContent : ""}`);
      if (this.after) this.after.textContent = `after step ${number}`;
      for (const button of this.finding.querySelectorAll("[data-go]")) {
        const back = button.dataset.go === "first" || button.dataset.go === "back";
        // Not the disabled attribute: it would throw the keyboard's focus away at either end.
        button.setAttribute("aria-disabled", String(back ? number === 1 : number === this.cards.length));
      }
      if (moveFocus) current.querySelector(".card").focus({ preventScroll: true });
      if (follow) this.bringIntoView(current);
    }

    // Links to the action of the step.
    lead(action, number) {
      this.follow.replaceChildren();
      if (!action) return;
      const link = Object.assign(element("a", "", `Step ${number} in the specification: `), { href: `#${action}` });
      link.append(element("code", "", byId(action).querySelector(".action-head b").textContent));
      this.follow.append(link);
    }

    // Marks the current line, and for every call under way the line it did last.
    lines(here, [line, ...rest]) {
      for (const marked of this.finding.querySelectorAll(".beside .current, .beside .within")) {
        marked.classList.remove("current", "within");
      }
      this.finding.querySelectorAll(".beside .here").forEach((mark) => mark.remove());
      for (const [process, [at, colour]] of here) {
        const hue = colour.split(" ").find((name) => name.startsWith("colour-")) || "";
        const mark = at.querySelector(".here") || at.insertBefore(element("span", "here", ""), at.firstChild);
        mark.append(element("span", hue, process));
      }
      if (!line) return;
      line.classList.add("current");
      rest.forEach((more) => more.classList.add("within"));
      // Measured when all findings are drawn, so that a page of many is laid out once and not once for each.
      requestAnimationFrame(() => {
        const pane = line.closest(".scroll");
        const top = line.offsetTop - pane.offsetTop;
        if (top < pane.scrollTop || top + line.offsetHeight > pane.scrollTop + pane.clientHeight) {
          pane.scrollTop = top - pane.clientHeight / 2;
        }
      });
    }

    bringIntoView(card) {
      const box = card.getBoundingClientRect();
      const room = this.box.querySelector(".controls").getBoundingClientRect().height + 16;
      if (box.top < room || box.bottom > innerHeight - room) {
        card.scrollIntoView({ block: "center", inline: "nearest", behavior: calm.matches ? "auto" : "smooth" });
      }
    }
  }

  const steppers = [...document.querySelectorAll(".finding")].filter((f) => f.querySelector(".stepper"))
    .map((f) => new Stepper(f));

  // The finding that the arrow keys mean: the one with the focus, else the one that fills most of the window.
  const meant = () => {
    const focused = steppers.find((s) => s.finding.contains(document.activeElement));
    if (focused) return focused;
    const shown = (s) => {
      const box = s.box.getBoundingClientRect();
      return Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
    };
    return steppers.filter((s) => shown(s) > 0).sort((a, b) => shown(b) - shown(a))[0] || steppers[0];
  };
  const scrollsSideways = (element) => {
    const pane = element.closest && element.closest(".scroll, .table-scroll");
    return pane && pane.scrollWidth > pane.clientWidth;
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    // The slider steps by itself, text fields need their arrows, and so does what scrolls sideways.
    if (event.target.matches?.("input, textarea, select") || scrollsSideways(event.target)) return;
    let go = { ArrowLeft: "back", ArrowRight: "forward" }[event.key];
    const inCard = event.target.closest && event.target.closest(".card");
    if (inCard) go = go || { ArrowUp: "back", ArrowDown: "forward", Home: "first", End: "last" }[event.key];
    const stepper = go && meant();
    if (!stepper) return;
    event.preventDefault();
    stepper.go(go);
  });

  // #f1-s4 opens the first finding at its fourth step; what lies folded is unfolded.
  const follow = () => {
    for (let box = document.querySelector(":target"); box; box = box.parentElement) if (box.tagName === "DETAILS") box.open = true;
    const match = /^#f(\d+)-s(\d+)$/.exec(location.hash);
    const stepper = match && steppers.find((s) => s.finding.id === `f${match[1]}`);
    if (stepper) stepper.show(Math.min(Math.max(Number(match[2]), 1), stepper.cards.length), false);
  };
  addEventListener("hashchange", follow);
  follow();

  // Lines and the actions that model them point at one another.
  const linked = new Map();
  const link = (one, other) => linked.set(one, [...(linked.get(one) || []), other]);
  for (const line of document.querySelectorAll(".pair li[data-to]")) {
    for (const action of line.dataset.to.split(" ").map(byId)) {
      link(line, action);
      link(action, line);
    }
    line.querySelector("a").title = "Go to the step that models this line";
    line.addEventListener("click", (event) => {
      if (!event.target.closest("a") && !getSelection().toString()) location.hash = line.dataset.to.split(" ")[0];
    });
  }
  for (const [end, others] of linked) {
    const light = (on) => [end, ...others].forEach((e) => e.classList.toggle("linked", on));
    end.addEventListener("mouseenter", () => light(true));
    end.addEventListener("mouseleave", () => light(false));
    end.addEventListener("focusin", () => light(true));
    end.addEventListener("focusout", () => light(false));
  }

  // TLA+ is coloured when it comes into view: its text is in the page as it is.
  const comment = /\(\*[^]*?(?:\*\)|(?![^]))|\\\*.*|-{4,}.*|={4,}/;
  const string = /"(?:[^"\\]|\\.)*"/;
  const word = new RegExp("\\b(?:ASSUME|BOOLEAN|CASE|CHOOSE|CONSTANTS?|DOMAIN|ELSE|ENABLED|EXCEPT|EXTENDS|FALSE|IF|IN|" +
    "INSTANCE|LAMBDA|LET|LOCAL|MODULE|OTHER|RECURSIVE|SUBSET|THEN|THEOREM|TRUE|UNCHANGED|UNION|VARIABLES?|WITH)\\b");
  const defined = /^\w+(?=(?:\([\w\s,]*\))?\s*==)/;
  const [primed, digits] = [/\b\w+'/, /\b\d+\b/];
  const kinds = [["c", comment], ["s", string], ["k", word], ["f", defined], ["b", primed], ["n", digits]];
  const token = new RegExp(kinds.map(([kind, pattern]) => `(?<${kind}>${pattern.source})`).join("|"), "gm");
  const colour = (code) => {
    const text = code.textContent;
    const pieces = [];
    let at = 0;
    for (const match of text.matchAll(token)) {
      const [kind] = Object.entries(match.groups).find(([, found]) => found !== undefined);
      pieces.push(text.slice(at, match.index), element("i", kind, match[0]));
      at = match.index + match[0].length;
    }
    code.replaceChildren(...pieces, text.slice(at));
  };
  const seen = new IntersectionObserver((entries) => entries.filter((e) => e.isIntersecting).forEach(({ target }) => {
    seen.unobserve(target);
    colour(target);
  }), { rootMargin: "600px" });
  document.querySelectorAll(".tla").forEach((code) => seen.observe(code));

  // On paper: everything unfolded, every finding at its end; afterwards as it was.
  let before = [];
  addEventListener("beforeprint", () => {
    before = steppers.map((s) => s.at);
    steppers.forEach((s) => s.show(s.cards.length, false));
    document.querySelectorAll("details").forEach((d) => { d.open = true; });
    document.querySelectorAll(".tla").forEach(colour);
  });
  addEventListener("afterprint", () => steppers.forEach((s, index) => s.show(before[index] || 1, false)));
})();
