// x-responder examples/express.mjs --listen unix:/run/app.sock
import express from "express";

const app = express();
app.get("/", (request, response) => {
  response.send(`Hello ${request.query.name ?? "world"} from Express\n`);
});
app.get("/events", (_request, response) => {
  response.type("text/event-stream").write("data: at once\n\n");
  const timer = setInterval(() => response.write(`data: ${new Date().toISOString()}\n\n`), 1_000);
  response.on("close", () => clearInterval(timer));
});

// oxlint-disable-next-line import/no-default-export -- what x-responder looks for
export default app;
