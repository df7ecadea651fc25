// Runs the calls of a program for Node, and prints for each a line of JSON: what the program observed.
import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";

function variable(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

export const BASE_URL = variable("OPENAI_BASE_URL");
export const API_KEY = variable("OPENAI_API_KEY");
// The model of the chats.
export const MODEL = variable("INTEROP_MODEL");
export const IMAGE_MODEL = "stabilityai/stable-diffusion-xl-1024-v1-0";
export const SPEECH_MODEL = "openai/tts-1";
export const HELLO = "Say hello.";
export const JSON_ONLY = 'Say only this, as JSON: {"hello": "world"}';
export const WEATHER = "What is the weather in Paris?";
// A picture of a message. It isn't read, but for its beginning.
export const LOOK = "iVBORw0KGgo=";
export const FORMATS = ["mp3", "wav", "opus", "flac", "aac", "pcm"] as const;
export type Format = (typeof FORMATS)[number];

const wanted = variable("INTEROP_CALLS").split(" ");
const calls = new Map<string, () => Promise<void>>();

// Makes a function the call of a row. It passes if the function returns.
export function row(name: string, call: () => Promise<void>): void {
  calls.set(name, call);
}

// Makes the calls that are wanted, and prints the rows.
export async function run(): Promise<void> {
  for (const [call, act] of calls) {
    if (!wanted.includes(call)) continue;
    let status: number | null = null;
    let message = "";
    try {
      await act();
    } catch (error) {
      status = statusOf(error);
      message = error instanceof Error ? (status === null ? String(error.stack) : error.message) : String(error);
    }
    console.log(JSON.stringify({ call, status, message }));
  }
}

// The status of an error: `status` of openai's, `statusCode` of the AI SDK's.
function statusOf(error: unknown): number | null {
  const found = error as { status?: unknown; statusCode?: unknown };
  return [found.status, found.statusCode].find((each) => typeof each === "number") as number | undefined ?? null;
}

// Makes the sandbox fail the next request.
export async function failNext(fault: string): Promise<void> {
  const response = await fetch(`${BASE_URL.replace(/\/v1$/, "")}/sandbox/faults`, {
    method: "POST",
    headers: { Authorization: `Bearer ${API_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify({ fault }),
  });
  assert.equal(response.status, 200);
}

// Checks that a model said something.
export function checkText(text: unknown): asserts text is string {
  assert.ok(typeof text === "string" && text.trim(), `no text: ${text}`);
}

// A word inside of a text, to stop at.
export function firstWord(text: string): string {
  const found = /(?<=\s)[A-Za-z]{2,}/.exec(text);
  assert.ok(found, text);
  return found[0];
}

// Checks that a file is a whole PNG of a size: all of its pixels are there.
export function checkPng(file: Uint8Array, width: number, height: number): void {
  const bytes = Buffer.from(file);
  assert.equal(bytes.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [width, height]);
  const channels = { 2: 3, 6: 4 }[bytes[25]!];
  assert.ok(channels && bytes[24] === 8 && bytes[28] === 0, "not 8 bits of RGB or RGBA, in one pass");
  const parts = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(bytes.subarray(at + 8, end));
  }
  assert.equal(inflateSync(Buffer.concat(parts)).length, height * (1 + width * channels));
}

const STARTS: Record<Format, RegExp> = {
  mp3: /^(ID3|\xff[\xe2-\xff])/,
  wav: /^RIFF[^]{4}WAVE/,
  opus: /^OggS[^]{24}OpusHead/,
  flac: /^fLaC/,
  aac: /^\xff[\xf0-\xf9]/,
  pcm: /^(?!RIFF|OggS|fLaC|ID3)/,
};

// Checks that a file starts as a sound of a format does, and is long enough for one.
export function checkSound(file: Uint8Array, format: Format): void {
  const start = Buffer.from(file.subarray(0, 64)).toString("latin1");
  assert.match(start, STARTS[format]);
  assert.ok(file.length > 1000, `${file.length} bytes`);
}
