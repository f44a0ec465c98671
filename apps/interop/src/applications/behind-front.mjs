// What behaviours/front.ts asks for, behind every web server; plain JavaScript, as it is copied to where web servers may read it.
import { createHash } from "node:crypto";

import { fileResponse } from "@x/responder";

const FILE = new URL(import.meta.url).pathname;
const MIB = 1_048_576;
/** 0 to 255 over and over, so every piece of a body begins alike. */
const PATTERN = Buffer.from(Uint8Array.from({ length: MIB }, (_one, at) => at & 0xff));

export async function fetch(request, { params }) {
  const { pathname, search, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/bytes":
      return bytes(Number(searchParams.get("size")));
    case "/headers": {
      const headers = new Headers({ "x-latin1": "caf\u00e9", "content-type": "text/plain" });
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2; HttpOnly");
      return new Response(request.headers.get("cookie"), { headers });
    }
    case "/redirect":
      return new Response(null, { status: 302, headers: { location: "/elsewhere?x=1" } });
    case "/status":
      return new Response(null, { status: Number(searchParams.get("code")) });
    case "/file":
      return fileResponse(request, FILE, { headers: { "content-type": "text/plain" } });
    case "/events":
      return new Response(events(searchParams.get("mark")), { headers: { "content-type": "text/event-stream" } });
    case "/ended":
      return Response.json(ended.has(searchParams.get("mark")));
    default:
      return Response.json(await echo(request, pathname + search, params));
  }
}

async function echo(request, target, params) {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of request.body ?? []) {
    hash.update(chunk);
    length += chunk.length;
  }
  return {
    pid: process.pid,
    method: request.method,
    target,
    uri: params.get("REQUEST_URI"),
    fields: Object.fromEntries([...request.headers].filter(([name]) => name.startsWith("x-field-"))),
    length,
    sha256: hash.digest("hex"),
  };
}

function bytes(size) {
  let left = size;
  const body = new ReadableStream({
    pull(controller) {
      const piece = PATTERN.subarray(0, Math.min(left, MIB));
      left -= piece.length;
      if (piece.length > 0) controller.enqueue(new Uint8Array(piece));
      if (left === 0) controller.close();
    },
  });
  return new Response(body, {
    headers: { "content-length": String(size), "content-type": "application/octet-stream" },
  });
}

/** The event streams whose browsers have gone. */
const ended = new Set();

function events(mark) {
  let timer;
  return new ReadableStream({
    start(controller) {
      const send = () => controller.enqueue(Buffer.from(`data: ${Date.now()}\n\n`));
      send();
      timer = setInterval(send, 50);
    },
    cancel() {
      clearInterval(timer);
      ended.add(mark);
    },
  });
}
