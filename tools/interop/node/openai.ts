// The calls of the official `openai` package for Node.
import assert from "node:assert/strict";
import OpenAI, { toFile } from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionTool } from "openai/resources/chat/completions";
import type { ImageGenerateParamsNonStreaming } from "openai/resources/images";
import * as z from "zod";
import {
  FORMATS, HELLO, IMAGE_MODEL, JSON_ONLY, LOOK, MODEL, SPEECH_MODEL, WEATHER, checkPng, checkSound, checkText, failNext,
  firstWord, row, run,
} from "./rows.ts";

type More = Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>;

const City = z.strictObject({ city: z.enum(["Paris", "Oslo"]), days: z.literal([1, 2]) });
const CITY = {
  type: "object",
  properties: { city: { type: "string", enum: ["Paris", "Oslo"] }, days: { type: "integer", enum: [1, 2] } },
  required: ["city", "days"],
  additionalProperties: false,
};
const REPEATABLE = { temperature: 0, seed: 7 };
const NAMED = { type: "function", function: { name: "weather" } } as const;
const TOOL: ChatCompletionTool = {
  type: "function",
  function: { name: "weather", description: "The weather in a city", parameters: CITY },
};
const OTHER_TOOL: ChatCompletionTool = { type: "function", function: { name: "bake", description: "Bakes a cake" } };
const client = new OpenAI();
const once = new OpenAI({ maxRetries: 0 });

const messages = (content: string) => [{ role: "user" as const, content }];

function chat(content: string, more: More = {}, headers?: Record<string, string>): Promise<ChatCompletion> {
  const max_tokens = more.response_format || more.tools ? 200 : 24;
  return client.chat.completions.create({ model: MODEL, messages: messages(content), max_tokens, ...more }, { headers });
}

async function chunks(more: Partial<OpenAI.ChatCompletionCreateParamsStreaming> = {}): Promise<ChatCompletionChunk[]> {
  const body = { model: MODEL, messages: messages(HELLO), max_tokens: 24, ...more, stream: true } as const;
  return Array.fromAsync(await client.chat.completions.create(body));
}

function said(completion: ChatCompletion): string {
  const text = completion.choices[0]?.message.content;
  checkText(text);
  return text;
}

function called(completion: ChatCompletion): string {
  const choice = completion.choices[0];
  const call = choice?.message.tool_calls?.[0];
  assert.ok(call?.type === "function");
  assert.deepEqual([choice?.finish_reason, call.function.name], ["tool_calls", "weather"]);
  City.parse(JSON.parse(call.function.arguments));
  return call.id;
}

