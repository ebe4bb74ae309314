"use strict";
// The page: which topic colours the quotes, what stands beside a quote, the list, the downloads, the service's form.
// Texts come cut and escaped from the program; nothing here counts offsets.
const SIGNS = { support: "+", oppose: "−", neutral: "○", mixed: "±", unsure: "?", off: "·" };
const WIDEST = 16000;  // pixels of a canvas that browsers draw
let results = JSON.parse(document.getElementById("data").textContent);
const $ = selector => document.querySelector(selector);
const $$ = selector => [...document.querySelectorAll(selector)];

// ---- the topic that colours the quotes

function listAspects() {
  const keys = new Set($$("mark").flatMap(mark => Object.keys(JSON.parse(mark.dataset.sides))));
  const box = $("#aspects");
  const chosen = box.querySelector(":checked")?.value ?? "all";
  box.querySelectorAll("label").forEach(label => label.remove());
  for (const key of keys) {
    const label = document.createElement("label");
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: "aspect", value: key, checked: key === chosen });
    const name = document.createElement("bdi");
    name.textContent = key.replace(/^(topic|target):/, "");
    label.append(radio, name);
    box.append(label);
  }
  if (keys.size && !box.querySelector(":checked")) box.querySelector("input").checked = true;
  $("#tools").hidden = !results.length;
  colour();
}

function colour() {
  const key = $("#aspects :checked")?.value ?? "all";
  for (const element of $$("[data-sides]")) {
    const side = JSON.parse(element.dataset.sides)[key] ?? "off";
    element.dataset.stance = side;
    element.querySelector(".sign").textContent = SIGNS[side];
  }
}

// ---- what stands beside a quote: with the pointer, by keyboard, by tap

const tip = $("#tip");
let pinned = null, leaving = 0;

function show(element) {
  clearTimeout(leaving);
  const quote = element.dataset.quote;
  tip.replaceChildren(...document.getElementById(quote).cloneNode(true).childNodes);
  tip.hidden = false;
  $$(".near").forEach(other => other.classList.remove("near"));
  $$("[data-quote]").filter(other => other.dataset.quote === quote).forEach(other => other.classList.add("near"));
  const box = [...element.getClientRects()].at(-1), room = document.documentElement.clientWidth - tip.offsetWidth - 12;
  const below = box.bottom + tip.offsetHeight + 8 < innerHeight;
  tip.style.left = `${Math.max(12, Math.min(box.left, room)) + scrollX}px`;
  tip.style.top = `${(below ? box.bottom + 6 : box.top - tip.offsetHeight - 6) + scrollY}px`;
}

function hide() {
  tip.hidden = true;
  pinned = null;
  $$(".near").forEach(element => element.classList.remove("near"));
}

const marked = event => event.target.closest?.("[data-quote]");
document.addEventListener("pointerover", event => {
  if (event.pointerType !== "mouse" || pinned) return;
  if (marked(event)) show(marked(event));
  else if (event.target.closest("#tip")) clearTimeout(leaving);
  else if (!tip.hidden) { clearTimeout(leaving); leaving = setTimeout(hide, 250); }
});
document.addEventListener("focusin", event => marked(event) ? show(marked(event)) : hide());
document.addEventListener("click", event => {
  const element = marked(event);
  if (!element) { if (!event.target.closest("#tip")) hide(); return; }
  if (pinned === element) { hide(); return; }
  show(element);
  pinned = element;
});
document.addEventListener("keydown", event => { if (event.key === "Escape") hide(); });

// ---- the list of a folder

const filters = $("#filters");
const items = $$("#list li");

function stands(result) {
  const voices = [["@outlet", result.topics, "article"], ...result.quotes.map((quote, number) =>
    [quote.speaker?.entity ?? quote.speaker?.text ?? "@nobody", quote.topics, number])];
  return voices.flatMap(([speaker, topics, unit]) => [
    ...Object.entries(topics).filter(([, topic]) => topic.on && !topic.abstained)
      .map(([name, topic]) => ({ speaker, key: `topic:${name}`, side: topic.stance })),
    ...result.targets.filter(answer => answer.unit === unit && answer.stance !== "unrelated")
      .map(answer => ({ speaker, key: `target:${answer.target}`, side: answer.stance })),
  ]);
}

function browse() {
  const want = Object.fromEntries(new FormData(filters));
  let count = 0;
  items.forEach((item, number) => {
    const result = results[number];
    const fits = (!want.lang || item.dataset.lang === want.lang)
      && (!(want.key || want.side || want.speaker) || stands(result).some(stand =>
        (!want.key || stand.key === want.key) && (!want.side || stand.side === want.side)
        && (!want.speaker || stand.speaker === want.speaker)));
    item.hidden = !fits;
    count += fits;
  });
  $("#count").textContent = `${count.toLocaleString("en")} of ${items.length.toLocaleString("en")} articles`;
  const shown = items.find(item => !item.hidden && item.querySelector("[aria-current]")) ?? items.find(item => !item.hidden);
  open(shown?.querySelector("a"));
}

function open(link) {
  hide();
  items.forEach(item => item.querySelector("a").removeAttribute("aria-current"));
  link?.setAttribute("aria-current", "true");
  $$(".story").forEach(story => { story.hidden = `#${story.id}` !== link?.getAttribute("href"); });
}

if (filters) {
  filters.addEventListener("input", browse);
  addEventListener("hashchange", () => {
    const link = items.map(item => item.querySelector("a")).find(other => other.getAttribute("href") === location.hash);
    if (link) open(link);
  });
  items.find(item => item.querySelector("a").getAttribute("href") === location.hash)?.querySelector("a").setAttribute("aria-current", "true");
  browse();
}

