"use strict";
// Without this script the page still shows everything; it adds stepping and the links between lines and actions.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const byId = (id) => document.getElementById(id);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const element = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text });

  class Stepper {
    constructor(finding) {
      this.finding = finding;
      this.box = finding.querySelector(".stepper");
      this.cards = [...finding.querySelectorAll(".cards > li")];
      this.rows = [...finding.querySelectorAll(".state tr")].map((row) => ({
        row, cell: row.querySelector("td"), history: JSON.parse(row.dataset.history),
      }));
      this.output = finding.querySelector(".at");
      this.after = finding.querySelector(".after");
      this.slider = finding.querySelector(".slider");
      this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
      this.follow = [...finding.querySelectorAll("[data-step]")];
      this.at = 0;
      for (const button of finding.querySelectorAll("[data-go]")) {
        button.addEventListener("click", () => this.go(button.dataset.go));
      }
      this.cards.forEach((card, index) => {
        const face = card.querySelector(".card");
        face.addEventListener("click", () => { if (!getSelection().toString()) this.show(index + 1); });
        face.addEventListener("keydown", (event) => {
          if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.show(index + 1); }
        });
      });
      this.show(1, false);
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
        if ("ends" in card.dataset && !now) here.delete(card.dataset.process);
        else if (card.dataset.line) here.set(card.dataset.process, [card.dataset.line, card.className]);
      });
      const current = this.cards[number - 1];
      if (current.dataset.process !== "set-up") here.delete("set-up");
      this.lines(here, current);
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
      this.follow.forEach((link) => link.classList.toggle("current", Number(link.dataset.step) === number));
      this.slider.value = number;
      this.slider.setAttribute("aria-valuetext", `step ${number} of ${this.cards.length}`);
      const where = current.querySelector(".place");
      this.output.textContent = `Step ${number} of ${this.cards.length}`;
      this.output.setAttribute("aria-label",
        `Step ${number} of ${this.cards.length}: ${current.dataset.process}${where ? ", " + where.textContent : ""}`);
      if (this.after) this.after.textContent = `after step ${number}`;
      for (const button of this.finding.querySelectorAll("[data-go]")) {
        const back = button.dataset.go === "first" || button.dataset.go === "back";
        // Not the disabled attribute: it would throw the keyboard's focus away at either end.
        button.setAttribute("aria-disabled", String(back ? number === 1 : number === this.cards.length));
      }
      if (moveFocus) current.querySelector(".card").focus({ preventScroll: true });
      if (follow) this.bringIntoView(current);
    }

    // Marks the current line, and for every call under way the line it did last.
    lines(here, current) {
      for (const line of this.finding.querySelectorAll(".beside li")) {
        line.classList.remove("current", "within");
        line.querySelector(".here").replaceChildren();
      }
      for (const [process, [key, colour]] of here) {
        const line = byId(key.split(" ")[0]);
        if (!line) continue;
        const hue = colour.split(" ").find((name) => name.startsWith("colour-")) || "";
        line.querySelector(".here").append(element("span", hue, process));
      }
      const [line, ...rest] = current.dataset.line.split(" ").map(byId);
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
  const linked = (end) => (end.dataset.to || "").split(" ").filter(Boolean).map(byId).filter(Boolean);
  for (const end of document.querySelectorAll(".pair [data-to]")) {
    const light = (on) => [end, ...linked(end)].forEach((e) => e.classList.toggle("linked", on));
    end.addEventListener("mouseenter", () => light(true));
    end.addEventListener("mouseleave", () => light(false));
    end.addEventListener("focusin", () => light(true));
    end.addEventListener("focusout", () => light(false));
  }
  for (const line of document.querySelectorAll(".pair li.modelled")) {
    line.addEventListener("click", (event) => {
      if (!event.target.closest("a") && !getSelection().toString()) location.hash = line.dataset.to.split(" ")[0];
    });
  }

  // On paper: everything unfolded, every finding at its end; afterwards as it was.
  let before = [];
  addEventListener("beforeprint", () => {
    before = steppers.map((s) => s.at);
    steppers.forEach((s) => s.show(s.cards.length, false));
    document.querySelectorAll("details").forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => steppers.forEach((s, index) => s.show(before[index] || 1, false)));
})();
