import { afterAll, describe, expect, test } from "vitest";

import { FastResponse } from "../src/index.ts";
import { fetchApplication } from "./support/application.ts";
import type { Application } from "./support/application.ts";
import { post } from "./support/front-end.ts";

const natives = { Request: globalThis.Request, Response: globalThis.Response };
afterAll(() => void Object.assign(globalThis, natives));

const REQUEST = {
  REQUEST_METHOD: "GET",
  REQUEST_URI: "/a/b?c=%20d",
  HTTP_HOST: "Shop.test:80",
  HTTP_ACCEPT: "text/html",
  HTTP_SPACED: " x ",
};

/** The same handler, lean and not. */
async function both(
  handler: (request: Request) => Response | Promise<Response>,
  exchange: { params?: Record<string, string>; stdin?: string } = { params: REQUEST },
): Promise<[lean: string, native: string]> {
  const answers: string[] = [];
  for (const lean of [true, false]) {
    const app: Application = await fetchApplication(handler, { lean });
    const { head, body } = await (await app.connect()).exchange(1, exchange);
    answers.push(`${head}${body}`);
  }
  return answers as [string, string];
}

describe("a lean request", () => {
  const looks: [string, (request: Request) => unknown][] = [
    ["what is asked most", ({ method, url }) => [method, url]],
    [
      "headers",
      ({ headers }) => [headers.get("Accept"), headers.get("none"), headers.has("hOST"), headers.get("spaced")],
    ],
    [
      "all headers",
      ({ headers }) => [[...headers], [...headers.keys()], [...headers.values()], Object.fromEntries(headers)],
    ],
    ["a name that none can have", ({ headers }) => thrown(() => headers.get("a b"))],
    ["headers that are copied", (request) => [...new Headers(request.headers)]],
    [
      "headers that are changed",
      ({ headers }) => {
        headers.set("accept", "image/png");
        headers.append("x", "1");
        headers.delete("spaced");
        return [...headers, headers.get("accept")];
      },
    ],
    ["its body", async (request) => [request.body, request.bodyUsed, await request.text()]],
    ["what is seldom asked", ({ cache, mode, redirect, duplex }) => [cache, mode, redirect, duplex]],
    [
      "what it is",
      (request) => [
        request instanceof Request,
        request.headers instanceof Headers,
        Object.prototype.toString.call(request),
      ],
    ],
    ["a clone", (request) => [request.clone().url, [...request.clone().headers]]],
    ["a request made of it", (request) => [new Request(request, { method: "PUT" }).method, new Request(request).url]],
    ["a request made with it", (request) => [...new Request("http://other.test/", request).headers]],
    [
      "changed headers in one made of it",
      (request) => (request.headers.set("x", "1"), [...new Request(request).headers]),
    ],
    ["its signal", ({ signal }) => [signal instanceof AbortSignal, signal.aborted]],
  ];
  test.each(looks)("is as a native one: %s", async (_name, look) => {
    const [lean, native] = await both(async (request) => Response.json(await look(request)));
    expect(lean).toBe(native);
    expect(native).toContain("Status: 200");
  });

  test.each([
    "/",
    "/a/../b",
    "/a/%2e%2E/b",
    "//x/y",
    "/a b",
    "/\u00e9?'<>",
    "/?a?b",
    "*",
    "http://x.test/y",
    "/a\\b#c",
    "/a|b^`{}",
  ])("[C31] has the URL of a native one: %s", async (target) => {
    for (const host of ["shop.test", "SHOP.test:80", "[::1]:8080", "evil.test/admin?", ""]) {
      const params = { ...REQUEST, REQUEST_URI: target, HTTP_HOST: host };
      const [lean, native] = await both(({ url }) => new Response(url), { params });
      expect(lean).toBe(native);
    }
  });

  test("reads a body", async () => {
    const [lean, native] = await both(async (request) => Response.json([await request.json(), request.bodyUsed]), {
      params: post(9, { CONTENT_TYPE: "application/json" }),
      stdin: '{"a":"b"}',
    });
    expect(lean).toBe(native);
  });
});

