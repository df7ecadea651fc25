// The calls of the AI SDK by `@ai-sdk/openai`, which has options and operations of OpenAI's alone.
import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { generateSpeech, generateText } from "ai";
import { once, rows } from "./ai_sdk.ts";
import { API_KEY, BASE_URL, FORMATS, HELLO, MODEL, SPEECH_MODEL, checkSound, checkText, row, run } from "./rows.ts";

const provider = createOpenAI({ baseURL: BASE_URL, apiKey: API_KEY });
rows((key = API_KEY) => createOpenAI({ baseURL: BASE_URL, apiKey: key }), "ai-openai");

const chat = { ...once, model: provider.chat(MODEL), prompt: HELLO, maxOutputTokens: 24 };
row("logprobs", async () => {
  const { providerMetadata } = await generateText({ ...chat, providerOptions: { openai: { logprobs: 2 } } });
  const tokens = providerMetadata?.openai?.logprobs as { logprob: number }[] | undefined;
  assert.ok(tokens?.length && tokens.every((each) => each.logprob <= 0));
});
row("max-completion-tokens", async () => {
  const limited = { ...chat, maxOutputTokens: undefined, providerOptions: { openai: { maxCompletionTokens: 3 } } };
  const { usage, finishReason } = await generateText(limited);
  assert.deepEqual([usage.outputTokens, finishReason], [3, "length"]);
});
row("responses", async () => {
  checkText((await generateText({ ...chat, model: provider.responses(MODEL) })).text);
});
for (const format of FORMATS) {
  row(`speech-${format}`, async () => {
    const { audio } = await generateSpeech({ ...once, model: provider.speech(SPEECH_MODEL), text: "Hello there.",
      voice: "alloy", outputFormat: format });
    checkSound(audio.uint8Array, format);
  });
}
row("speech-instructions", async () => {
  await generateSpeech({ ...once, model: provider.speech(SPEECH_MODEL), text: "Hello.", instructions: "Whisper." });
});

await run();
