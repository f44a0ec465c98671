// Answers, and decides about access: x-responder examples/app.mjs --listen unix:/run/app.sock
import { createHash } from "node:crypto";

export async function fetch(request, { params }) {
  const url = new URL(request.url);
  if (url.pathname.endsWith("/events"))
    return new Response(events(), { headers: { "content-type": "text/event-stream" } });
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of request.body ?? []) {
    hash.update(chunk);
    length += chunk.length;
  }
  const user = params.get("REMOTE_USER") || params.get("USER") || null;
  return Response.json({
    method: request.method,
    path: url.pathname + url.search,
    user,
    length,
    sha256: hash.digest("hex"),
  });
}

export function authorize(request, { params }) {
  // Apache's mod_authnz_fcgi has read the Authorization header itself.
  const { authorization, "x-key": key } = Object.fromEntries(request.headers);
  const basic = authorization ?? `Basic ${btoa(`${params.get("REMOTE_USER")}:${params.get("REMOTE_PASSWD")}`)}`;
  if (key === "sesame" || basic === `Basic ${btoa("ada:sesame")}`) return { variables: { USER: "ada" } };
  return new Response("Who are you?\n", { status: 401, headers: { "www-authenticate": 'Basic realm="app"' } });
}

function events() {
  let timer;
  return new ReadableStream({
    start(controller) {
      const send = () => controller.enqueue(Buffer.from(`data: ${Date.now()}\n\n`));
      send();
      timer = setInterval(send, 1_000);
    },
    cancel: () => clearInterval(timer),
  });
}
