// Requests to the server that this page comes from, and what to say where one fails.

const KEY = "emovere.token";

/** What went wrong, in words for people. status: of HTTP; 0 where the server did not answer. */
export class Problem extends Error {
  constructor(title, detail, status = 0) {
    super(detail);
    this.title = title;
    this.detail = detail;
    this.status = status;
  }
}

export const gone = () =>
  new Problem("The server does not answer", "It may have been stopped. Start it again with “emovere serve”; this page goes on by itself.");

export const token = () => sessionStorage.getItem(KEY);
export const keepToken = (text) => sessionStorage.setItem(KEY, text.trim());

/** Takes a token out of the address, so that it is not seen there nor kept among the places visited. */
export function takeToken() {
  const found = /^#token=([^&]+)/.exec(location.hash);
  if (!found) return;
  keepToken(decodeURIComponent(found[1]));
  history.replaceState(null, "", `${location.pathname}${location.search}`);
}

export function headers(more = {}) {
  return token() ? { Authorization: `Bearer ${token()}`, ...more } : more;
}

/** The problem that a response holds. */
export function problemOf(status, text, retryAfter = null) {
  let said = {};
  try {
    said = JSON.parse(text) ?? {};
  } catch {
    // not every proxy speaks JSON
  }
  const title = String(said.title || (status === 401 ? "The token is missing or wrong" : `The server answered ${status}`));
  const detail = String(said.detail || "There is no further word from it.");
  return new Problem(title, retryAfter ? `${detail} Try again in ${retryAfter} s.` : detail, status);
}

/** A response, or a Problem. json: sent as the body. Tells `emovere:gone` where nobody answers. */
export async function request(path, { json, headers: more, ...options } = {}) {
  const extra = json === undefined ? more : { "Content-Type": "application/json", ...more };
  const body = json === undefined ? options.body : JSON.stringify(json);
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options, body, headers: headers(extra) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    dispatchEvent(new CustomEvent("emovere:gone"));
    throw gone();
  }
  if (response.ok) return response;
  throw problemOf(response.status, await response.text(), response.headers.get("Retry-After"));
}

export const get = async (path, options) => (await request(path, options)).json();

/** A query out of what is given; what is empty is left out. */
export function query(parts) {
  const kept = Object.entries(parts).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}

/** Saves a response as a file of this name. */
export async function save(response, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** Sends a file with progress, which fetch() cannot tell. Gives the response's JSON, or a Problem. */
export function upload(path, file, { onprogress, signal }) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", path);
    for (const [name, value] of Object.entries(headers())) sending.setRequestHeader(name, value);
    sending.setRequestHeader("Content-Type", "application/octet-stream");
    sending.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    sending.onload = () => {
      if (sending.status < 300) resolve(JSON.parse(sending.responseText));
      else reject(problemOf(sending.status, sending.responseText, sending.getResponseHeader("Retry-After")));
    };
    sending.onerror = () => reject(gone());
    sending.onabort = () => reject(new DOMException("stopped", "AbortError"));
    signal.addEventListener("abort", () => sending.abort());
    sending.send(file);
  });
}

/** Server-sent events over fetch(), which can carry the token: yields {event, data} until the stream ends. */
export async function* events(path, options) {
  const reader = (await request(path, options)).body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (waiting + value).split(/\r?\n\r?\n/);
      waiting = blocks.pop();
      for (const block of blocks) {
        const fields = block.split(/\r?\n/).map((line) => /^(\w+): ?(.*)$/.exec(line)).filter(Boolean);
        const data = fields.filter((field) => field[1] === "data").map((field) => field[2]).join("\n");
        if (data) yield { event: fields.find((field) => field[1] === "event")?.[2] ?? "message", data: JSON.parse(data) };
      }
    }
  } finally {
    reader.cancel().catch(() => null);
  }
}
