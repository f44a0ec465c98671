import type { PHP, PHPRunOptions, StreamedPHPResponse } from "@php-wasm/universal";
import type { FastCGIRequest, FastCGIResponse } from "@x/responder";

import type { Served } from "../application/served.ts";

/** What a script asks for beside its answer: `post_message_to_js("end")` ends the process when the answer is out. */
export type Wish = "end" | undefined;

/** Runs the script of a FastCGI request as PHP-FPM would: variables and body in, head and body out. One at a time. */
export class ScriptRunner {
  readonly #php: PHP;
  readonly #served: Served;
  #wish: Wish;

  constructor(php: PHP, served: Served) {
    this.#php = php;
    this.#served = served;
    php.onMessage((message) => {
      if (message === "end") this.#wish = "end";
    });
  }

  /** Writes the answer of the script; ending it is left to the caller. @throws when PHP has crashed */
  async run(request: FastCGIRequest, body: Uint8Array, response: FastCGIResponse): Promise<Wish> {
    const answer = await this.#php.runStream(this.#options(request, body));
    const errors = answer.stderrText;
    response.writeHead(await answer.httpStatusCode, headersOf(await answer.headers));
    await copyBody(answer, response);
    const told = await errors;
    if (told !== "") response.stderr.write(told);
    response.appStatus = await answer.exitCode;
    const wish = this.#wish;
    this.#wish = undefined;
    return wish;
  }

  #options(request: FastCGIRequest, body: Uint8Array): PHPRunOptions {
    const server: Record<string, string> = { DEMO_PROCESS: JSON.stringify(this.#served.facts) };
    for (const [name, value] of request.params) server[name] = text(value);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = text(value);
    return {
      scriptPath: server["SCRIPT_FILENAME"] ?? "",
      relativeUri: text(request.url),
      protocol: request.scheme,
      method: request.method,
      headers,
      body,
      $_SERVER: server,
    };
  }
}

/** PHP in WebAssembly takes text, and makes UTF-8 of it: bytes that came as UTF-8 arrive as they were. */
function text(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

function headersOf(headers: Readonly<Record<string, readonly string[]>>): [string, string][] {
  return Object.entries(headers).flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
}

/** To its end even when nobody listens any more: PHP cannot be stopped half-way. */
async function copyBody(answer: StreamedPHPResponse, response: FastCGIResponse): Promise<void> {
  for await (const chunk of answer.stdout) {
    if (response.destroyed || response.write(chunk)) continue;
    await new Promise<void>((resolve) => response.once("drain", resolve).once("close", resolve));
  }
}
