// One of several backends, which says its name: node numbered.ts ADDRESS NAME
//
//   /         its name
//   /hold     its name, once /release was asked for
//   /held     the methods of the requests that are held
import { serve } from "@x/responder";

const [address = "", name = ""] = process.argv.slice(2);
let held: { method: string; release: () => void }[] = [];

const server = serve({
  listen: address,
  mode: 0o666, // the proxy is another user, when root starts it
  async fetch(request) {
    const headers = { "content-type": "text/plain" };
    switch (new URL(request.url).pathname) {
      case "/hold":
        await new Promise<void>((release) => held.push({ method: request.method, release }));
        return new Response(name, { headers });
      case "/held":
        return Response.json(held.map(({ method }) => method));
      case "/release":
        for (const { release } of held) release();
        held = [];
        return new Response(null, { status: 204 });
      default:
        return new Response(name, { headers });
    }
  },
});
await server.ready;