describe("FastResponse", () => {
  const Native = natives.Response;
  const made: [string, (Class: typeof Response) => Response][] = [
    ["text", (Class) => new Class("gr\u00fc\u00df \ud800")],
    ["text with a type", (Class) => new Class("a", { headers: { "Content-Type": "text/html", "X-A": "1" } })],
    ["nothing", (Class) => new Class()],
    ["null", (Class) => new Class(null, { status: 204, statusText: "Nothing" })],
    ["empty text", (Class) => new Class("")],
    ["bytes", (Class) => new Class(Uint8Array.of(1, 2, 255))],
    [
      "pairs",
      (Class) =>
        new Class("a", {
          headers: [
            ["a", "1"],
            ["A", "2"],
          ],
        }),
    ],
    ["names that differ in case", (Class) => new Class("a", { headers: { a: "1", A: "2" } })],
    ["Headers", (Class) => new Class("a", { headers: new Headers({ b: "1" }) })],
    ["values that are trimmed", (Class) => new Class("a", { headers: { b: " 1 " } })],
    ["a number for a value", (Class) => new Class("a", { headers: { b: 1 as unknown as string } })],
    ["a stream", (Class) => new Class(new Blob(["a"]).stream())],
    ["a form", (Class) => new Class(new URLSearchParams({ a: "b" }))],
    ["json", (Class) => Class.json({ a: [1] })],
    [
      "json with headers",
      (Class) => Class.json({}, { status: 201, headers: { "content-type": "application/ld+json" } }),
    ],
    ["a redirect", (Class) => Class.redirect("http://x.test/a", 303)],
    ["headers that are added", (Class) => withCookies(new Class("a", { headers: { "x-z": "1" } }))],
  ];

  test.each(made)("is as a native one: %s", async (_name, make) => {
    const [own, native] = [make(FastResponse as unknown as typeof Response), make(Native)];
    for (const one of [own, native]) {
      expect(one).toBeInstanceOf(Native);
      expect(one instanceof FastResponse).toBe(true);
    }
    const look = async (one: Response): Promise<unknown> => [
      one.status,
      one.statusText,
      one.ok,
      one.type,
      one.redirected,
      one.url,
      [...one.headers],
      one.body === null,
      [...new Uint8Array(await one.clone().arrayBuffer())],
      await one.text(),
      one.bodyUsed,
    ];
    expect(await look(own)).toEqual(await look(native));
  });

  test.each(made)("is sent as a native one: %s", async (_name, make) => {
    const sent: string[] = [];
    for (const Class of [FastResponse as unknown as typeof Response, Native]) {
      const app = await fetchApplication(() => make(Class));
      const { head, body } = await (await app.connect()).exchange(1);
      sent.push([...head.split("\r\n").toSorted(), body].join("\n"));
    }
    expect(sent[0]).toBe(sent[1]);
  });

  test.each<[string, string, ResponseInit]>([
    ["a status that is none", "a", { status: 99 }],
    ["a body where none may be", "a", { status: 204 }],
    ["a header name that is none", "a", { headers: { "a b": "1" } }],
    ["a header value with a line break", "a", { headers: { a: "1\n2" } }],
    ["a status text with a line break", "a", { statusText: "a\nb" }],
  ])("refuses what a native one refuses: %s", (_name, body, init) => {
    expect(thrown(() => new FastResponse(body, init))).toBe(thrown(() => new Native(body, init)));
    expect(thrown(() => new FastResponse(body, init))).not.toBe("nothing");
  });

  test("takes bytes as they are then", async () => {
    const bytes = Uint8Array.of(1);
    const response = new FastResponse(bytes) as unknown as Response;
    bytes[0] = 2;
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.of(1));
  });

  test("[C19] sends neither Status nor fields of the connection", async () => {
    const headers = { Status: "500", Connection: "close", "Keep-Alive": "1", A: "1" };
    const app = await fetchApplication(() => new FastResponse("a", { headers }) as unknown as Response);
    const { head } = await (await app.connect()).exchange(1);
    expect(head).toBe("Status: 200 OK\r\na: 1\r\ncontent-type: text/plain;charset=UTF-8\r\n\r\n");
  });
});

function withCookies(response: Response): Response {
  response.headers.append("set-cookie", "a=1");
  response.headers.append("set-cookie", "b=2");
  return response;
}

function thrown(action: () => unknown): string {
  try {
    action();
    return "nothing";
  } catch (error) {
    return String(error);
  }
}
