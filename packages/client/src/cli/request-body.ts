import { randomBytes } from "node:crypto";
import { openAsBlob, readFileSync, statSync } from "node:fs";
import { basename, extname } from "node:path";

import type { Arguments } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

/** A request body, of a length that is known. */
export interface CommandBody {
  content: Buffer | Blob;
  length: number;
  type: string;
}

/** The body that -d, --data-binary and -F say, as curl understands them. @throws UsageError */
export async function readBody(args: Arguments): Promise<CommandBody | undefined> {
  const kinds = ["data", "data-binary", "form"].filter((name) => args.has(name));
  if (kinds.length > 1) throw new UsageError(`A request has one body: --${kinds[0]} and --${kinds[1]} make two.`);
  if (args.has("form")) return multipart(args.all("form"));
  const type = "application/x-www-form-urlencoded";
  const binary = args.get("data-binary");
  if (binary?.startsWith("@") === true && binary !== "@-") {
    const content = await openFile(binary.slice(1), "The data cannot be read from");
    return { content, length: content.size, type };
  }
  const pieces = (binary === undefined ? args.all("data") : [binary]).map(readData);
  if (pieces.length === 0) return undefined;
  // Several are fields of one form.
  const content = Buffer.concat(pieces.flatMap((piece, index) => (index === 0 ? [piece] : [AMPERSAND, piece])));
  return { content, length: content.length, type };
}

const AMPERSAND = Buffer.from("&");

function readData(data: string): Buffer {
  if (!data.startsWith("@")) return Buffer.from(data);
  const file = data.slice(1);
  try {
    return readFileSync(file === "-" ? 0 : file);
  } catch (error) {
    throw new UsageError(`The data cannot be read from ${file}: ${(error as Error).message}.`);
  }
}

/** multipart/form-data (RFC 7578): files are read when they are sent. */
async function multipart(fields: readonly string[]): Promise<CommandBody> {
  const boundary = `x-client-${randomBytes(12).toString("hex")}`;
  const parts: (Blob | string)[] = [];
  for (const field of fields) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(field) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`A field is written NAME=VALUE or NAME=@FILE, not ${JSON.stringify(field)}.`);
    }
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"`;
    if (value.startsWith("@") || value.startsWith("<")) {
      const { file, type, filename } = readFileField(value.slice(1));
      const content = await openFile(file, `The field ${name} cannot be read from`);
      const named = value.startsWith("<") ? "" : `; filename="${escapeName(filename)}"\r\nContent-Type: ${type}`;
      parts.push(`${head}${named}\r\n\r\n`, content, "\r\n");
    } else parts.push(`${head}\r\n\r\n${value}\r\n`);
  }
  const content = new Blob([...parts, `--${boundary}--\r\n`]);
  return { content, length: content.size, type: `multipart/form-data; boundary=${boundary}` };
}

const TYPES: Readonly<Record<string, string>> = {
  ".gif": "image/gif",
  ".html": "text/html",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".json": "application/json",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".xml": "application/xml",
};

/** `photo.jpg;type=image/jpeg;filename=sunset.jpg` */
function readFileField(text: string): { file: string; type: string; filename: string } {
  const [, file = "", rest = ""] = /^(.*?)((?:;(?:type|filename)=[^;]*)*)$/s.exec(text) ?? [];
  const given = new Map(
    rest
      .split(";")
      .slice(1)
      .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  return {
    file,
    type: given.get("type") ?? TYPES[extname(file).toLowerCase()] ?? "application/octet-stream",
    filename: given.get("filename") ?? basename(file),
  };
}

/** As browsers escape what would end the quotes or the line. */
function escapeName(name: string): string {
  return name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

async function openFile(file: string, what: string): Promise<Blob> {
  try {
    // A folder opens as a blob, too, and fails when it is read.
    if (!statSync(file).isFile()) throw new Error("it is no file");
    return await openAsBlob(file);
  } catch (error) {
    throw new UsageError(`${what} ${file}: ${(error as Error).message}.`);
  }
}