row("chat", async () => {
  const completion = await chat(HELLO);
  said(completion);
  const { usage, choices } = completion;
  assert.ok(usage && usage.completion_tokens > 0 && usage.completion_tokens <= 24);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  assert.ok(["stop", "length"].includes(choices[0]?.finish_reason ?? ""));
});
row("stream", async () => {
  const found = await chunks(REPEATABLE);
  const text = found.map((each) => each.choices[0]!.delta.content ?? "").join("");
  assert.equal(text, said(await chat(HELLO, REPEATABLE)));
  assert.ok(found.every((each) => !each.usage));
});
row("stream-usage", async () => {
  const found = await chunks({ stream_options: { include_usage: true } });
  const last = found.pop();
  checkText(found.map((each) => each.choices[0]!.delta.content ?? "").join(""));
  assert.equal(last?.choices.length, 0);
  assert.ok(last.usage && last.usage.completion_tokens > 0);
});
row("system", async () => {
  for (const role of ["system", "developer"] as const) {
    said(await chat(HELLO, { messages: [{ role, content: "You are a pirate." }, ...messages(HELLO)] }));
  }
});
row("image-parts", async () => {
  const url = `data:image/png;base64,${LOOK}`;
  said(await chat("", { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] }));
});
row("n", async () => {
  const { choices } = await chat(HELLO, { n: 3 });
  assert.deepEqual(choices.map((each) => each.index), [0, 1, 2]);
  for (const each of choices) checkText(each.message.content);
});
row("stop", async () => {
  const whole = said(await chat(HELLO, REPEATABLE));
  const word = firstWord(whole);
  const stopped = await chat(HELLO, { ...REPEATABLE, stop: word });
  assert.equal(stopped.choices[0]?.message.content ?? "", whole.slice(0, whole.indexOf(word)));
});
row("seed", async () => {
  const [first, second, other] = await Promise.all([1, 1, 2].map((seed) => chat(HELLO, { seed, temperature: 1.5 })));
  assert.equal(said(first!), said(second!));
  assert.notEqual(said(first!), said(other!));
});
row("logprobs", async () => {
  const tokens = (await chat(HELLO, { logprobs: true, top_logprobs: 2 })).choices[0]?.logprobs?.content;
  assert.ok(tokens?.length && tokens.every((each) => each.logprob <= 0 && each.top_logprobs.length === 2));
});
row("penalties", async () => {
  const more = { ...REPEATABLE, max_tokens: 40 };
  assert.notEqual(said(await chat(WEATHER, { ...more, frequency_penalty: 2 })), said(await chat(WEATHER, more)));
});
for (const name of ["max_tokens", "max_completion_tokens"]) {
  row(name.replaceAll("_", "-"), async () => {
    const { usage, choices } = await chat(WEATHER, { max_tokens: undefined, [name]: 3 });
    assert.deepEqual([usage?.completion_tokens, choices[0]?.finish_reason], [3, "length"]);
  });
}
row("reasoning-effort", async () => {
  said(await chat(HELLO, { reasoning_effort: "high" }));
});
row("json-object", async () => {
  const completion = await chat(JSON_ONLY, { ...REPEATABLE, response_format: { type: "json_object" } });
  const found: unknown = JSON.parse(said(completion));
  assert.ok(found && typeof found === "object" && !Array.isArray(found));
});
row("json-schema", async () => {
  const json_schema = { name: "city", schema: CITY, strict: true };
  City.parse(JSON.parse(said(await chat(WEATHER, { response_format: { type: "json_schema", json_schema } }))));
});
const structured = { model: MODEL, messages: messages(WEATHER), response_format: zodResponseFormat(City, "city") };
row("parse", async () => {
  City.parse((await client.chat.completions.parse(structured)).choices[0]?.message.parsed);
});
row("parse-stream", async () => {
  const completion = await client.chat.completions.stream(structured).finalChatCompletion();
  City.parse(completion.choices[0]?.message.parsed);
});
row("tools-auto", async () => {
  const completion = await chat(WEATHER, { tools: [TOOL], tool_choice: "auto" });
  if (completion.choices[0]?.message.tool_calls) called(completion);
  else said(completion);
});
row("tools-required", async () => {
  called(await chat(WEATHER, { tools: [OTHER_TOOL, TOOL], tool_choice: "required" }));
});
row("tools-named", async () => {
  called(await chat(HELLO, { tools: [OTHER_TOOL, TOOL], tool_choice: NAMED }));
});
row("tools-stream", async () => {
  const tools = { tools: [TOOL], tool_choice: NAMED, max_tokens: 200 };
  const stream = client.chat.completions.stream({ model: MODEL, messages: messages(HELLO), ...tools });
  called(await stream.finalChatCompletion());
});
row("tools-result", async () => {
  const completion = await chat(WEATHER, { tools: [TOOL], tool_choice: "required" });
  const result = { role: "tool" as const, tool_call_id: called(completion), content: "Rain." };
  said(await chat("", { messages: [...messages(WEATHER), completion.choices[0]!.message, result] }));
});

