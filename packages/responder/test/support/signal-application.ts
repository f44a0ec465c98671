// Answers a request when its body has come; ends by signal.
import { serve } from "../../src/index.ts";

const server = serve({
  fetch: async (request) => new Response(await request.text()),
  listen: process.env["LISTEN"] ?? "",
  grace: Number(process.env["GRACE"] ?? 30_000),
});
// Something else that would keep the process alive: the exit does not wait for it.
setInterval(() => {}, 1_000);
console.log(await server.ready);
