import { Role } from "@x/protocol";
import { expect, test } from "vitest";

import type { AuthorizeHandler } from "../src/index.ts";
import { roleApplication } from "./support/application.ts";
import { post, rawRecord, request } from "./support/front-end.ts";

const PARAMS = { REQUEST_METHOD: "GET", REQUEST_URI: "/private?x", HTTP_X_KEY: "sesame", HTTP_HOST: "example.org" };

test("[P80] an Authorizer is run at the end of PARAMS, without any STDIN", async () => {
  const app = await roleApplication({ authorize: () => true, stdinTimeout: 1 });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { role: Role.Authorizer, params: PARAMS, stdin: undefined }));
  expect((await frontEnd.answer(1)).head).toBe("Status: 200 OK\r\n\r\n");
  // And with an empty one, as lighttpd sends it.
  expect((await frontEnd.exchange(1, { role: Role.Authorizer, params: PARAMS })).appStatus).toBe(0);
});

test("[P81][P82] access is granted with variables, named as written", async () => {
  const app = await roleApplication({
    authorize: (incoming) => {
      expect(incoming.url).toBe("http://example.org/private?x");
      expect(incoming.headers.get("x-key")).toBe("sesame");
      return { variables: { AUTH_METHOD: "key", level: 7 } };
    },
  });
  const answer = await (await app.connect()).exchange(1, { role: Role.Authorizer, params: PARAMS });
  expect(answer.head).toBe("Status: 200 OK\r\nVariable-AUTH_METHOD: key\r\nVariable-level: 7\r\n\r\n");
  expect(answer.body).toBe("");
});

test.each<[string, AuthorizeHandler, string, string]>([
  ["false", () => false, "403 Forbidden", "Forbidden\n"],
  [
    "a Response",
    () => new Response("who are you?", { status: 401, headers: { "www-authenticate": "Basic" } }),
    "401 Unauthorized",
    "who are you?",
  ],
])("[P83] %s denies, and is the answer", async (_what, authorize, status, body) => {
  const app = await roleApplication({ authorize });
  const answer = await (await app.connect()).exchange(1, { role: Role.Authorizer, params: PARAMS });
  expect(answer.head).toContain(`Status: ${status}\r\n`);
  expect(answer.body).toBe(body);
});

test.each<[string, unknown]>([
  ["a Response that would grant", new Response("welcome")],
  ["nothing", undefined],
  ["null", null],
  ["a variable that could end its line", { variables: { USER: "a\r\nVariable-ADMIN: 1" } }],
  ["a name that no field can have", { variables: { "USER NAME": "a" } }],
])("%s grants nothing: 500", async (_what, result) => {
  const app = await roleApplication({ authorize: () => result as never });
  const answer = await (await app.connect()).exchange(1, { role: Role.Authorizer, params: PARAMS });
  expect(answer.head).toContain("Status: 500");
  expect(answer.head).not.toContain("Variable-");
});

test("[TF31] an authorize handler that throws grants nothing", async () => {
  const app = await roleApplication({
    authorize: () => {
      throw new Error("no database");
    },
  });
  const answer = await (await app.connect()).exchange(1, { role: Role.Authorizer, params: PARAMS });
  expect(answer).toMatchObject({ appStatus: 1, body: "Internal Server Error\n" });
});

test("an Authorizer that was aborted grants nothing", async () => {
  const app = await roleApplication({
    authorize: async (incoming) => {
      await new Promise((resolve) => {
        incoming.signal.addEventListener("abort", resolve);
      });
      return true;
    },
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { role: Role.Authorizer, params: PARAMS, stdin: undefined }));
  await frontEnd.ping();
  frontEnd.send(rawRecord(2, 1));
  expect((await frontEnd.answer(1)).head).toBe("");
});

test("the Responder's requests go to fetch, except what nginx marks by FCGI_ROLE", async () => {
  const app = await roleApplication({ authorize: () => false, fetch: () => new Response("page") });
  const frontEnd = await app.connect();
  expect((await frontEnd.exchange(1, { params: PARAMS })).body).toBe("page");
  expect((await frontEnd.exchange(1, { params: { ...PARAMS, FCGI_ROLE: "AUTHORIZER" } })).body).toBe("Forbidden\n");
  expect((await frontEnd.exchange(1, { params: { ...PARAMS, HTTP_FCGI_ROLE: "AUTHORIZER" } })).body).toBe("page");
});

test("an Authorizer alone decides in the role of a Responder, too: nginx has no other", async () => {
  const app = await roleApplication({ authorize: () => true });
  const answer = await (await app.connect()).exchange(1, { params: post(4), stdin: "body" });
  expect(answer.head).toContain("Status: 200");
});

test("[TF27] a role that nobody serves is unknown, and the connection stays", async () => {
  const app = await roleApplication({ authorize: () => true });
  const frontEnd = await app.connect();
  expect((await frontEnd.exchange(1, { role: Role.Filter, params: PARAMS })).protocolStatus).toBe(3);
  expect((await frontEnd.exchange(2, { role: 9, params: PARAMS })).protocolStatus).toBe(3);
  expect((await frontEnd.exchange(3, { role: Role.Authorizer, params: PARAMS })).protocolStatus).toBe(0);
});
