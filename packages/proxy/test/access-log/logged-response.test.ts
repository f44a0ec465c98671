import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { expect, onTestFinished, test } from "vitest";

import type { AccessRecord } from "../../src/access-log/logged-response.ts";
import type { GatewayFailure, GatewayStderr } from "../../src/diagnostics.ts";
import { HEAD, application } from "../support/application.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";

function published<Message>(name: string): Message[] {
  const messages: Message[] = [];
  const listener = (message: unknown): void => void messages.push(message as Message);
  subscribe(`fastcgi:proxy:${name}`, listener);
  onTestFinished(() => void unsubscribe(`fastcgi:proxy:${name}`, listener));
  return messages;
}

test("each request once: status, bytes, client, host and upstream", async () => {
  const records = published<AccessRecord>("access");
  const { gateway } = await application((request) => request.end(`Status: 201\r\n${HEAD}hello`), {
    config: { trustProxy: ["127.0.0.1"] },
  });
  await ask(gateway, "/a", { host: "a.example:80", headers: ["X-Forwarded-For", "192.0.2.7"] });
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({ status: 201, bytes: 5, complete: true });
  expect(records[0]?.served).toMatchObject({ client: "192.0.2.7", host: "a.example", upstream: "app", scheme: "http" });
});

test("bytes as they go out, when they are compressed", async () => {
  const records = published<AccessRecord>("access");
  const { gateway } = await application((request) => request.end(`${HEAD}${"a".repeat(10_000)}`), {
    config: { compress: true },
  });
  const got = await ask(gateway, "/", { headers: ["Accept-Encoding", "gzip"] });
  expect(records.map(({ bytes }) => bytes)).toEqual([got.text.length]);
});

test("a head that cannot be read, a cut response, and a client that went away", async () => {
  const records = published<AccessRecord>("access");
  const { gateway, backend } = await application((request) => {
    if (request.params["REQUEST_URI"] === "/cut") request.write(`${HEAD}x`).kill();
  });
  await ask(gateway, "/%00");
  await ask(gateway, "/cut");
  const gone = new MemoryExchange("/wait");
  gateway.dispatch(gone, gone);
  await backend.request(1);
  gone.onAbort?.();
  expect(records.map(({ status, complete, served }) => [status, complete, served === undefined])).toEqual([
    [400, true, true],
    [200, false, false],
    [499, false, false],
  ]);
});

test("one id in the access log, on the error page and beside what the application says", async () => {
  const records = published<AccessRecord>("access");
  const failures = published<GatewayFailure>("error");
  const said: (GatewayStderr & { text?: string })[] = published("stderr");
  const { gateway, backend } = await application((request) => {
    request.stderr("oh no\n");
    request.end("nonsense");
  });
  const got = await ask(gateway, "/x", { host: "a.example" });
  const id = /request id: (\S+)/.exec(got.text)?.[1];
  expect([records[0]?.served?.id, failures[0]?.id, said[0]?.id]).toEqual([id, id, id]);
  expect(said[0]).toMatchObject({ host: "a.example", address: backend.address, upstream: "app", script: undefined });
});
