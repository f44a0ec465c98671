import { once } from "node:events";
import { createWriteStream, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";

import type { ResponseData } from "../request.ts";
import type { ResponseBody } from "../response-body.ts";
import { printable } from "./printable.ts";
import { UsageError } from "./usage-error.ts";

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

/** Can there be such a file? Asked before the request, which may run once only. @throws UsageError */
export function checkOutput(file: string | undefined): void {
  if (file === undefined) return;
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UsageError(`--output takes a file, and ${file} is a folder.`);
  if (statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`--output ${file} cannot be written: there is no folder ${dirname(file)}.`);
}

/** Writes a body to a file. */
export async function saveBody(body: ResponseBody, file: string): Promise<void> {
  const target = createWriteStream(file);
  let failed: Error | undefined;
  target.once("error", (error) => (failed = error));
  try {
    await pipeline(body, target);
  } catch (error) {
    if (error !== failed) throw error;
    throw new Error(`The answer cannot be written to ${file}: ${failed?.message}.`, { cause: error });
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
