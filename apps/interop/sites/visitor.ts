import { type Answer, type Send, send } from "../src/http.ts";

/** A browser as far as it takes: it keeps cookies. */
export class Visitor {
  readonly #url: string;
  readonly #cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  async ask(path: string, more: Send = {}): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await send(this.#url, path, { ...more, headers: { ...more.headers, cookie } });
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split(/=(.*)/s);
      if (value === "" || value === "deleted") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return answer;
  }

  post(path: string, fields: Record<string, string>): Promise<Answer> {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return this.ask(path, { method: "POST", headers, body: new URLSearchParams(fields).toString() });
  }

  async upload(path: string, fields: Record<string, string>, name: string, file: File): Promise<Answer> {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.set(field, value);
    form.set(name, file);
    const encoded = new Response(form);
    const headers = { "content-type": encoded.headers.get("content-type") ?? "" };
    return this.ask(path, { method: "POST", headers, body: Buffer.from(await encoded.arrayBuffer()) });
  }
}
