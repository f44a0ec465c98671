// SCGI requests written and read without any code of the package.
import { concat, latin1, textOf } from "./wire.ts";

/** A netstring of any headers: nothing is added, nothing is checked. */
export function netstring(headers: readonly (readonly [name: string, value: string])[]): Uint8Array {
  const list = headers.map(([name, value]) => `${name}\0${value}\0`).join("");
  return latin1(`${list.length}:${list},`);
}

/** A request as the specification wants it. */
export function scgiRequest(headers: Readonly<Record<string, string>>, body = ""): Uint8Array {
  const fixed: [string, string][] = [
    ["CONTENT_LENGTH", String(body.length)],
    ["SCGI", "1"],
  ];
  return concat(netstring([...fixed, ...Object.entries(headers)]), latin1(body));
}

/** Reads a request by the letter of the specification; whatever breaks it throws. */
export function strictScgi(bytes: Uint8Array): { headers: [name: string, value: string][]; body: string } {
  const text = textOf(bytes);
  const colon = text.indexOf(":");
  const digits = text.slice(0, colon);
  if (!/^(?:0|[1-9][0-9]*)$/.test(digits)) throw new Error(`no length: ${digits}`);
  const list = text.slice(colon + 1, colon + 1 + Number(digits));
  if (list.length !== Number(digits)) throw new Error("netstring cut");
  if (text[colon + 1 + list.length] !== ",") throw new Error("no comma");
  if (!list.endsWith("\0")) throw new Error("no NUL at the end");
  const parts = list.slice(0, -1).split("\0");
  if (parts.length % 2 !== 0) throw new Error("a name without a value");
  const headers: [string, string][] = [];
  for (let index = 0; index < parts.length; index += 2) headers.push([parts[index]!, parts[index + 1]!]);
  const names = headers.map(([name]) => name);
  if (names.includes("")) throw new Error("empty name");
  if (new Set(names).size !== names.length) throw new Error("a name twice");
  if (names[0] !== "CONTENT_LENGTH") throw new Error("CONTENT_LENGTH is not first");
  if (headers.find(([name]) => name === "SCGI")?.[1] !== "1") throw new Error("no SCGI");
  const body = text.slice(colon + 1 + list.length + 1);
  if (!/^[0-9]+$/.test(headers[0]![1]) || body.length !== Number(headers[0]![1]))
    throw new Error(`a body of ${body.length} bytes`);
  return { headers, body };
}
