// Asking the server: outdated requests are given up, recent answers kept so that going back is instant.

const KEPT_MS = 120_000;
const KEPT_ANSWERS = 40;
const kept = new Map();
let times = [];

/** Milliseconds that the quickest of the last three answers to a question took; 0 before the first. */
export const pace = () => (times.length ? Math.min(...times) : 0);

/** What went wrong: `status` 0 when no server answered; `hint` is the server's own advice. */
export class Problem extends Error {
  constructor(status, message = "", hint = "") {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/** JSON from the server. Raises Problem, or AbortError when `signal` gave it up. */
export async function ask(path, parameters = new URLSearchParams(), { signal, text } = {}) {
  const key = `${path}?${parameters}\n${text ?? ""}`;
  const found = kept.get(key);
  if (found && performance.now() - found.at < KEPT_MS) return found.body;
  const begun = performance.now();
  const body = await fetched(path, parameters, signal, text);
  if (path === "/api/search") times = [...times, performance.now() - begun].slice(-3);
  kept.set(key, { body, at: performance.now() });
  if (kept.size > KEPT_ANSWERS) kept.delete(kept.keys().next().value);
  return body;
}

/** Forget what was kept: to try again, or because the index has changed. */
export function forget() {
  kept.clear();
}

async function fetched(path, parameters, signal, text) {
  let response;
  try {
    response =
      text === undefined
        ? await fetch(`${path}?${parameters}`, { signal })
        : await fetch(path, {
            signal,
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ text, ...typed(parameters) }),
          });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0);
  }
  let body;
  try {
    body = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(response.status, response.statusText);
  }
  if (!response.ok) throw new Problem(response.status, body.error, body.hint);
  return body;
}

/** The same parameters as JSON values, for a body. */
function typed(parameters) {
  const values = {};
  for (const name of new Set(parameters.keys())) {
    if (name === "source" || name === "language") values[name] = parameters.getAll(name);
    else if (name === "k") values[name] = Number(parameters.get(name));
    else if (name === "all") values[name] = parameters.get(name) === "true";
    else values[name] = parameters.get(name);
  }
  return values;
}
