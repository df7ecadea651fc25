// The calls of Vercel's AI SDK, by a provider for OpenAI-compatible servers.
import assert from "node:assert/strict";
import {
  APICallError, Output, embed, generateImage, generateText, isStepCount, streamText, tool, transcribe,
  type EmbeddingModel, type ImageModel, type LanguageModel, type TranscriptionModel,
} from "ai";
import * as z from "zod";
import { HELLO, IMAGE_MODEL, JSON_ONLY, LOOK, MODEL, WEATHER, checkPng, checkText, failNext, firstWord, row } from "./rows.ts";

export interface Provider {
  chat(id: string): LanguageModel;
  image(id: string): ImageModel;
  embedding(id: string): EmbeddingModel;
  transcription?(id: string): TranscriptionModel;
}
// What a provider does: one with another key, too.
export type Make = (key?: string) => Provider;

export const once = { maxRetries: 0 };
const City = z.strictObject({ city: z.enum(["Paris", "Oslo"]), days: z.literal([1, 2]) });
const weather = tool({ description: "The weather in a city", inputSchema: City });
const bake = tool({ description: "Bakes a cake", inputSchema: z.object({}) });
const REPEATABLE = { temperature: 0, seed: 7 };

// The error of the last try, which a client that retries has wrapped.
async function isRejected(promise: Promise<unknown>, status: number): Promise<void> {
  await assert.rejects(promise, (error) => APICallError.isInstance(error) && error.statusCode === status);
}

