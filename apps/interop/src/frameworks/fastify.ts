import { Readable } from "node:stream";

import { fastify } from "fastify";
import type { FastifyInstance, FastifyServerFactory } from "fastify";

/** Fastify, on the server that `serverFactory` makes. */
export function fastifyApplication(serverFactory: FastifyServerFactory): FastifyInstance {
  const app = fastify({ serverFactory });
  app.get("/hello", (request) => {
    const { name } = request.query as { name: string };
    return { hello: name, ip: request.ip, protocol: request.protocol, url: request.url, host: request.host };
  });
  app.post("/echo", (request) => request.body);
  app.get("/old", (_request, reply) => reply.redirect("/new"));
  app.get("/stream", (_request, reply) => reply.send(Readable.from(["one ", "two ", "three"])));
  app.get("/empty", (_request, reply) => reply.code(204).send());
  app.get("/boom", () => {
    throw new Error("boom");
  });
  return app;
}
