// Applications of frameworks by `x-responder` behind nginx and Apache, against the same ones on node:http's own server.
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { anyFramework, frameworks } from "../src/frameworks/all.ts";
import { expressQuestions } from "../src/frameworks/questions.ts";
import { needs } from "../src/needs.ts";
import { askHttp } from "../src/node-http/ask.ts";
import type { Question, Reply } from "../src/node-http/ask.ts";
import { startExampleApache, startExampleNginx } from "../src/peers/example-fronts.ts";
import type { StartFront } from "../src/peers/example-fronts.ts";
import { startRunning } from "../src/running-example.ts";
import type { Running } from "../src/running-example.ts";

const application = join(import.meta.dirname, "../src/applications/frameworks.ts");

const FRONTS: readonly [name: string, program: string, StartFront][] = [
  ["nginx", "nginx", startExampleNginx()],
  ["Apache", "apache2", startExampleApache("apache-proxy-fcgi.conf", ["proxy", "proxy_fcgi"])],
];

/** Fields that the application decides about; others the web server may add, drop or write differently. */
const COMPARED = /^(?:content-type|content-encoding|content-range|etag|last-modified|location|set-cookie|vary|x-.*): /i;

function essence(reply: Reply | undefined): unknown {
  if (reply === undefined) return undefined;
  const headers = reply.headers
    .filter((header) => COMPARED.test(header))
    .map((header) => header.replace(/^[^:]+/, (name) => name.toLowerCase()).replaceAll(", ", ","));
  return { ...reply, headers: headers.toSorted() };
}

function as(framework: string, question: Question): Question {
  return { ...question, headers: { ...question.headers, "x-framework": framework } };
}

const never = new AbortController().signal;

describe.each(FRONTS.filter(([, program]) => needs(program, [program])))("behind %s", (_name, _program, front) => {
  let running: Running;
  let server: Server;
  let ask: (question: Question) => Promise<Reply | undefined>;
  beforeAll(async () => {
    running = await startRunning(front, { path: application });
    ask = (question) => askHttp(Number(new URL(running.url).port), question, never);
    server = createServer(await anyFramework()).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(async () => {
    server?.close();
    await running?.stop();
  });

  test.each(frameworks)("%s answers as on node:http", async (framework, asked) => {
    const { port } = server.address() as AddressInfo;
    for (const [title, question] of Object.entries(asked)) {
      const expected = essence(await askHttp(port, as(framework, question), never));
      expect(expected, title).toBeDefined();
      expect(essence(await ask(as(framework, question))), title).toEqual(expected);
    }
  });

  test("sessions survive from request to request, and uploads arrive by multer and by busboy", async () => {
    const express = (question: Question): Promise<Reply | undefined> => ask(as("express", question));
    const first = await express({ path: "/visits" });
    const cookie = first?.headers
      .find((header) => /^set-cookie: /i.test(header))
      ?.split(": ")[1]
      ?.split(";")[0];
    const second = await express({ path: "/visits", headers: { cookie: cookie ?? "" } });
    expect([first?.body, second?.body]).toEqual(['{"visits":1}', '{"visits":2}']);
    const upload = expressQuestions["an upload"]!;
    expect((await express(upload))?.body).toBe('{"title":"A title","size":100000}');
    expect((await express({ ...upload, path: "/busboy" }))?.body).toBe('{"title":"A title","size":100000}');
  });
});

test.for<[name: string, program: string, StartFront]>([
  ["nginx", "nginx", startExampleNginx()],
  ["Apache", "apache2", startExampleApache("apache-mount.conf", ["proxy", "proxy_fcgi", "alias"])],
])("behind %s Express answers under /app as it does at the root", async ([, program, front], { onTestFinished }) => {
  if (!needs(program, [program])) return;
  const running = await startRunning(front, { path: application, args: ["--mount", "strip"] });
  onTestFinished(() => running.stop());
  const server = createServer(await anyFramework()).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const root = (server.address() as AddressInfo).port;
  const { port } = new URL(running.url);
  for (const [title, question] of Object.entries(expressQuestions)) {
    const asked = as("express", question);
    const expected = essence(await askHttp(root, asked, never));
    expect(essence(await askHttp(Number(port), { ...asked, path: `/app${question.path}` }, never)), title).toEqual(
      expected,
    );
  }
  const { status, headers } = await running.ask("/app?a=1");
  expect([status, headers["location"]]).toEqual([expect.toBeOneOf([301, 302]), `${running.url}/app/?a=1`]);
});
