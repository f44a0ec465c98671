import { join } from "node:path";
import { Readable } from "node:stream";

import busboy from "busboy";
import compression from "compression";
import express from "express";
import session from "express-session";
import multer from "multer";

const SITE = join(import.meta.dirname, "../../fixtures/site/static");

/** Express 5 with what people add to it: sessions, uploads, compression, static files. */
export function expressApplication(): express.Express {
  const app = express();
  app.use(compression({ threshold: 0 }));
  app.use("/static", express.static(SITE));
  app.use("/visits", session({ secret: "interop", resave: false, saveUninitialized: true }));
  app.get("/visits", (request, response) => {
    const data = request.session as unknown as { visits?: number };
    data.visits = (data.visits ?? 0) + 1;
    response.json({ visits: data.visits });
  });
  app.get("/hello", (request, response) => {
    response.json({ hello: request.query["name"], ip: request.ip, secure: request.secure, url: request.originalUrl });
  });
  app.post("/echo", express.json(), (request, response) => void response.json(request.body));
  app.post("/upload", multer().single("file"), (request, response) => {
    response.json({ title: (request.body as { title: string }).title, size: request.file?.size });
  });
  app.post("/busboy", (request, response) => {
    const form = { title: "", size: 0 };
    request.pipe(
      busboy({ headers: request.headers })
        .on("field", (_name, value) => (form.title = value))
        .on("file", (_name, file) => void file.on("data", (part: Buffer) => (form.size += part.length)))
        .on("close", () => void response.json(form)),
    );
  });
  app.get("/page", (_request, response) => void response.type("html").send("<p>page</p>".repeat(1_000)));
  app.get("/cookies", (request, response) => {
    response.cookie("c", "3", { httpOnly: true }).cookie("d", "4").send(request.headers.cookie);
  });
  app.get("/old", (_request, response) => void response.redirect("/new"));
  app.get("/stream", (_request, response) => void Readable.from(["one ", "two ", "three"]).pipe(response));
  app.get("/empty", (_request, response) => void response.sendStatus(204));
  app.get("/boom", async () => {
    await Promise.resolve();
    throw new Error("boom");
  });
  app.use((_error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    response.status(500).send("It failed.");
  });
  return app;
}