async function image(more: Partial<ImageGenerateParamsNonStreaming>): Promise<Buffer> {
  const found = (await client.images.generate({ model: IMAGE_MODEL, prompt: "a fox", ...more })).data?.[0];
  if (found?.b64_json) return Buffer.from(found.b64_json, "base64");
  assert.ok(found?.url);
  return Buffer.from(await (await fetch(found.url)).arrayBuffer());
}
const small = { size: "256x256", output_format: "png" } as const;
row("image", async () => {
  assert.equal((await image({ size: "auto" })).subarray(0, 3).toString("latin1"), "\xff\xd8\xff");
});
row("image-png", async () => {
  checkPng(await image({ ...small, response_format: "b64_json" }), 256, 256);
});
row("image-quality", async () => {
  assert.notDeepEqual(await image({ ...small, quality: "hd" }), await image({ ...small, quality: "low" }));
});
row("image-style", async () => {
  assert.notDeepEqual(await image({ ...small, style: "vivid" }), await image({ ...small, style: "natural" }));
});
row("image-background", async () => {
  const found = await image({ ...small, background: "transparent" });
  checkPng(found, 256, 256);
  assert.equal(found[25], 6); // of RGBA
});
row("image-stream", async () => {
  const stream = await client.images.generate({ model: IMAGE_MODEL, prompt: "a fox", stream: true });
  assert.equal((await Array.fromAsync(stream)).at(-1)?.type, "image_generation.completed");
});
row("image-edit", async () => {
  await client.images.edit({ image: await toFile(await image(small), "fox.png"), prompt: "a fox" });
});

const speech = { model: SPEECH_MODEL, voice: "alloy", input: "Hello there." };
for (const format of FORMATS) {
  row(`speech-${format}`, async () => {
    const response = await client.audio.speech.create({ ...speech, response_format: format });
    checkSound(new Uint8Array(await response.arrayBuffer()), format);
  });
}
row("speech-stream", async () => {
  const response = await client.audio.speech.create(speech);
  assert.ok(response.body);
  checkSound(Buffer.concat(await Array.fromAsync(response.body)), "mp3");
});
row("speech-instructions", async () => {
  await client.audio.speech.create({ ...speech, instructions: "Whisper." });
});
row("transcription", async () => {
  await client.audio.transcriptions.create({ model: "openai/whisper-1", file: await toFile(Buffer.from("RIFF"), "a.wav") });
});

row("models", async () => {
  const ids = (await Array.fromAsync(client.models.list())).map((each) => each.id);
  assert.ok(ids.includes(MODEL) && ids.includes(IMAGE_MODEL));
});
row("model", async () => {
  assert.equal((await client.models.retrieve(MODEL)).id, MODEL);
});
row("responses", async () => {
  checkText((await client.responses.create({ model: MODEL, input: "Hello." })).output_text);
});
row("embeddings", async () => {
  await client.embeddings.create({ model: "openai/text-embedding-3-small", input: "fox" });
});
row("moderations", async () => {
  await client.moderations.create({ input: "fox" });
});
row("files", async () => {
  await client.files.list();
});

row("wrong-key", async () => {
  await assert.rejects(client.withOptions({ apiKey: "wrong" }).models.list(), OpenAI.AuthenticationError);
});
row("unknown-model", async () => {
  await chat(HELLO, { model: "gpt-99" });
});
row("model-missing", async () => {
  await client.models.retrieve("gpt-99");
});
row("retry", async () => {
  await failNext("429;retry-after=0.01;times=2");
  said(await chat(HELLO));
});
row("rate-limit", async () => {
  await failNext("429");
  await assert.rejects(once.models.list(), OpenAI.RateLimitError);
});
row("server-error", async () => {
  await failNext("500");
  await assert.rejects(once.models.list(), OpenAI.InternalServerError);
});
row("timeout", async () => {
  await failNext("stall");
  await assert.rejects(once.withOptions({ timeout: 500 }).models.list(), OpenAI.APIConnectionTimeoutError);
});
row("idempotency-key", async () => {
  const key = { "Idempotency-Key": `openai-node-${MODEL}` };
  const [first, second, other] = [await chat(HELLO, {}, key), await chat(HELLO, {}, key), await chat(HELLO)];
  assert.equal(first.id, second.id);
  assert.notEqual(first.id, other.id);
});

await run();
