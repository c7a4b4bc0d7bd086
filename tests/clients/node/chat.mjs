// Drives the official npm client against a running Janus; exits 1 with the first thing that is wrong.
// Usage: node chat.mjs BASE_URL
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "What is the capital of France? Answer in one word." }];
const tools = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "The weather in a city",
      parameters: {
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
        additionalProperties: false,
      },
    },
  },
];
const weather = [{ role: "user", content: "What is the weather in Paris?" }];

const checks = {
  async "answers, with usage"() {
    const answer = await client.chat.completions.create({ model: "baseline", messages, temperature: 0, max_tokens: 32 });
    assert.match(answer.choices[0].message.content, /Paris/);
    assert.ok(answer.usage.completion_tokens > 0);
  },
  async "streams, with usage"() {
    const stream = await client.chat.completions.create({
      model: "baseline",
      messages,
      temperature: 0,
      max_tokens: 32,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.match(text, /Paris/);
    assert.ok(usage.completion_tokens > 0);
  },
  async "its stream helper sees the whole answer"() {
    const stream = client.chat.completions.stream({ model: "baseline", messages, temperature: 0, max_tokens: 32 });
    const final = await stream.finalChatCompletion();
    assert.match(final.choices[0].message.content, /Paris/);
  },
  async "calls a tool"() {
    const answer = await client.chat.completions.create({
      model: "baseline",
      messages: weather,
      tools,
      tool_choice: "required",
      temperature: 0,
      max_tokens: 64,
    });
    const [call] = answer.choices[0].message.tool_calls;
    assert.equal(call.function.name, "get_weather");
    assert.ok("city" in JSON.parse(call.function.arguments));
  },
  async "streams a tool call"() {
    const stream = client.chat.completions.stream({
      model: "baseline",
      messages: weather,
      tools,
      tool_choice: { type: "function", function: { name: "get_weather" } },
      temperature: 0,
      max_tokens: 64,
    });
    const [call] = (await stream.finalChatCompletion()).choices[0].message.tool_calls;
    assert.equal(call.function.name, "get_weather");
    assert.ok("city" in JSON.parse(call.function.arguments));
  },
  async "an abort ends the stream"() {
    const stream = await client.chat.completions.create({ model: "baseline", messages, stream: true });
    for await (const _ of stream) {
      stream.controller.abort();
    }
  },
  async "a bad field is named"() {
    await assert.rejects(
      client.chat.completions.create({ model: "baseline", messages, temperature: 9 }),
      (error) => error.status === 400 && error.param === "temperature",
    );
  },
  async "models are listed"() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes("baseline") && ids.includes("janus"));
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(`ok ${name}`);
}
