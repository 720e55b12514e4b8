// The keyboard: a hit is the one that has the focus, so that a screen reader follows and Enter is the browser's own.

const HELD = ["ctrlKey", "metaKey", "altKey"];

/** Listen to keys. `help` is the dialog, `question` the field, `back()` leaves what was opened from hits. */
export function listen({ help, question, back }) {
  const openers = () => [...document.querySelectorAll(".hit .to-article")];
  const current = () => document.activeElement?.closest?.(".hit");

  function move(by) {
    const all = openers();
    if (!all.length) return;
    const at = all.indexOf(current()?.querySelector(".to-article"));
    if (at === 0 && by < 0) {
      question.focus();
      return;
    }
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    next.focus({ preventScroll: true });
    next.closest(".hit").scrollIntoView({ block: "nearest" });
  }

  const press = (selector) => (current() || document.querySelector(".story"))?.querySelector(selector)?.click();

  function toQuestion() {
    question.focus();
    question.select();
  }

  const actions = {
    "/": toQuestion,
    "?": () => help.showModal(),
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    o: () => press(".to-original"),
    r: () => press(".to-related"),
    c: () => press("[data-format=text]"),
    Escape: () => (current() ? toQuestion() : back()),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || help.open || HELD.some((key) => event[key])) return;
    const { target, key } = event;
    if (target === question) {
      if (key === "ArrowDown" && openers().length) move(1);
      else if (key === "Escape" && !question.value) question.blur();
      else return;
    } else if (target.matches("input, textarea, select, [contenteditable]")) {
      if (key !== "Escape") return;
      target.blur();
    } else if (Object.hasOwn(actions, key)) {
      // Arrows scroll the article and the page as everywhere; among hits they move from hit to hit.
      if (key.startsWith("Arrow") && !current()) return;
      actions[key]();
    } else return;
    event.preventDefault();
  });
}
