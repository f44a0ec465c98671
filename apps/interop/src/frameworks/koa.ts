import { Readable } from "node:stream";
import { text } from "node:stream/consumers";

import Koa from "koa";

/** Koa without any router. */
export function koaApplication(): Koa {
  const app = new Koa();
  app.silent = true;
  app.use(async (context) => {
    switch (context.path) {
      case "/hello":
        context.body = { hello: context.query["name"], ip: context.ip, secure: context.secure, url: context.url };
        break;
      case "/echo":
        try {
          context.body = JSON.parse(await text(context.req)) as object;
        } catch {
          context.throw(400, "Not JSON");
        }
        break;
      case "/old":
        context.redirect("/new");
        break;
      case "/stream":
        context.body = Readable.from(["one ", "two ", "three"].map((part) => Buffer.from(part)));
        break;
      case "/empty":
        context.body = null;
        break;
      case "/boom":
        throw new Error("boom");
    }
  });
  return app;
}
