"use strict";
// The error browser: filters over the examples that the page holds; nothing is fetched.
const { articles, examples } = JSON.parse(document.getElementById("data").textContent);
const PER_PAGE = 20;
const form = document.getElementById("filters");
const list = document.getElementById("examples");
const more = document.getElementById("more");
let shown = PER_PAGE;

function fill(name, values) {
  const select = form.elements[name];
  for (const value of [...new Set(values)].filter(Boolean).sort()) select.add(new Option(value, value));
}

function matches(example) {
  const want = name => form.elements[name].value;
  const article = articles[example.article];
  const words = want("words").trim().toLowerCase();
  return (want("show") === "all" || !example.right)
    && (!want("lang") || article.lang === want("lang"))
    && (!want("kind") || example.kind === want("kind"))
    && (!want("target") || example.target === want("target"))
    && (!want("gold") || example.gold === want("gold"))
    && (!want("said") || example.said === want("said"))
    && example.confidence >= Number(want("least")) && example.confidence <= Number(want("most"))
    && (!words || `${article.title}\n${article.text}`.toLowerCase().includes(words));
}

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function marked(article, spans) {
  // Offsets count code points, JavaScript's count UTF-16 units.
  const points = Array.from(article.text);
  const box = element("div", undefined, "text");
  box.lang = article.lang; box.dir = "auto"; box.tabIndex = 0;
  let at = 0;
  for (const [start, end] of spans) {
    box.append(points.slice(at, start).join(""), element("mark", points.slice(start, end).join("")));
    at = end;
  }
  box.append(points.slice(at).join(""));
  return box;
}

function card(example) {
  const article = articles[example.article];
  const made = element("article");
  const head = element("header");
  const title = element("strong", article.title || article.id);
  title.lang = article.lang; title.dir = "auto";
  head.append(title, element("span", [article.id, article.lang, article.outlet, article.date].filter(Boolean).join(" · "), "soft"));
  const labels = element("p");
  const probabilities = example.stances
    ? ` · on ${example.probability.toFixed(2)} · ` + Object.entries(example.stances).map(([n, p]) => `${n} ${p.toFixed(2)}`).join(", ")
    : ` · on ${example.probability.toFixed(2)}`;
  labels.append(
    element("strong", `${example.kind}, ${example.target}: `),
    element("span", `gold ${example.gold}`, "chip"), " ",
    element("span", `said ${example.said}`, `chip ${example.right ? "right" : "wrong"}`),
    element("span", probabilities, "soft"));
  if (example.speaker) labels.append(element("span", ` · speaker ${example.speaker}`, "soft"));
  made.append(head, labels, marked(article, example.spans));
  return made;
}

function render() {
  const found = examples.filter(matches);
  document.getElementById("count").textContent = `${found.length.toLocaleString("en")} of ${examples.length.toLocaleString("en")} examples`;
  list.replaceChildren(...found.slice(0, shown).map(card));
  more.hidden = found.length <= shown;
  for (const box of list.querySelectorAll(".text")) {
    const mark = box.querySelector("mark");
    if (mark) box.scrollTop = Math.max(0, mark.offsetTop - 40);
  }
}

fill("lang", articles.map(article => article.lang));
for (const name of ["kind", "target", "gold", "said"]) fill(name, examples.map(example => example[name]));
form.addEventListener("input", () => { shown = PER_PAGE; render(); });
form.addEventListener("submit", event => event.preventDefault());
more.addEventListener("click", () => { shown += PER_PAGE; render(); });
render();
