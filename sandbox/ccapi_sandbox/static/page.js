// The first page of the sandbox: shows its status and the newest requests, and tries chat, speech and pictures.
"use strict";

const byId = (id) => document.getElementById(id);
let status = {};

function fill(id, rows) {
  byId(id).replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    for (const cell of cells) row.insertCell().textContent = cell;
    return row;
  }));
}

function choose(select, values) {
  if (!select.options.length) for (const value of values) select.add(new Option(value));
}

async function refresh() {
  status = await (await fetch("/sandbox/status")).json();
  byId("version").textContent = status.version;
  byId("chat").textContent = status.chat;
  byId("header").textContent = status.faults.header;
  byId("key-label").hidden = status.api_key !== null;
  byId("environment").textContent =
    `export CCAPI_BASE_URL=${status.base_url}\nexport CCAPI_API_KEY=${status.api_key ?? "your-key"}\n`;
  fill("models", status.models.map((model) => [model.id, model.type, model.name]));
  fill("faults", Object.entries(status.faults.kinds));
  fill("requests", status.requests.map((each) => [
    new Date(each.time * 1000).toTimeString().slice(0, 8), `${each.method} ${each.path}`, each.status ?? "…",
    each.billed ? `$${each.billed.toFixed(4)}` : "", each.fault ?? "",
  ]));
  byId("no-requests").hidden = status.requests.length > 0;
  byId("requests").parentElement.hidden = status.requests.length === 0;
  for (const [name, type] of [["chat", "chat"], ["speech", "audio"], ["picture", "image"]]) {
    const models = status.models.filter((model) => model.type === type);
    choose(byId(`${name}-form`).model, models.map((model) => model.id));
  }
  choose(byId("speech-form").voice, status.voices);
}

async function call(path, body) {
  const headers = { authorization: `Bearer ${status.api_key ?? byId("key").value}` };
  if (body) headers["content-type"] = "application/json";
  const response = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  if (response.ok) return response;
  const error = await response.json().catch(() => null);
  throw new Error(error?.error?.message ?? `The status is ${response.status}.`);
}

async function chat(form, tell) {
  const body = { model: form.model.value, messages: [{ role: "user", content: form.text.value }], stream: true };
  const response = await call("/v1/chat/completions", body);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  byId("answer").textContent = "";
  byId("answer").hidden = false;
  for (let rest = "", read; !(read = await reader.read()).done;) {
    const events = (rest + read.value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.replace(/^data: /, "");
      if (data === "[DONE]") return tell("Done.");
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Error(chunk.error.message);
      byId("answer").textContent += chunk.choices[0]?.delta.content ?? "";
    }
  }
  throw new Error("The stream broke off.");
}

async function speech(form, tell) {
  const body = { model: form.model.value, voice: form.voice.value, input: form.text.value, response_format: "url" };
  byId("sound").src = (await (await call("/v1/audio/speech", body)).json()).url;
  byId("sound").hidden = false;
  tell("Done.");
  await byId("sound").play().catch(() => {}); // a browser may only play what is clicked; there are the controls
}

async function picture(form, tell) {
  const body = { model: form.model.value, contents: [{ text: form.text.value }] };
  let job = await (await call("/v1/images/generate", body)).json();
  while (!["completed", "failed", "cancelled"].includes(job.status)) {
    tell(`${job.id}: ${job.status}, ${job.estimated_time} s left`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    job = await (await call(`/v1/images/jobs/${job.id}`)).json();
  }
  tell(`${job.id}: ${job.status}${job.error ? `: ${job.error.message}` : ""}`);
  if (!job.data) return;
  byId("picture").src = job.data[0].url;
  byId("picture").alt = form.text.value;
  byId("picture").hidden = false;
}

for (const [name, run] of Object.entries({ chat, speech, picture })) {
  const form = byId(`${name}-form`);
  const tell = (text) => { form.querySelector(".progress").textContent = text; };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    form.querySelector(".result").hidden = true;
    tell("…");
    await run(form, tell).catch((error) => tell(error.message));
    button.disabled = false;
    refresh();
  });
}

byId("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(byId("environment").textContent);
    byId("copy").textContent = "Copied";
  } catch { // only pages of this machine, or of https, may write to the clipboard
    getSelection().selectAllChildren(byId("environment"));
    byId("copy").textContent = "Selected";
  }
  setTimeout(() => { byId("copy").textContent = "Copy"; }, 2000);
});

refresh();
setInterval(refresh, 3000);
