// Puts a way to decide beside everything that the page marks with data-kind and data-id, and asks the server to write.
"use strict";
(() => {
  const DECIDED = ["finding", "assumption", "action", "property", "flag"];
  const by = { get: () => sessionStorage.getItem("by") || "", set: (name) => sessionStorage.setItem("by", name) };

  const made = (name, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };

  const send = async (path, body, said) => {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) {
      sessionStorage.setItem("at", String(window.scrollY));
      location.reload();
      return;
    }
    const why = await answer.json().catch(() => ({ error: "the server gave no answer" }));
    said.textContent = why.error;
  };

  const labelled = (text, field, wide) => made("label", { className: wide ? "wide" : "" }, text, field);

  const form = (box, title, fields, submit) => {
    box.querySelector("form")?.remove();
    const said = made("p", { className: "said", role: "alert" });
    const cancel = made("button", { type: "button", textContent: "Cancel" });
    const asked = made("form", {}, ...fields, made("button", { type: "submit", textContent: title }), cancel, said);
    cancel.addEventListener("click", () => asked.remove());
    asked.addEventListener("submit", (event) => {
      event.preventDefault();
      submit(said);
    });
    box.append(asked);
    asked.querySelector("textarea, input").focus();
  };

  const decide = (box, kind, id, decision) => {
    const reason = made("textarea", { required: true, maxLength: 10000, name: "reason" });
    const name = made("input", { value: by.get(), maxLength: 200, name: "by" });
    const expires = made("input", { type: "date", name: "expires" });
    const fields = [labelled("Reason", reason, true), labelled("Your name", name), labelled("Expires", expires)];
    form(box, decision === "accepted" ? "Accept" : "Reject", fields, (said) => {
      by.set(name.value);
      send("/decide", { kind, id, decision, reason: reason.value, by: name.value, expires: expires.value || null }, said);
    });
  };

  const button = (text, label, act) => {
    const node = made("button", { type: "button", textContent: text });
    node.setAttribute("aria-label", `${text} ${label}`);
    node.addEventListener("click", act);
    return node;
  };

  const place = (node) => {
    if (node.tagName === "TR") return node.cells[1] || node;
    return node.querySelector(":scope > header") || node.querySelector(":scope > div") || node;
  };

  for (const node of document.querySelectorAll("[data-kind][data-id]")) {
    const { kind } = node.dataset;
    const box = made("div", { className: "decide" });
    if (DECIDED.includes(kind)) {
      const id = `${node.closest("[data-module]").dataset.module}.${node.dataset.id}`;
      box.append(
        button("Accept", `${kind} ${id}`, () => decide(box, kind, id, "accepted")),
        button("Reject", `${kind} ${id}`, () => decide(box, kind, id, "rejected")),
      );
      if (node.querySelector(".decision")) {
        const said = made("p", { className: "said", role: "alert" });
        box.append(button("Take back", `${kind} ${id}`, () => send("/withdraw", { kind, id }, said)), said);
      }
    } else if (kind === "question") {
      const id = node.dataset.id;
      box.append(
        button("Answer", id, () => {
          const answer = made("textarea", { required: true, maxLength: 10000, name: "answer" });
          form(box, "Answer", [labelled("Answer (begin with yes or no where it is asked whether something holds)", answer, true)],
            (said) => send("/answer", { id, answer: answer.value }, said));
        }),
      );
    } else {
      continue;
    }
    place(node).append(box);
  }

  const at = sessionStorage.getItem("at");
  if (at !== null) {
    sessionStorage.removeItem("at");
    window.scrollTo(0, Number(at));
  }
})();
