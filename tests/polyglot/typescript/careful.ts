// What a generated client lacks: when a request is retried, when a job is polled, and when a stream is whole.
// Times are in seconds. The decisions do nothing else, so that the shared test vectors can try them.

import { randomUUID } from "node:crypto";
import type { Event } from "./sse.ts";

export const RETRIES = {
  max_attempts: 4,
  base_delay: 0.5,
  max_delay: 8,
  max_elapsed: 120,
  max_retry_after: 60,
  retry_unknown_outcome: false,
};
export const POLLS = { initial: 1, factor: 1.6, max_interval: 15 };
const FINAL = ["completed", "failed", "cancelled"];

export type Reason = { code?: string | null; type?: string | null; message?: string; details?: unknown };
export type Failure = {
  method: string;
  status: number | null; // null without a response
  isDelivered: boolean; // whether the service may have received it
  headers: Headers;
  error?: Reason | undefined;
  attempt: number;
  elapsed: number;
  chance: number;
};

export function retryAfter(headers: Headers): number | undefined {
  const number = (text: string | null) => (text !== null && /^\s*[+-]?\d+(\.\d*)?\s*$/.test(text) ? Number(text) : undefined);
  const milliseconds = number(headers.get("retry-after-ms"));
  if (milliseconds !== undefined) return Math.max(0, milliseconds / 1000);
  const text = headers.get("retry-after");
  const seconds = number(text);
  if (seconds !== undefined || text === null) return seconds && Math.max(0, seconds);
  const date = Date.parse(/GMT$/.test(text) ? text : `${text} GMT`); // the date of asctime names no zone
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}

/** How long to wait before a retry; null for no retry. */
export function decide(failure: Failure, policy = RETRIES): number | null {
  const { method, status, headers, error, attempt } = failure;
  const asked = retryAfter(headers);
  const isSpent = status === 429 && /quota|billing|balance|credit|payment/i.test(`${error?.code} ${error?.type}`);
  const isRefused = status === 429 || status === 425 || (status === 503 && asked !== undefined);
  const isUnknown =
    status === null
      ? failure.isDelivered
      : [408, 500, 502, 503, 504].includes(status) || (status >= 520 && status <= 529);
  if (isSpent || !(isRefused || isUnknown || (status === null && !failure.isDelivered))) return null;
  if (isUnknown && !isRefused && method !== "GET" && !policy.retry_unknown_outcome) return null;
  if (attempt >= policy.max_attempts || (asked ?? 0) > policy.max_retry_after) return null;
  const wait = asked ?? failure.chance * Math.min(policy.max_delay, policy.base_delay * 2 ** (attempt - 1));
  return failure.elapsed + wait > policy.max_elapsed ? null : wait;
}

export const sleep = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

/** `fetch`, which retries what can't be billed twice, with the same Idempotency-Key. */
export async function carefulFetch(request: Request): Promise<Response> {
  const { method } = request;
  if (method !== "GET" && !request.headers.has("idempotency-key")) request.headers.set("Idempotency-Key", randomUUID());
  const started = performance.now();
  for (let attempt = 1; ; attempt++) {
    let response: Response | undefined;
    let thrown: unknown;
    try {
      response = await fetch(request.clone());
      if (response.ok) return response;
    } catch (error) {
      thrown = error;
    }
    const code = String(((thrown as Error | undefined)?.cause as { code?: unknown } | undefined)?.code);
    const said = (await response?.clone().json().catch(() => undefined)) as { error?: Reason } | undefined;
    const wait = decide({
      method,
      status: response?.status ?? null,
      isDelivered: !/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/.test(code),
      headers: response?.headers ?? new Headers(),
      error: said?.error,
      attempt,
      elapsed: (performance.now() - started) / 1000,
      chance: Math.random(),
    });
    if (wait === null && response) return response;
    if (wait === null) throw thrown;
    await sleep(wait);
  }
}

export type Job = { status: string; estimated_time?: number | null };
export type Poll<J> = { status: number; job?: J; retryAfter?: number | undefined };
type Time = { now: () => number; sleep: (seconds: number) => Promise<unknown> };
const TIME: Time = { now: () => performance.now() / 1000, sleep };

/** Polls until the job has ended, or a poll fails for good: then it gives that poll. */
export async function ended<J extends Job>(
  first: Poll<J> & { job: J },
  poll: () => Promise<Poll<J>>,
  policy = POLLS,
  time = TIME,
): Promise<Poll<J>> {
  let [last, job]: [Poll<J>, J] = [first, first.job];
  let [early, received] = [0, time.now()];
  while (!FINAL.includes(job.status)) {
    const usual = Math.min(policy.initial * policy.factor ** early, policy.max_interval);
    const estimate =
      job.estimated_time == null ? undefined : Math.max(0, job.estimated_time - (time.now() - received));
    const isFar = estimate !== undefined && estimate > policy.max_interval;
    if (!isFar) early++;
    const wait = isFar ? policy.max_interval : estimate === undefined ? usual : Math.max(estimate, usual / 4);
    await time.sleep(Math.max(wait, Math.min(last.retryAfter ?? 0, 4 * policy.max_interval)));
    last = await poll();
    if (last.job) [job, received] = [last.job, time.now()];
    else if (![404, 408, 425, 429].includes(last.status) && last.status < 500) return last;
  }
  return last;
}

export class StreamError extends Error {
  kind: "stream" | "interrupted";
  reason: Reason;

  constructor(kind: StreamError["kind"], reason: Reason) {
    super(reason.message ?? kind);
    [this.kind, this.reason] = [kind, reason];
  }
}

type Chunk = {
  error?: Reason;
  choices?: { index: number; delta?: { content?: string | null }; finish_reason?: string | null }[];
};

/** The pieces of the first answer's text. Throws a StreamError where the stream has an error, or ends too early. */
export async function* texts(stream: AsyncIterable<Event>): AsyncGenerator<string> {
  const open = new Map<number, boolean>();
  for await (const { type, data } of stream) {
    if (data === "[DONE]") return;
    const chunk = JSON.parse(data) as Chunk & Reason;
    if (type === "error" || chunk.error) throw new StreamError("stream", chunk.error ?? chunk);
    for (const { index, delta, finish_reason } of chunk.choices ?? []) {
      open.set(index, finish_reason == null && (open.get(index) ?? true));
      if (index === 0 && delta?.content) yield delta.content;
    }
  }
  if (!open.size || [...open.values()].includes(true)) throw new StreamError("interrupted", { message: "it broke off" });
}
