/** One response, as it stood on the wire. */
export interface WireAnswer {
  readonly status: number;
  /** Names in lower case and values, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Without transfer coding; one character a byte. */
  readonly body: string;
  /** It ends before its framing says. */
  readonly cut: boolean;
}

/**
 * Reads the responses in what a server sent until it closed the connection. Lenient: what servers really send is what is compared.
 *
 * @param methods of the requests, in order
 */
export function readAnswers(text: string, methods: readonly string[]): WireAnswer[] {
  const answers: WireAnswer[] = [];
  let rest = text;
  for (let at = 0; rest !== "";) {
    const end = rest.indexOf("\r\n\r\n");
    const [line = "", ...lines] = (end < 0 ? rest : rest.slice(0, end)).split("\r\n");
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1];
    // HTTP/0.9 has no head; and whoever is answered with two bodies sees this.
    if (status === undefined) return [...answers, { status: 0, fields: [], body: rest, cut: false }];
    const fields = lines.map(readField);
    const body = end < 0 ? "" : rest.slice(end + 4);
    const interim = status.startsWith("1");
    const bodiless = interim || status === "204" || status === "304" || methods[at] === "HEAD";
    const framed = bodiless ? { body: "", rest: body, cut: false } : readBody(fields, body);
    // Whether 100 comes depends on how fast the body did.
    if (status !== "100")
      answers.push({ status: Number(status), fields, body: framed.body, cut: framed.cut || end < 0 });
    rest = framed.rest;
    if (!interim) at++;
  }
  return answers;
}

function readField(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

interface Framed {
  readonly body: string;
  readonly rest: string;
  readonly cut: boolean;
}

function readBody(fields: WireAnswer["fields"], text: string): Framed {
  const last = (wanted: string): string | undefined => fields.findLast(([name]) => name === wanted)?.[1];
  if (last("transfer-encoding")?.toLowerCase() === "chunked") return readChunks(text);
  const length = last("content-length");
  if (length === undefined || !/^\d+$/.test(length)) return { body: text, rest: "", cut: false };
  return { body: text.slice(0, Number(length)), rest: text.slice(Number(length)), cut: text.length < Number(length) };
}

function readChunks(text: string): Framed {
  let body = "";
  for (let at = 0; ;) {
    const line = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (line < 0 || Number.isNaN(size)) return { body, rest: "", cut: true };
    if (size === 0) {
      // Nobody here sends trailers.
      const end = text.indexOf("\r\n", line + 2);
      return { body, rest: end < 0 ? "" : text.slice(end + 2), cut: end < 0 };
    }
    const start = line + 2;
    body += text.slice(start, start + size);
    if (text.length < start + size + 2) return { body, rest: "", cut: true };
    at = start + size + 2;
  }
}
