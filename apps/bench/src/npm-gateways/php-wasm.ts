// node:http with PHP compiled to WebAssembly in the server's own process. Arguments: PORT SOCKET (unused) ROOT
import { createServer } from "node:http";

import { createNodeFsMountHandler, loadNodeRuntime } from "@php-wasm/node";
import { PHP } from "@php-wasm/universal";

const [port, , root = "/"] = process.argv.slice(2);
const recreateRuntime = (): Promise<number> =>
  loadNodeRuntime("8.4", { emscriptenOptions: { processId: process.pid } });
const php = new PHP(await recreateRuntime());
php.mkdir(root);
await php.mount(root, createNodeFsMountHandler(root));
// A runtime loses file descriptors with each request: its makers change it after 400, their default here.
php.enableRuntimeRotation({ recreateRuntime });

// One instance runs one script at a time.
let last: Promise<unknown> = Promise.resolve();
createServer((request, response) => {
  last = last.then(async () => {
    const { bytes } = await php.run({
      scriptPath: root + (request.url ?? "/"),
      relativeUri: request.url ?? "/",
      method: "GET",
    });
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(bytes);
  });
}).listen(Number(port), "127.0.0.1");
