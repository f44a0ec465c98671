// Listens on fd 0, as a web server that spawns its applications wants it; says so on outputs that may be closed.
import { serve } from "../../src/index.ts";

console.log("starting");
console.error("starting");
const server = serve({
  fetch: (request) => {
    console.log("request for", request.url);
    console.error("request for", request.url);
    return new Response(`${process.pid}`);
  },
});
server.ready.then(
  () => console.log("ready"),
  (error: unknown) => {
    console.error((error as Error).message);
    process.exit(1);
  },
);
