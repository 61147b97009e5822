// The page: which of the three views is shown, and what they share.
import { element } from "./elements.js";
import { info, onProblem } from "./server.js";
import * as weights from "./weights.js";
import * as status from "./status.js";
import * as docs from "./docs.js";

const views = {
  weights: { path: "/", title: "remit", show: weights.show, hide: () => {} },
  status: { path: "/status", title: "Status · remit", show: status.show, hide: status.hide },
  docs: { path: "/docs", title: "API · remit", show: docs.show, hide: () => {} },
};

/** Says what went wrong, in the words of the server's problem; null takes it away. */
function sayProblem(problem) {
  const box = document.getElementById("problem");
  box.hidden = problem === null;
  if (problem === null) return box.replaceChildren();
  box.replaceChildren(
    element("strong", {}, problem.title + ". "), element("span", {}, problem.detail ?? ""),
    problem.again ? element("span", { class: "quiet" }, ` Try again in ${problem.again} s.`) : "",
    problem.instance ? element("span", { class: "quiet" }, " Request ", element("code", {}, problem.instance)) : "");
  box.scrollIntoView({ block: "nearest" });
}

function viewOf(path) {
  return Object.keys(views).find((name) => views[name].path === path) ?? "weights";
}

let current = null;

async function show(name) {
  if (current !== null && current !== name) views[current].hide();
  current = name;
  sayProblem(null);
  document.title = views[name].title;
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== name;
  for (const link of document.querySelectorAll("nav [data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    const served = await info();
    document.getElementById("served").textContent = `${served.model} · ${served.precision} · version ${served.version}`;
    await views[name].show(served);
  } catch (problem) {
    sayProblem(problem);
    // Models that are being loaded are ready later.
    if (problem.status === 503 && problem.again) setTimeout(() => { if (current === name) show(name); }, 1000 * problem.again);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-view]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const view = views[link.dataset.view];
  if (location.pathname !== view.path) history.pushState(null, "", view.path);
  show(link.dataset.view);
  document.getElementById("main").focus({ preventScroll: true });
});
addEventListener("popstate", () => {
  if (views[current].path !== location.pathname) show(viewOf(location.pathname));
});

onProblem(sayProblem);
show(viewOf(location.pathname));
