import { statusText } from "./status-text.ts";

/** What an error page is made of. */
export interface ErrorPage {
  readonly status: number;
  /** For looking the request up in the log. */
  readonly id: string;
  /** Undefined for a stranger, who learns nothing else. */
  readonly details: ErrorDetails | undefined;
}

/** What a developer is told. All of it may hold bytes of the client or of the application. */
export interface ErrorDetails {
  readonly reason: string;
  readonly advice: string | undefined;
  /** Name and value, such as upstream, address, phase, code. */
  readonly facts: readonly (readonly [string, string])[];
  /** The end of what the application wrote to stderr. */
  readonly stderr: string | undefined;
}

/** A page as it goes out. */
export interface RenderedPage {
  readonly rawHeaders: string[];
  readonly body: Buffer;
}

/** Renders an error page, as HTML or, for a client that does not ask for HTML, as text. */
export function renderErrorPage(page: ErrorPage, html: boolean): RenderedPage {
  const body = Buffer.from(html ? toHtml(page) : toText(page), "utf8");
  const rawHeaders = [
    "Content-Type",
    html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8",
    "Content-Length",
    String(body.length),
    "Cache-Control",
    "no-store",
    "X-Content-Type-Options",
    "nosniff",
  ];
  if (html) rawHeaders.push("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  return { rawHeaders, body };
}

function toText({ status, id, details }: ErrorPage): string {
  const lines = [`${status} ${statusText(status)}`, ""];
  if (details !== undefined) {
    lines.push(visible(details.reason), "");
    if (details.advice !== undefined) lines.push(visible(details.advice), "");
    for (const [name, value] of details.facts) lines.push(`${name}: ${visible(value)}`);
    if (details.stderr !== undefined)
      lines.push("", "The application wrote to stderr:", "", ...details.stderr.split("\n").map(visible), "");
  }
  lines.push(`request id: ${id}`, "");
  return lines.join("\n");
}

function toHtml({ status, id, details }: ErrorPage): string {
  const title = escapeHtml(`${status} ${statusText(status)}`);
  const parts = [
    "<!doctype html>",
    '<html lang="en">',
    `<meta charset="utf-8">`,
    `<title>${title}</title>`,
    STYLE,
    `<h1>${title}</h1>`,
  ];
  if (details !== undefined) {
    parts.push(`<p class="reason">${escapeHtml(details.reason)}</p>`);
    if (details.advice !== undefined) parts.push(`<h2>What to do</h2>`, `<p>${escapeHtml(details.advice)}</p>`);
    parts.push(
      "<table>",
      ...details.facts.map(([name, value]) => `<tr><th>${escapeHtml(name)}<td>${escapeHtml(value)}`),
      "</table>",
    );
    if (details.stderr !== undefined) {
      parts.push(
        "<h2>The application wrote to stderr</h2>",
        `<pre>${details.stderr.split("\n").map(escapeHtml).join("\n")}</pre>`,
      );
    }
    parts.push(
      "<p>Only a developer sees all of this (see errors in the configuration); others see the status and the request id alone.</p>",
    );
  }
  parts.push(`<p>Request id <code>${escapeHtml(id)}</code></p>`, "</html>", "");
  return parts.join("\n");
}

/** In the browser's own colours, light or dark: what is set here is shades of them. */
const STYLE =
  '<meta name="viewport" content="width=device-width">\n<style>:root{color-scheme:light dark}' +
  "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:3rem auto;padding:0 1rem;overflow-wrap:anywhere}" +
  ".reason{font-weight:600}th{text-align:left;padding-right:2rem;font-weight:400;opacity:.7;white-space:nowrap}" +
  "pre{background:#8882;padding:1rem;overflow:auto}</style>";

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES.get(character) ?? character);
}

/** Control characters, and those that turn text around, as escapes: a terminal must not obey what a client wrote. */
function visible(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
