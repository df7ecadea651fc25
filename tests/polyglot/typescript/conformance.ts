// The conformance kit's program in TypeScript: openapi-typescript's types, openapi-fetch's calls, and what `careful.ts`
// adds to them. With arguments, it runs the shared test vectors of those names instead.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import createClient from "openapi-fetch";
import { carefulFetch, decide, ended, POLLS, RETRIES, retryAfter, StreamError, texts } from "./careful.ts";
import type { Job, Poll, Reason } from "./careful.ts";
import type { components, paths } from "./schema.js";
import { events } from "./sse.ts";

type ImageJob = components["schemas"]["MultimodalImageGenerationResponse"];

class Failed extends Error {
  reported: Record<string, unknown>;

  constructor(status: number | null, reason: Reason = {}) {
    super(reason.message ?? `status ${status}`);
    const { code = null, message = null, details = null } = reason;
    this.reported = { status, code, message, details };
  }
}

const key = process.env.CCAPI_API_KEY ?? "";
const client = createClient<paths>({
  baseUrl: process.env.CCAPI_BASE_URL ?? "",
  headers: { Authorization: `Bearer ${key}` },
  fetch: carefulFetch,
});

function taken<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (data !== undefined) return data;
  throw new Failed(response.status, (error as { error?: Reason } | undefined)?.error);
}

async function image() {
  return { url: taken(await client.POST("/images/generations", { body: { prompt: "a fox" } })).data[0]?.url };
}

async function job(): Promise<ImageJob> {
  const submitted = await client.POST("/images/generate", { body: { contents: [{ text: "a fox" }] } });
  const first: ImageJob = taken(submitted);
  const params = { path: { id: first.id } };
  const poll = async (): Promise<Poll<ImageJob>> => {
    // One request for each poll: `ended` decides when the next one is due.
    const { data, response } = await client.GET("/images/jobs/{id}", { params, fetch: (request) => fetch(request) });
    return { status: response.status, retryAfter: retryAfter(response.headers), ...(data && { job: data }) };
  };
  const { response } = submitted;
  const last = await ended({ status: 202, job: first, retryAfter: retryAfter(response.headers) }, poll);
  if (!last.job) throw new Failed(last.status);
  if (last.job.status !== "completed") throw new Failed(null, { message: `the job is ${last.job.status}` });
  return last.job;
}

async function file() {
  const { data, status } = await job();
  const answer = await fetch(data?.[0]?.url ?? ""); // without the key: it is for the API's own origin
  if (!answer.ok) throw new Failed(answer.status);
  await writeFile(process.env.CCAPI_FILE ?? "", Buffer.from(await answer.arrayBuffer()));
  return { status };
}

async function stream() {
  const messages = [{ role: "user", content: "hello" }];
  const body = { model: "sandbox/babble", messages, stream: true };
  const bytes = taken(await client.POST("/chat/completions", { body, parseAs: "stream" }));
  let text = "";
  for await (const piece of texts(events(bytes as AsyncIterable<Uint8Array>))) text += piece;
  return { text };
}

type RetryVector = {
  name: string;
  method: string;
  status: number | null;
  failure: string | null;
  headers: Record<string, string>;
  body: { error?: Reason } | null;
  attempt: number;
  elapsed: number;
  policy: Partial<typeof RETRIES>;
  chance: number;
  quota: number;
  wait: number | null;
};
type PollVector = {
  name: string;
  policy: Partial<typeof POLLS>;
  job: Job;
  answers: (Job & { http?: number; retry_after?: number })[];
  waits: number[];
  outcome: string;
};
type StreamVector = { name: string; stream: string; text: string[]; error?: { kind: string; code?: string } };

function tryRetry(vector: RetryVector): void {
  const failure = {
    ...vector,
    isDelivered: !/connect|pool/.test(vector.failure ?? ""),
    headers: new Headers(vector.headers),
    error: vector.body?.error,
  };
  assert.equal(decide(failure, { ...RETRIES, ...vector.policy }), vector.wait);
}

async function tryPolls({ policy, job: first, answers, waits, outcome }: PollVector): Promise<void> {
  const slept: number[] = [];
  let now = 0;
  const time = {
    now: () => now,
    sleep: async (seconds: number) => void (slept.push(seconds), (now += seconds)),
  };
  const poll = async (): Promise<Poll<Job>> => {
    const { http = 200, retry_after, ...found } = answers[slept.length - 1]!;
    return { status: http, retryAfter: retry_after, ...(http === 200 && { job: found }) };
  };
  const last = await ended({ status: 200, job: first }, poll, { ...POLLS, ...policy }, time);
  assert.equal(last.job?.status ?? String(last.status), outcome);
  assert.deepEqual(slept.map((wait) => wait.toFixed(6)), waits.map((wait) => wait.toFixed(6)));
}

async function tryStream({ stream: bytes, text, error }: StreamVector): Promise<void> {
  const found: string[] = [];
  try {
    for await (const piece of texts(events((async function* () { yield Buffer.from(bytes); })()))) found.push(piece);
    assert.equal(error, undefined);
  } catch (thrown) {
    if (!(thrown instanceof StreamError)) throw thrown;
    assert.equal(thrown.kind, error?.kind);
    if (error?.code) assert.equal(thrown.reason.code, error.code);
  }
  assert.deepEqual(found, text);
}

async function runVectors(path: string): Promise<void> {
  const all = JSON.parse(await readFile(path, "utf-8")) as { name: string; quota?: number }[];
  const vectors = all.filter(({ quota }) => quota !== 0); // this client has no quota of retries
  for (const vector of vectors) {
    try {
      if (basename(path) === "retries.json") tryRetry(vector as RetryVector);
      else if (basename(path) === "polls.json") await tryPolls(vector as PollVector);
      else await tryStream(vector as StreamVector);
    } catch (error) {
      throw new Error(`${basename(path)}: ${vector.name}`, { cause: error });
    }
  }
  console.log(vectors.length, "vectors of", basename(path));
}

async function run(): Promise<Record<string, unknown>> {
  const [task] = (process.env.CCAPI_SCENARIO ?? "").split("/");
  try {
    if (task === "job") return { status: (await job()).status };
    return await (task === "image" ? image() : task === "file" ? file() : stream());
  } catch (error) {
    return { error: error instanceof Failed ? error.reported : { message: String(error) } };
  }
}

const vectors = process.argv.slice(2);
for (const path of vectors) await runVectors(path);
if (!vectors.length) console.log(JSON.stringify(await run()));
