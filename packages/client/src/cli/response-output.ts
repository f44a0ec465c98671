import { once } from "node:events";
import { writeFileSync } from "node:fs";

import type { ResponseData } from "../request.ts";
import type { ResponseBody } from "../response-body.ts";
import { printable } from "./printable.ts";

/** The head as the application sent it, latin-1. */
export function headText({ statusCode, statusText, rawHeaders }: ResponseData): string {
  const lines = [`Status: ${statusCode}${statusText === "" ? "" : ` ${statusText}`}`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Writes a body to standard output, at the speed at which that is read. */
export async function writeBody(body: ResponseBody): Promise<void> {
  for await (const chunk of body) {
    if (!process.stdout.write(chunk as Buffer)) await once(process.stdout, "drain");
  }
}

/** What the application wrote to stderr, safe for a terminal. */
export function showStderr(text: string): void {
  if (text !== "") process.stderr.write(`${printable(text.trimEnd())}\n`);
}

/** The whole response as JSON: the body as text if it is UTF-8, else in base64. */
export async function showJson(response: ResponseData, output: string | undefined): Promise<void> {
  const { statusCode, statusText, headers, rawHeaders } = response;
  const body = Buffer.from(await response.body.bytes());
  const text = body.toString();
  const encoded = Buffer.from(text).equals(body) ? { body: text } : { bodyBase64: body.toString("base64") };
  const { appStatus } = await response.ended;
  const stderr = await response.stderr;
  const whole = { statusCode, statusText, headers, rawHeaders, ...encoded, stderr, appStatus };
  const json = `${JSON.stringify(whole, undefined, 2)}\n`;
  if (output === undefined) process.stdout.write(json);
  else writeFileSync(output, json);
}
