import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import type { Places } from "../examples.ts";
import { raw } from "../raw.ts";
import type { Case } from "./corpus.ts";
import { readAnswers } from "./read-answers.ts";
import type { WireAnswer } from "./read-answers.ts";
import type { RunningServer } from "./servers.ts";

/** What a web server made of one case: values by the names of what is compared, in words that are the same for every run. */
export interface Observation {
  /** `200`, `200, 404` of several, `closed`; `cut` behind one that ends before its framing says; `not asked` without the application. */
  readonly status: string;
  /** How often the application was asked. */
  readonly asked: number;
  /** `param NAME`, `stdin`, `role` of the last request that the application got. */
  readonly request: ReadonlyMap<string, string>;
  /** `header NAME`, `body` of the last response. */
  readonly response: ReadonlyMap<string, string>;
  /** Is the last response the application's, and no page of the server's own about an error? */
  readonly fromApplication: boolean;
}

/** Variables of whoever started the server, which Apache passes on. */
const ENVIRONMENT: ReadonlySet<string> = new Set(["PATH", "LD_LIBRARY_PATH"]);

const NOTHING: Omit<Observation, "status"> = {
  asked: 0,
  request: new Map(),
  response: new Map(),
  fromApplication: false,
};

/** What the application never sends: its text is another one in each version of a server. */
const OWN_PAGE = /^<(?:!doctype|html)/i;

/** Bytes of a body. */
const LONG = 16_384;
const FRAMING = ["content-length", "transfer-encoding", "connection"];

interface Recorded {
  readonly role: number;
  readonly params: readonly (readonly [string, string])[];
  readonly stdin: string;
}

/** Sends the corpus, one case after the other. */
export async function observe(server: RunningServer, corpus: readonly Case[]): Promise<Map<string, Observation>> {
  const observations = new Map<string, Observation>();
  let known = 0;
  for (const { name, raw: bytes, ends = false, spared = {} } of corpus) {
    const harm = spared[server.name];
    if (harm !== undefined) {
      observations.set(name, { ...NOTHING, status: harm });
      continue;
    }
    const late = setTimeout(() => console.warn(`${server.name} has not ended "${name}" for 30 s.`), 30_000).unref();
    const { text } = await raw(server.url, bytes, ends);
    clearTimeout(late);
    const record = readFileSync(server.record);
    observations.set(name, interpret(server, bytes, text, readRecord(record, known)));
    known = record.lastIndexOf("\n") + 1;
  }
  return observations;
}

/** The lines that are new since the file was so long. */
function readRecord(record: Buffer, known: number): Recorded[] {
  const lines = record.toString("utf8", known).split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Recorded);
}

function interpret(server: RunningServer, bytes: string, text: string, asked: readonly Recorded[]): Observation {
  const methods = [...bytes.matchAll(/^([!-~]+) [^\r\n]* HTTP\/1\.[01]\r?$/gm)].map(([, method = ""]) => method);
  const answers = readAnswers(text, methods);
  const final = answers.filter(({ status }) => status === 0 || status >= 200).length;
  const last = answers.at(-1);
  const outcomes = answers.map(({ status, cut }) => `${status === 0 ? "no head" : status}${cut ? " cut" : ""}`);
  if (outcomes.length === 0) outcomes.push("closed");
  if (asked.length !== final) outcomes.push(times(asked.length));
  return {
    status: outcomes.join(", "),
    asked: asked.length,
    request: requestValues(server, asked.at(-1)),
    response: responseValues(last),
    fromApplication: last !== undefined && final <= asked.length && last.status <= 500,
  };
}

function times(asked: number): string {
  return asked === 0 ? "not asked" : asked === 1 ? "asked once" : `asked ${asked} times`;
}

function requestValues({ places }: RunningServer, request: Recorded | undefined): Map<string, string> {
  if (request === undefined) return new Map();
  const values = gather(
    request.params
      .filter(([name]) => !ENVIRONMENT.has(beforeRedirect(name)))
      .map(([name, value]) => [`param ${name}`, steadyText(places, steadyParam(name, value))]),
  );
  return values.set("stdin", request.stdin).set("role", String(request.role));
}

function responseValues(answer: WireAnswer | undefined): Map<string, string> {
  if (answer === undefined) return new Map();
  const { fields, body } = answer;
  const values = gather(fields.map(([name, value]) => [`header ${name}`, steadyField(name, value)]));
  if (OWN_PAGE.test(body))
    return values.set("body", "(a page of its own)").set("header content-length", "(its length)");
  // How a long one is framed depends on how much of it had come when the head went out.
  if (body.length > LONG) for (const name of FRAMING) values.delete(`header ${name}`);
  return values.set("body", shorten(body));
}

/** Values by name; what is there several times is said so. */
function gather(pairs: readonly (readonly [string, string])[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before} & ${value}`);
  }
  return values;
}

function steadyParam(name: string, value: string): string {
  const plain = beforeRedirect(name);
  if (plain === "REMOTE_PORT" && /^\d+$/.test(value)) return "(port)";
  return plain === "SERVER_SOFTWARE" || plain === "SERVER_SIGNATURE" ? (value === "" ? "" : "(its name)") : value;
}

/** Apache says after a redirect of its own what was before. */
function beforeRedirect(name: string): string {
  return name.replace(/^(?:REDIRECT_)+(?!STATUS$)/, "");
}

function steadyField(name: string, value: string): string {
  if (name === "date" && !value.includes("01 Jan 2026")) return "(now)";
  if (name === "server" && value !== "application") return "(its name)";
  return value;
}

function steadyText(places: Places, value: string): string {
  const text = value.replaceAll(places.site, "/srv/app").replaceAll(places.socket, "/run/app.sock");
  return shorten(text === String(places.port) ? "(listens)" : text.replaceAll(`:${places.port}`, ":(listens)"));
}

/** Long values are told apart by their lengths and hashes. */
function shorten(value: string): string {
  if (value.length <= 120) return value;
  return `${value.length} bytes, ${createHash("sha256").update(value, "latin1").digest("hex").slice(0, 8)}`;
}
