// What a program in TypeScript does with the contract: the types are openapi-typescript's, the calls are openapi-fetch's
// and, where the path is built and a stream is read by hand, plain fetch.
// Arguments: the picture to write, then the test vectors that there are (sse.json, requests.json).

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import createClient from "openapi-fetch";
import type { components, operations, paths } from "./schema.js";
import { type Event, events } from "./sse.ts";

type Schemas = components["schemas"];
type Operation = keyof typeof ROUTES;
type Parameters = Record<string, string | number>;

// `satisfies`: a route for each operation of the contract, and for nothing else.
const ROUTES = {
  createChatCompletion: ["POST", "/chat/completions"],
  createSpeech: ["POST", "/audio/speech"],
  createImage: ["POST", "/images/generations"],
  generateImages: ["POST", "/images/generate"],
  getImageJob: ["GET", "/images/jobs/{id}"],
  generateVideo: ["POST", "/video/generations"],
  getVideoJob: ["GET", "/video/generations/{task_id}"],
  listModels: ["GET", "/models"],
  getModel: ["GET", "/models/{id}"],
  listProviders: ["GET", "/providers"],
  getProvider: ["GET", "/providers/{name}"],
} as const satisfies Record<keyof operations, readonly [string, string]>;

const base = process.env.CCAPI_BASE_URL ?? "";
const key = process.env.CCAPI_API_KEY ?? "";
const client = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${key}` } });

function build(operation: Operation, parameters: Parameters, body: unknown) {
  const [method, template] = ROUTES[operation];
  const left = { ...parameters };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = encodeURIComponent(String(left[name]));
    delete left[name];
    return value;
  });
  const query = new URLSearchParams(Object.entries(left).map(([name, value]) => [name, String(value)])).toString();
  return { method, path: query ? `${path}?${query}` : path, body: body ?? null };
}

async function send(operation: Operation, parameters: Parameters, body?: unknown): Promise<Response> {
  const request = build(operation, parameters, body);
  const answer = await fetch(base + request.path, {
    method: request.method,
    headers: { Authorization: `Bearer ${key}`, ...(request.body && { "Content-Type": "application/json" }) },
    ...(request.body ? { body: JSON.stringify(request.body) } : {}),
  });
  if (!answer.ok) {
    const { error } = (await answer.json()) as Schemas["ErrorResponse"];
    throw new Error(`${answer.status}: ${error.message}`);
  }
  return answer;
}

async function paint(path: string): Promise<void> {
  const body: Schemas["MultimodalImageGenerationRequest"] = {
    model: "imaginepro/nano-banana",
    contents: [{ text: "a lighthouse in a storm" }],
  };
  const submitted = await send("generateImages", {}, body);
  assert.equal(submitted.status, 202);
  let job = (await submitted.json()) as Schemas["MultimodalImageGenerationResponse"];
  for (let question = 0; question < 100 && job.status !== "completed"; question++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    job = (await (await send("getImageJob", { id: job.id })).json()) as typeof job;
  }
  const url = job.data?.[0]?.url;
  assert.ok(url, `the job is ${job.status}`);
  const picture = Buffer.from(await (await fetch(url)).arrayBuffer());
  assert.equal(picture.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  await writeFile(path, picture);
}

async function film(): Promise<void> {
  const { data: task, error } = await client.POST("/video/generations", {
    body: { prompt: "a lighthouse in a storm", duration: 1 },
  });
  if (error) throw new Error(error.error.message);
  const params = { path: { task_id: task.task_id } };
  let { data: job } = await client.GET("/video/generations/{task_id}", { params });
  for (let question = 0; question < 100 && job?.status !== "completed"; question++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    ({ data: job } = await client.GET("/video/generations/{task_id}", { params }));
  }
  assert.ok(job?.metadata?.url, `the video is ${job?.status}`);
  assert.equal(job.progress, 100);
  const video = Buffer.from(await (await fetch(job.metadata.url)).arrayBuffer());
  assert.equal(video.subarray(4, 8).toString("latin1"), "ftyp");
}

async function chat(): Promise<void> {
  const body: Schemas["ChatCompletionRequest"] = {
    model: "openai/gpt-4o-mini",
    messages: [
      { role: "user", content: "Name a river." },
      { role: "user", content: [{ type: "text", text: "And a lake." }] },
    ],
  };
  const { data, error } = await client.POST("/chat/completions", { body });
  if (error) throw new Error(error.error.message);
  console.log(data.choices[0].message.content);
}

async function talk(): Promise<void> {
  const body: Schemas["ChatCompletionRequest"] = {
    model: "sandbox/babble",
    messages: [{ role: "user", content: [{ type: "text", text: "Why is the sky blue?" }] }],
    stream: true,
  };
  const answer = await send("createChatCompletion", {}, body);
  assert.ok(answer.body);
  let [text, done] = ["", false];
  for await (const { data } of events(answer.body)) {
    done = data === "[DONE]";
    if (!done) text += (JSON.parse(data) as Schemas["ChatCompletionChunk"]).choices[0]?.delta.content ?? "";
  }
  assert.ok(text && done);
}

async function speak(): Promise<void> {
  const body: Schemas["AudioSpeechRequest"] = {
    model: "elevenlabs/eleven_turbo_v2",
    input: "Good morning.",
    output_format: "wav",
    response_format: "b64_json",
  };
  const speech = (await (await send("createSpeech", {}, body)).json()) as Schemas["AudioSpeechResponse"];
  assert.equal(Buffer.from(speech.b64_json ?? "", "base64").subarray(0, 4).toString("latin1"), "RIFF");
}

type SseVector = { name: string; stream?: string; base64?: string; events: Event[] };
type RequestVector = {
  name: string;
  operation: Operation;
  parameters: Parameters;
  body: unknown;
  request: { method: string; path: string; body: unknown };
};

async function decodeAll(vectors: SseVector[]): Promise<void> {
  for (const { name, stream, base64, events: expected } of vectors) {
    const bytes = base64 === undefined ? Buffer.from(stream ?? "") : Buffer.from(base64, "base64");
    for (const size of [bytes.length || 1, 1]) {
      const pieces = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      const found: Event[] = [];
      for await (const event of events(pieces())) found.push(event);
      assert.deepEqual(found, expected, `${name}, ${size} bytes at a time`);
    }
  }
}

function buildAll(vectors: RequestVector[]): void {
  for (const { name, operation, parameters, body, request } of vectors) {
    assert.deepEqual(build(operation, parameters, body), request, name);
  }
}

const [picture = "", ...vectors] = process.argv.slice(2);
const { data: models } = await client.GET("/models");
console.log(models?.data.length, "models");
await chat();
await paint(picture);
await film();
await talk();
await speak();
for (const path of vectors) {
  const list: unknown = JSON.parse(await readFile(path, "utf-8"));
  if (basename(path) === "sse.json") await decodeAll(list as SseVector[]);
  else buildAll(list as RequestVector[]);
  console.log((list as unknown[]).length, "vectors of", basename(path));
}
