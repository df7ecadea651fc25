// The first page of the sandbox: shows its status, makes a picture by a job, and lists the last requests.
"use strict";

const byId = (id) => document.getElementById(id);
const form = byId("try");
let status = {};

function fill(id, rows) {
  byId(id).replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    for (const cell of cells) row.insertCell().textContent = cell;
    return row;
  }));
}

async function refresh() {
  status = await (await fetch("/sandbox/status")).json();
  byId("version").textContent = status.version;
  byId("chat").textContent = status.chat;
  byId("header").textContent = status.faults.header;
  byId("key-label").hidden = status.api_key !== null;
  byId("environment").textContent =
    `export CCAPI_BASE_URL=${status.base_url} CCAPI_API_KEY=${status.api_key ?? "your-key"}`;
  fill("models", status.models.map((model) => [model.id, model.type, model.name]));
  fill("faults", Object.entries(status.faults.kinds));
  fill("requests", status.requests.map((each) => [
    new Date(each.time * 1000).toLocaleTimeString(), `${each.method} ${each.path}`, each.status ?? "…",
    each.billed ? `$${each.billed.toFixed(4)}` : "", each.fault ?? "",
  ]));
  if (!form.model.options.length) {
    for (const model of status.models) if (model.type === "image") form.model.add(new Option(model.id));
  }
}

async function call(path, options = {}) {
  const key = status.api_key ?? form.key.value;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const response = await fetch(path, { ...options, headers });
  const document = await response.json();
  if (!response.ok) throw new Error(document.error.message);
  return document;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("picture").hidden = true;
  try {
    const body = { contents: [{ text: form.prompt.value }], model: form.model.value };
    let job = await call("/v1/images/generate", { method: "POST", body: JSON.stringify(body) });
    while (!["completed", "failed", "cancelled"].includes(job.status)) {
      byId("progress").textContent = `${job.id}: ${job.status}, ${job.estimated_time} s left`;
      await new Promise((resolve) => setTimeout(resolve, 300));
      job = await call(`/v1/images/jobs/${job.id}`);
    }
    byId("progress").textContent = `${job.id}: ${job.status}${job.error ? `: ${job.error.message}` : ""}`;
    if (job.data) {
      byId("picture").src = job.data[0].url;
      byId("picture").alt = form.prompt.value;
      byId("picture").hidden = false;
    }
  } catch (error) {
    byId("progress").textContent = error.message;
  }
  refresh();
});

refresh();
setInterval(refresh, 3000);
