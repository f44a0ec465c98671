// The interop application on @x/responder; src/application.ts says what each mode must do.
// node node.ts ADDRESS
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";

import { serve } from "@x/responder";

import { patternBytes } from "../application.ts";

const [, , address, multiplex] = process.argv;

const server = serve({
  // For everybody: a web server that root started asks as another user.
  ...(address === undefined ? {} : { listen: address, mode: 0o666 }),
  ...(multiplex === undefined ? {} : { multiplex: Number(multiplex) }),
  async fetch(request, { params, stderr }) {
    const query = new URLSearchParams(params.get("QUERY_STRING") ?? "");
    switch (query.get("mode") ?? "echo") {
      case "status": {
        const code = Number(query.get("code"));
        const empty = code === 204 || code === 304;
        return new Response(empty ? null : `status ${code}`, {
          status: code,
          headers: { "content-type": "text/plain" },
        });
      }
      case "bytes":
        return new Response(patternBytes(Number(query.get("size"))), {
          headers: { "content-type": "application/octet-stream" },
        });
      case "count": {
        let count = 0;
        for await (const chunk of request.body ?? []) count += chunk.length;
        return new Response(String(count), { headers: { "content-type": "text/plain" } });
      }
      case "headers": {
        const headers = new Headers({ "content-type": "text/plain", "x-latin1": "caf\u00e9" });
        headers.append("set-cookie", "a=1");
        headers.append("set-cookie", "b=2");
        return new Response("headers", { headers });
      }
      case "stderr":
        stderr.write("a line for the log\n");
        return new Response("stderr", { headers: { "content-type": "text/plain" } });
      case "empty":
        return new Response(null, { headers: { "content-type": "text/plain" } });
      case "redirect":
        return new Response(null, { status: 302, headers: { location: "/elsewhere?x=1" } });
      case "die":
        process.kill(process.pid, "SIGKILL");
        return new Response();
      case "die-late":
        return new Response(dieLate(), { headers: { "content-type": "text/plain" } });
      default: {
        const body = new Uint8Array(await request.arrayBuffer());
        return Response.json({
          pid: process.pid,
          params: params.toObject(),
          length: body.length,
          sha256: createHash("sha256").update(body).digest("hex"),
        });
      }
    }
  },
});
await server.ready;

/** 100,000 bytes, and once they have left, the end of the process. */
function dieLate(): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!sent) {
        sent = true;
        controller.enqueue(new Uint8Array(100_000).fill(0x78));
        return;
      }
      // What was produced in one turn of the event loop is written at its end.
      await setImmediate();
      await setImmediate();
      process.kill(process.pid, "SIGKILL");
    },
  });
}
