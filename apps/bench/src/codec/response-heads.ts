import type { Doors, Suite, Work } from "./suite.ts";

/** What PHP says in front of a page with a session. */
const FIELDS: readonly string[] = [
  ["X-Powered-By", "PHP/8.2.29"],
  ["Set-Cookie", "PHPSESSID=6f1c0e9d5b7a4832a1c0e9d5b7a48321; path=/; HttpOnly; SameSite=Lax"],
  ["Expires", "Thu, 19 Nov 1981 08:52:00 GMT"],
  ["Cache-Control", "no-store, no-cache, must-revalidate"],
  ["Pragma", "no-cache"],
  ["Last-Modified", "Sat, 31 Oct 2026 08:15:30 GMT"],
  ["Content-Language", "de"],
  ["Content-Type", "text/html; charset=UTF-8"],
].flat();

/** Heads are repeated this often in one run. */
const HEADS = 16;

/** The head of a CGI response with eight fields and a Status line, both ways. */
export const responseHeadSuites: Readonly<Record<string, Suite>> = {
  "decode a response head": {
    unit: "head",
    floor: "floor: one latin1 read of the whole, split at its lines",
    candidates: { "floor: one latin1 read of the whole, split at its lines": splitLines, ResponseHeadDecoder: decode },
  },
  "encode a response head": {
    unit: "head",
    floor: "floor: one latin1 write of the finished text",
    candidates: { "floor: one latin1 write of the finished text": writeText, "encodeResponseHead()": encode },
  },
};

function text(): string {
  const lines = ["Status: 200 OK"];
  for (let at = 0; at < FIELDS.length; at += 2) lines.push(`${FIELDS[at]}: ${FIELDS[at + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function repeat(once: () => number): Work {
  const run = (): number => {
    let heads = 0;
    for (let head = 0; head < HEADS; head++) if (once() > 0) heads++;
    return heads;
  };
  return { operations: HEADS, run };
}

function splitLines(): Work {
  const chunk = Buffer.from(`${text()}<!doctype html>`, "latin1");
  const length = text().length;
  return repeat(() => chunk.latin1Slice(0, length).split("\r\n").length);
}

function decode({ cgi }: Doors): Work {
  const chunk = Buffer.from(`${text()}<!doctype html>`, "latin1");
  return repeat(() => {
    const decoder = new cgi.ResponseHeadDecoder();
    return decoder.push(chunk, 0, chunk.length) < 0 ? 0 : decoder.head.rawHeaders.length;
  });
}

function writeText(): Work {
  const whole = text();
  const target = Buffer.alloc(whole.length);
  return repeat(() => target.latin1Write(whole, 0, whole.length));
}

function encode({ cgi }: Doors): Work {
  return repeat(() => cgi.encodeResponseHead(200, "OK", FIELDS).length);
}