// ---- downloads, all made here

function save(name, blob) {
  const link = Object.assign(document.createElement("a"), { download: name, href: URL.createObjectURL(blob) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function rows(result) {
  const units = [["article", result.topics, null], ...result.quotes.map((quote, number) => [number, quote.topics, quote])];
  return units.map(([unit, topics, quote]) => {
    const row = { id: result.id, lang: result.lang, unit, start: quote?.spans[0][0], end: quote?.spans.at(-1)[1],
      text: quote?.text, speaker: quote?.speaker?.text };
    for (const [name, topic] of Object.entries(topics)) {
      row[`${name}_on`] = topic.on ? "True" : "False";
      row[`${name}_probability`] = topic.probability;
      row[`${name}_stance`] = topic.on ? topic.stance : "";
      row[`${name}_stance_probability`] = topic.on ? topic.stances[topic.stance] : "";
      row[`${name}_abstained`] = topic.abstained ?? "";
    }
    for (const answer of result.targets.filter(other => other.unit === unit)) {
      row[`target:${answer.target}`] = answer.stance;
      row[`target:${answer.target}:relevance`] = answer.relevance;
      row[`target:${answer.target}:stance_probability`] = answer.stances[answer.stance] ?? "";
    }
    return row;
  });
}

// The columns of `stancewire label --format csv`.
function csv() {
  const cell = value => /[",\n\r]/.test(value ?? "") ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? "");
  const all = results.flatMap(rows);
  const names = [...new Set(all.flatMap(Object.keys))];
  return [names, ...all.map(row => names.map(name => row[name]))].map(line => line.map(cell).join(",")).join("\n") + "\n";
}

// An element as a picture: the browser draws a copy of it, with the page's style, through SVG.
async function picture(element) {
  const width = Math.ceil(Math.max(element.scrollWidth, element.offsetWidth)) + 32, height = element.scrollHeight + 32;
  const scale = Math.min(2, WIDEST / width, WIDEST / height);
  const box = document.createElement("div");
  box.style.cssText = `width:${width}px;height:${height}px;padding:16px;background:${getComputedStyle(document.body).backgroundColor};`
    + "color:var(--ink);font:16px/1.5 system-ui,sans-serif";
  box.append($("#style").cloneNode(true), element.cloneNode(true));
  const inside = new XMLSerializer().serializeToString(box);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width * scale}" height="${height * scale}" `
    + `viewBox="0 0 ${width} ${height}"><foreignObject width="${width}" height="${height}">${inside}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * scale, height: height * scale });
  canvas.getContext("2d").drawImage(image, 0, 0);
  return new Promise(done => canvas.toBlob(done, "image/png"));
}

document.addEventListener("click", async event => {
  const { save: form, png, name } = event.target.dataset ?? {};
  if (form === "json") save("stancewire.json", new Blob([JSON.stringify(results, null, 1)], { type: "application/json" }));
  if (form === "csv") save("stancewire.csv", new Blob([csv()], { type: "text/csv" }));
  if (png && $(png)) save(`stancewire-${name}.png`, await picture($(png)));
});

$("#aspects").addEventListener("change", colour);
listAspects();

// ---- the service's form

const ask = $("#ask");

function read(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  page.querySelectorAll("script, style, noscript, nav, aside, footer, form, figure, template").forEach(element => element.remove());
  const body = page.querySelector("article") ?? page.querySelector("main") ?? page.body;
  const blocks = [...body.querySelectorAll("h1, h2, h3, p, li, blockquote")].filter(block => !block.querySelector("p, li"));
  const lines = (blocks.length ? blocks : [body]).map(block => block.textContent.trim().replace(/\s+/g, " "));
  return { text: lines.filter(Boolean).join("\n\n"), lang: page.documentElement.lang };
}

async function take(file) {
  const content = await file.text();
  const isHtml = /html/.test(file.type) || /\.html?$/i.test(file.name);
  const { text, lang } = isHtml ? read(content) : { text: content, lang: "" };
  ask.elements.text.value = text;
  if (lang) ask.elements.lang.value = lang;
}

async function label() {
  const { text, lang, token, targets } = Object.fromEntries(new FormData(ask));
  const article = { text: text.replaceAll("\r\n", "\n"), ...lang.trim() && { lang: lang.trim() } };
  const asked = [...new Set(targets.split("\n").map(target => target.trim()).filter(Boolean))];
  const response = await fetch("/v1/label", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...token && { Authorization: `Bearer ${token}` } },
    body: JSON.stringify({ articles: [article], targets: asked, html: true }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `the service answered ${response.status}`);
  results = answer.results;
  const made = document.createElement("template");
  made.innerHTML = answer.html.join("\n");  // escaped by the program; the policy runs no script of it
  $("#stories").replaceChildren(made.content);
  listAspects();
}

if (ask) {
  const say = text => { $("#status").textContent = text; };
  ask.addEventListener("submit", async event => {
    event.preventDefault();
    const button = ask.querySelector("[type=submit]");
    button.disabled = true;
    say("Labelling …");
    try { await label(); say("Done: the article is below."); $("#tools").scrollIntoView({ block: "start" }); }
    catch (error) { say(`Not labelled: ${error.message}`); }
    finally { button.disabled = false; }
  });
  ask.elements.file.addEventListener("change", event => event.target.files[0] && take(event.target.files[0]));
  ask.addEventListener("dragover", event => { event.preventDefault(); ask.classList.add("over"); });
  ask.addEventListener("dragleave", () => ask.classList.remove("over"));
  ask.addEventListener("drop", event => {
    ask.classList.remove("over");
    const file = event.dataTransfer.files[0];
    if (file) { event.preventDefault(); take(file); }
  });
}
