// Frameworks, untouched, on node:http's server and on createServer of @x/responder/node: the same answers.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { getRequestListener } from "@hono/node-server";
import { Pool } from "@x/client";
import { serve } from "@x/responder";
import { createServer } from "@x/responder/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { connectApplication } from "../src/frameworks/connect.ts";
import { expressApplication } from "../src/frameworks/express.ts";
import { fastifyApplication } from "../src/frameworks/fastify.ts";
import { honoApplication } from "../src/frameworks/hono.ts";
import { koaApplication } from "../src/frameworks/koa.ts";
import { nestListener } from "../src/frameworks/nest.ts";
import { expressQuestions, questions } from "../src/frameworks/questions.ts";
import { askFastCGI, askHttp } from "../src/node-http/ask.ts";
import type { Question, Reply } from "../src/node-http/ask.ts";

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;
type Ask = (question: Question) => Promise<Reply | undefined>;
interface Side {
  ask: Ask;
  stop(): Promise<void>;
}

const never = new AbortController().signal;

async function http(server: Server): Promise<Side> {
  if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => void (await new Promise((resolve) => server.close(resolve)));
  return { ask: (question) => askHttp(port, question, never), stop };
}

function pooled(address: string, close: () => Promise<unknown>): Side {
  const pool = new Pool(address);
  return {
    ask: (question) => askFastCGI(pool, question, never),
    async stop() {
      await pool.close();
      await close();
    },
  };
}

async function fastCGI(listener: Listener): Promise<Side> {
  const server = createServer({ signals: false }, listener).listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return pooled(`tcp://127.0.0.1:${port}`, () => new Promise<void>((resolve) => server.close(() => resolve())));
}

async function bothOf(listener: () => Listener | Promise<Listener>): Promise<[Side, Side]> {
  return [await http(createHttpServer(await listener())), await fastCGI(await listener())];
}

async function fastifySides(): Promise<[Side, Side]> {
  const one = fastifyApplication((handler) => createHttpServer(handler));
  await one.listen({ port: 0, host: "127.0.0.1" });
  const other = fastifyApplication((handler) => createServer({ signals: false }, handler) as unknown as Server);
  const address = await other.listen({ port: 0, host: "127.0.0.1" });
  return [
    { ...(await http(one.server)), stop: () => one.close() },
    pooled(`tcp://${new URL(address).host}`, () => other.close()),
  ];
}

async function honoSides(): Promise<[Side, Side]> {
  const listener = getRequestListener(honoApplication().fetch);
  const server = serve({ listen: "tcp://127.0.0.1:0", signals: false, fetch: honoApplication().fetch });
  return [
    await http(createHttpServer((request, response) => void listener(request, response))),
    pooled(await server.ready, () => server.close()),
  ];
}

describe.each<[string, () => Promise<[Side, Side]>, Readonly<Record<string, Question>>]>([
  ["Express 5", () => bothOf(expressApplication), expressQuestions],
  ["Connect", () => bothOf(connectApplication), questions],
  ["Koa", () => bothOf(() => koaApplication().callback()), questions],
  ["Fastify", fastifySides, questions],
  ["Hono by its listener", () => bothOf(() => getRequestListener(honoApplication().fetch)), questions],
  ["NestJS", () => bothOf(nestListener), questions],
])("%s is the same over FastCGI", (_name, start, asked) => {
  let sides: [Side, Side];
  beforeAll(async () => {
    sides = await start();
  });
  afterAll(() => Promise.all(sides.map((side) => side.stop())));

  it.each(Object.entries(asked))("%s", async (_title, question) => {
    const [expected, got] = [await sides[0].ask(question), await sides[1].ask(question)];
    expect(expected).toBeDefined();
    expect(got).toEqual(expected);
  });
});

describe("Hono by serve, without a listener of node:http", () => {
  it.each(Object.entries(questions))("%s", async (_title, question) => {
    const sides = await honoSides();
    const [expected, got] = [await sides[0].ask(question), await sides[1].ask(question)];
    // Length and type are what @hono/node-server adds.
    expect({ ...got, headers: [] }).toEqual({ ...expected, headers: [] });
    await Promise.all(sides.map((side) => side.stop()));
  });
});

it("sessions of Express survive from request to request", async () => {
  const side = await fastCGI(expressApplication());
  const first = await side.ask({ path: "/visits" });
  const cookie = first?.headers.find((header) => header.startsWith("Set-Cookie: "))?.slice("Set-Cookie: ".length);
  const second = await side.ask({ path: "/visits", headers: { cookie: cookie?.split(";")[0] ?? "" } });
  expect([first?.body, second?.body]).toEqual(['{"visits":1}', '{"visits":2}']);
  await side.stop();
});