// The rows that every provider has.
export function rows(make: Make, name: string): void {
  const provider = make();
  const model = provider.chat(MODEL);
  const chat = { ...once, model, prompt: HELLO, maxOutputTokens: 24 };
  const tools = { ...once, model, prompt: WEATHER, maxOutputTokens: 200, tools: { bake, weather } };
  const structured = { ...once, model, prompt: WEATHER, maxOutputTokens: 200, output: Output.object({ schema: City }) };

  row("chat", async () => {
    const { text, usage, finishReason } = await generateText(chat);
    checkText(text);
    assert.ok(usage.outputTokens && usage.outputTokens <= 24 && usage.inputTokens);
    assert.ok(["stop", "length"].includes(finishReason));
  });
  row("stream-usage", async () => {
    const result = streamText({ ...chat, ...REPEATABLE });
    const text = (await Array.fromAsync(result.textStream)).join("");
    checkText(text);
    assert.equal(text, (await generateText({ ...chat, ...REPEATABLE })).text);
    assert.ok((await result.usage).outputTokens);
  });
  row("system", async () => {
    checkText((await generateText({ ...chat, system: "You are a pirate." })).text);
  });
  row("image-parts", async () => {
    const file = { type: "file" as const, data: LOOK, mediaType: "image/png" };
    const { prompt, ...rest } = chat;
    await generateText({ ...rest, messages: [{ role: "user", content: [file] }] });
  });
  row("stop", async () => {
    const whole = (await generateText({ ...chat, ...REPEATABLE })).text;
    const word = firstWord(whole);
    const { text } = await generateText({ ...chat, ...REPEATABLE, stopSequences: [word] });
    assert.equal(text, whole.slice(0, whole.indexOf(word)));
  });
  row("seed", async () => {
    const [first, second, other] = await Promise.all(
      [1, 1, 2].map((seed) => generateText({ ...chat, seed, temperature: 1.5 })));
    assert.equal(first!.text, second!.text);
    assert.notEqual(first!.text, other!.text);
  });
  row("penalties", async () => {
    const more = { ...chat, ...REPEATABLE, prompt: WEATHER, maxOutputTokens: 40 };
    const [with_, without] = [await generateText({ ...more, frequencyPenalty: 2 }), await generateText(more)];
    assert.notEqual(with_.text, without.text);
  });
  row("max-tokens", async () => {
    const { usage, finishReason } = await generateText({ ...chat, prompt: WEATHER, maxOutputTokens: 3 });
    assert.deepEqual([usage.outputTokens, finishReason], [3, "length"]);
  });
  row("json-object", async () => {
    const json = { ...structured, ...REPEATABLE, prompt: JSON_ONLY, output: Output.json() };
    const { output } = await generateText(json);
    assert.ok(output && typeof output === "object");
  });
  row("parse", async () => {
    City.parse((await generateText(structured)).output);
  });
  row("parse-stream", async () => {
    let failure: unknown;
    const result = streamText({ ...structured, onError: ({ error }) => void (failure = error) });
    const parts = await Array.fromAsync(result.partialOutputStream);
    if (failure) throw failure;
    City.parse(parts.at(-1));
  });
  row("tools-auto", async () => {
    const { text, toolCalls } = await generateText({ ...tools, tools: { weather }, toolChoice: "auto" });
    if (toolCalls[0]) City.parse(toolCalls[0].input);
    else checkText(text);
  });
  row("tools-required", async () => {
    const { toolCalls, finishReason } = await generateText({ ...tools, toolChoice: "required" });
    assert.deepEqual([toolCalls.map((each) => each.toolName), finishReason], [["weather"], "tool-calls"]);
    City.parse(toolCalls[0]?.input);
  });
  const named = { ...tools, prompt: HELLO, toolChoice: { type: "tool" as const, toolName: "weather" as const } };
  row("tools-named", async () => {
    const { toolCalls } = await generateText(named);
    City.parse(toolCalls.find((each) => each.toolName === "weather")?.input);
  });
  row("tools-stream", async () => {
    const result = streamText(named);
    await result.consumeStream();
    City.parse((await result.toolCalls).find((each) => each.toolName === "weather")?.input);
  });
  row("tools-result", async () => {
    const executed = tool({ description: weather.description, inputSchema: City, execute: async () => "Rain." });
    const stepping = { stopWhen: isStepCount(2), prepareStep: ({ stepNumber }: { stepNumber: number }) => (
      { toolChoice: stepNumber === 0 ? "required" as const : "none" as const }) };
    const result = await generateText({ ...once, model, prompt: WEATHER, maxOutputTokens: 200,
      tools: { weather: executed }, ...stepping });
    assert.equal(result.steps[0]?.toolResults[0]?.output, "Rain.");
    checkText(result.text);
  });
  row("image-png", async () => {
    const options = { output_format: "png" };
    const { image } = await generateImage({ ...once, model: provider.image(IMAGE_MODEL), prompt: "a fox",
      size: "256x256", providerOptions: { openai: { outputFormat: "png" }, sandbox: options } });
    checkPng(image.uint8Array, 256, 256);
  });
  row("image-edit", async () => {
    const prompt = { text: "a fox", images: [Buffer.from(LOOK, "base64")] };
    await generateImage({ ...once, model: provider.image(IMAGE_MODEL), prompt });
  });
  row("embeddings", async () => {
    await embed({ ...once, model: provider.embedding("openai/text-embedding-3-small"), value: "fox" });
  });
  if (provider.transcription) {
    const transcription = provider.transcription("openai/whisper-1");
    row("transcription", async () => {
      await transcribe({ ...once, model: transcription, audio: Buffer.from("RIFF\0\0\0\0WAVE") });
    });
  }
  row("wrong-key", async () => {
    await isRejected(generateText({ ...chat, model: make("wrong").chat(MODEL) }), 401);
  });
  row("unknown-model", async () => {
    await generateText({ ...chat, model: provider.chat("gpt-99") });
  });
  row("retry", async () => {
    await failNext("429;retry-after=0.01;times=2");
    checkText((await generateText({ ...chat, maxRetries: 2 })).text);
  });
  row("rate-limit", async () => {
    await failNext("429");
    await isRejected(generateText(chat), 429);
  });
  row("server-error", async () => {
    await failNext("500");
    await isRejected(generateText(chat), 500);
  });
  row("timeout", async () => {
    await failNext("stall");
    await assert.rejects(generateText({ ...chat, timeout: 500 }), /abort|timeout/i);
  });
  row("idempotency-key", async () => {
    const headers = { "Idempotency-Key": `${name}-${MODEL}` };
    const found = [await generateText({ ...chat, headers }), await generateText({ ...chat, headers })];
    const ids = found.map((each) => each.response.id);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[0], (await generateText(chat)).response.id);
  });
}
