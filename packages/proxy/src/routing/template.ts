import { encodePath } from "../http/encode-path.ts";

/** What the placeholders of a template stand for; latin-1. */
export interface TemplateValues {
  readonly scheme: string;
  /** With its port, if one was named. */
  readonly host: string;
  /** Without it. */
  readonly hostname: string;
  /** Decoded and clean. */
  readonly path: string;
  /** As it came. */
  readonly query: string;
  /** Of the route's regular expression, decoded. */
  readonly captures: readonly (string | undefined)[];
}

const PLACEHOLDER = /\{(scheme|host|hostname|path|query|uri)\}|\$(\d)/g;
const ANY = /\{[^}]*\}?|\$\d?/g;

/** What is wrong with a template; undefined: nothing. */
export function flawOfTemplate(template: string, captures: number, absolute: boolean): string | undefined {
  if (!/^[!-~]+$/.test(template)) return "must be of visible ASCII characters: encode all others as %XX.";
  for (const [written] of template.matchAll(ANY)) {
    if (/^\{(?:scheme|host|hostname|path|query|uri)\}$/.test(written)) continue;
    if (!/^\$[1-9]$/.test(written))
      return `has ${written}, which stands for nothing: there are {scheme}, {host}, {hostname}, {path}, {query}, {uri}, and $1 to $9.`;
    if (Number(written[1]) > captures)
      return `has ${written}, and match.regex has ${captures === 0 ? "no group" : `${captures} only`}.`;
  }
  if (template.startsWith("/") || template.startsWith("{path}") || template.startsWith("{uri}")) return undefined;
  if (!absolute) return 'must begin with "/" or "{path}".';
  return /^(?:https?|\{scheme\}):\/\/[^/]/.test(template) ? undefined : 'must begin with "/", "http://" or "https://".';
}

/** Fills a template in; what stands for bytes of the path or of the query is encoded for its place. */
export function fillTemplate(template: string, values: TemplateValues): string {
  const question = template.indexOf("?");
  const filled = template.replace(
    PLACEHOLDER,
    (_all, name: string | undefined, group: string | undefined, at: number) => {
      const inQuery = question >= 0 && at > question;
      if (group !== undefined) return encodeFor(values.captures[Number(group)] ?? "", inQuery);
      switch (name) {
        case "scheme":
          return values.scheme;
        case "host":
          return values.host;
        case "hostname":
          return values.hostname;
        case "path":
          return encodeFor(values.path, inQuery);
        case "query":
          return values.query;
        default:
          return `${encodePath(values.path)}${values.query === "" ? "" : `?${values.query}`}`;
      }
    },
  );
  // A path that begins with two slashes would name another server.
  return filled.startsWith("/") ? filled.replace(/^\/+/, "/") : filled;
}

function encodeFor(text: string, inQuery: boolean): string {
  const encoded = encodePath(text);
  return inQuery
    ? encoded.replaceAll(/[&=+;]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    : encoded;
}
