import type { FastCGIRequest, FastCGIResponse } from "@x/responder";

import { answeredBy } from "./status.ts";
import { requestVariables } from "./variables.ts";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The page of the Node application: what streams, and what came with the request. */
export function sendPage(request: FastCGIRequest, response: FastCGIResponse): void {
  const body = Buffer.from(page(requestVariables(request.params)));
  response.writeHead(200, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": body.length,
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
  });
  response.end(body);
}

function page(variables: readonly (readonly [string, string])[]): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>The Node application</title>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/assets/style.css">
    <link rel="stylesheet" href="/assets/pages.css">
    <script type="module" src="/assets/node.js"></script>
  </head>
  <body>
    <a class="back" href="/">← Overview</a>
    <header class="top">
      <h1>The Node application</h1>
      <p class="lead">Answered by process ${process.pid}: ${escape(answeredBy())}.</p>
    </header>
    <main class="cards">
      <section class="card node" aria-labelledby="clock-name">
        <h2 id="clock-name">A clock</h2>
        <p class="clock" id="clock">–– : –– : ––</p>
        <p>The application sends a line each second; the server passes each on at once.</p>
      </section>

      <section class="card node" aria-labelledby="lines-name">
        <h2 id="lines-name">Lines, one by one</h2>
        <p>An answer of three seconds, shown while it comes.</p>
        <button type="button" id="lines-start">Ask for the lines</button>
        <pre class="answer" id="lines" role="log" aria-labelledby="lines-name" tabindex="0" hidden></pre>
      </section>

      <section class="card node" aria-labelledby="request">
        <h2 id="request">The variables of this request</h2>
        <p>What the server said about your request, in the words of CGI.</p>
        <table>
          <tbody>
${variables.map(row).join("\n")}
          </tbody>
        </table>
      </section>
    </main>
  </body>
</html>
`;
}

function row([name, value]: readonly [string, string]): string {
  const shown = value === "" ? "empty" : `<code>${escape(value)}</code>`;
  return `            <tr><th scope="row"><code>${escape(name)}</code></th><td>${shown}</td></tr>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
