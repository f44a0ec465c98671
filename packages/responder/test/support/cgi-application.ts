// An application as a web server starts it by CGI: prints, which must not harm the response, and leaves something running.
import { serve } from "../../src/index.ts";

console.log("printed at the start");
setInterval(() => {}, 1_000);
serve({
  handler: async (request, response) => {
    console.log("printed by the handler");
    let length = 0;
    for await (const chunk of request.stdin) length += (chunk as Buffer).length;
    if (request.url === "/throw") throw new Error("expected by a test");
    if (request.url === "/large") {
      response.writeHead(200, { "Content-Type": "application/octet-stream" });
      for (let at = 0; at < 64; at++) if (!response.write(Buffer.alloc(65_536, at))) await drained(response);
      response.end();
      return;
    }
    response.appStatus = request.url === "/status" ? 7 : 0;
    const latin1 = request.params.get("HTTP_X_LATIN1") ?? "";
    response.writeHead(200, { "Content-Type": "text/plain", "X-Latin1": latin1 });
    response.end(`${request.method} ${request.url} ${length} ${request.params.get("GATEWAY_INTERFACE")}`);
  },
}).ready.then(
  (address) => console.error("ready", address),
  (error: unknown) => console.error(error),
);

function drained(response: { once(event: "drain" | "close", listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => {
    response.once("drain", resolve);
    response.once("close", resolve);
  });
}
