// The calls of the AI SDK by `@ai-sdk/openai-compatible`.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";
import { once, rows, type Make } from "./ai_sdk.ts";
import { API_KEY, BASE_URL, HELLO, MODEL, checkText, row, run } from "./rows.ts";

const settings = { name: "sandbox", baseURL: BASE_URL, includeUsage: true, supportsStructuredOutputs: true };
const make: Make = (apiKey = API_KEY) => {
  const { chatModel, imageModel, embeddingModel } = createOpenAICompatible({ ...settings, apiKey });
  return { chat: chatModel, image: imageModel, embedding: embeddingModel };
};
rows(make, "ai-compatible");

row("reasoning-effort", async () => {
  const chat = { ...once, model: make().chat(MODEL), prompt: HELLO, maxOutputTokens: 24 };
  checkText((await generateText({ ...chat, providerOptions: { sandbox: { reasoningEffort: "high" } } })).text);
});

await run();
