import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";

import { getRequestListener } from "@hono/node-server";

import { connectApplication } from "./connect.ts";
import { expressApplication } from "./express.ts";
import { fastifyApplication } from "./fastify.ts";
import { honoApplication } from "./hono.ts";
import { koaApplication } from "./koa.ts";
import { nestListener } from "./nest.ts";
import { expressQuestions, questions } from "./questions.ts";

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The frameworks, and what each is asked. */
export const frameworks: readonly (readonly [name: string, asked: typeof questions])[] = [
  ["express", expressQuestions],
  ["connect", questions],
  ["koa", questions],
  ["fastify", questions],
  ["hono", questions],
  ["nest", questions],
];

/** All of them in one process: the field X-Framework says whose application answers. */
export async function anyFramework(): Promise<Listener> {
  const fastify = fastifyApplication((handler) => createServer(handler));
  await fastify.ready();
  const listeners: Readonly<Record<string, Listener>> = {
    connect: connectApplication(),
    express: expressApplication(),
    fastify: (request, response) => fastify.routing(request, response),
    hono: getRequestListener(honoApplication().fetch),
    koa: koaApplication().callback(),
    nest: await nestListener(),
  };
  return (request, response) => listeners[String(request.headers["x-framework"])]?.(request, response);
}
