// One application in all three roles of FastCGI: x-responder node/app.mjs --listen ADDRESS
import { once } from "node:events";
import { connect } from "node:net";

/** Permission: who knows the password is let in, and the application behind is told who that is. */
export function authorize(request) {
  const wanted = `Basic ${btoa("ada:lovelace")}`;
  if (request.headers.get("authorization") === wanted) return { variables: { REMOTE_USER: "ada" } };
  return new Response("Who are you?\n", { status: 401, headers: { "www-authenticate": 'Basic realm="node"' } });
}

/** A file of Markdown that the web server has opened becomes a page: headings, lists and paragraphs, no more. */
export async function filter(request, { data }) {
  let text = "";
  for await (const piece of data.setEncoding("utf8")) text += piece;
  const blocks = text.trim().split(/\n{2,}/);
  const page = `<!doctype html>\n${blocks.map(blockOf).join("\n")}\n`;
  return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
}

function blockOf(block) {
  const safe = block.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const heading = /^(#{1,6}) (.*)$/.exec(safe);
  if (heading) return `<h${heading[1].length}>${heading[2]}</h${heading[1].length}>`;
  if (safe.startsWith("- ")) return `<ul>\n${safe.replaceAll(/^- (.*)$/gm, "<li>$1</li>")}\n</ul>`;
  return `<p>${safe}</p>`;
}

/** An ordinary request; many at once share one connection. */
export function fetch(request, { params }) {
  if (params.get("PATH_INFO") === "/stream") return new Response(ReadableStream.from(pieces()));
  return Response.json({ pid: process.pid, user: params.get("REMOTE_USER"), path: params.get("PATH_INFO") });
}

/** Each piece leaves when it is made; where GATE is set, the next one is made when whoever listens there has hung up. */
async function* pieces() {
  for (let number = 0; number < 3; number++) {
    yield Buffer.from(`piece ${number}\n`);
    if (number < 2 && process.env.GATE !== undefined) {
      const [host, port] = process.env.GATE.split(":");
      await once(connect(Number(port), host).resume(), "close");
    }
  }
}
