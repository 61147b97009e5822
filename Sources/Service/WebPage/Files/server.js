// Requests to the server that the page came from. A key is asked for when the server does, and stays in this module's memory.

let key = null;
let asking = null;
let tell = () => {};

/** Who is told of problems that nobody else shows. */
export function onProblem(listener) { tell = listener; }

/** Tells of a problem, or with null that there is none any more. */
export function say(problem) { tell(problem); }

/**
 * The answer to a request, whatever its status; after 401 once more, with the key that was asked for.
 * `body` is sent as JSON; a string goes as it is.
 */
export async function send(path, { method = "GET", body, signal, accept = "*/*", quiet = false } = {}) {
  const attempt = () => {
    const headers = { Accept: accept };
    if (key !== null) headers.Authorization = "Bearer " + key;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    return fetch(path, {
      method, headers, signal, body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      cache: "no-store", credentials: "omit", redirect: "error",
    });
  };
  let answer = await reached(attempt);
  while (answer.status === 401 && !quiet && await askForKey(key !== null)) answer = await reached(attempt);
  return answer;
}

async function reached(attempt) {
  try {
    return await attempt();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw { title: "The server does not answer", detail: "It may have stopped, or the network is away." };
  }
}

/** The JSON of an answer; throws the problem where there is one. */
export async function ask(path, options) {
  const answer = await send(path, options);
  if (!answer.ok) throw await problemOf(answer);
  return answer.json();
}

/** The text of an answer; throws the problem where there is one. */
export async function text(path, options) {
  const answer = await send(path, options);
  if (!answer.ok) throw await problemOf(answer);
  return answer.text();
}

async function problemOf(answer) {
  let problem = { title: `The server answered ${answer.status}` };
  try { problem = { ...problem, ...await answer.json() }; } catch { /* Not JSON: the status says it. */ }
  const again = answer.headers.get("Retry-After");
  return again === null ? problem : { ...problem, again };
}

/** Asks for a key, once however many requests wait for it. False where none was given. */
function askForKey(wasWrong) {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("key");
    const field = document.getElementById("key-value");
    document.getElementById("key-title").textContent =
      wasWrong ? "The server does not know this key" : "This server asks for a key";
    field.value = "";
    const end = (given) => {
      if (asking === null) return;
      asking = null;
      dialog.close();
      resolve(given);
    };
    document.getElementById("key-form").onsubmit = (event) => {
      event.preventDefault();
      key = field.value.trim();
      field.value = "";
      end(true);
    };
    document.getElementById("key-cancel").onclick = () => end(false);
    dialog.onclose = () => end(false);
    dialog.showModal();
  });
  return asking;
}

let known = null;

/** What the server says of itself; asked once, and again where it could not be. */
export function info() {
  known ??= ask("/info").catch((problem) => {
    known = null;
    throw problem;
  });
  return known;
}
