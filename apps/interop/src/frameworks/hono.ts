import { Hono } from "hono";

/** Hono: a fetch handler, or by `@hono/node-server` a listener of node:http. */
export function honoApplication(): Hono {
  const app = new Hono();
  app.get("/hello", (context) => context.json({ hello: context.req.query("name"), url: context.req.url }));
  app.post("/echo", async (context) => {
    try {
      return context.json(await context.req.json<object>());
    } catch {
      return context.text("Not JSON", 400);
    }
  });
  app.get("/old", (context) => context.redirect("/new"));
  app.get(
    "/stream",
    () => new Response(ReadableStream.from(["one ", "two ", "three"].map((part) => Buffer.from(part)))),
  );
  app.get("/empty", (context) => context.body(null, 204));
  app.get("/boom", () => {
    throw new Error("boom");
  });
  app.onError((_error, context) => context.text("It failed.", 500));
  return app;
}
