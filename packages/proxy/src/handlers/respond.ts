import type { ResolvedRespond } from "../config/resolved-answers.ts";
import type { ServedRequest } from "../http/served-request.ts";
import type { Handler } from "./handler.ts";

/** Answers with what the configuration says (nginx `return`). */
export class RespondHandler implements Handler {
  readonly traces = true;
  readonly #status: number;
  readonly #rawHeaders: readonly string[];
  readonly #body: Buffer;

  constructor({ status, headers, body }: ResolvedRespond) {
    this.#status = status;
    this.#body = Buffer.from(body, "utf8");
    this.#rawHeaders = [...headers].flat();
  }

  handle(served: ServedRequest): void {
    const { response, method } = served;
    const bodiless = this.#status === 204 || this.#status === 304;
    response.start(
      this.#status,
      bodiless ? [...this.#rawHeaders] : [...this.#rawHeaders, "Content-Length", String(this.#body.length)],
    );
    if (!bodiless && method !== "HEAD" && this.#body.length > 0) response.write(this.#body, kept);
    response.end();
    served.settle();
  }
}

/** The body is the same for all. */
function kept(): void {}
