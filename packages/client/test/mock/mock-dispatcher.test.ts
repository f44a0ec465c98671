import { afterEach, expect, test } from "vitest";

import { MockBackend, MockDispatcher } from "../../src/mock/index.ts";
import { poisonReleasedSlabs } from "../../src/slabs.ts";
import type { Slab } from "../../src/slabs.ts";
import { toParams } from "../../src/to-params.ts";
import { turns } from "../support/clock.ts";
import { Recorder } from "../support/recorder.ts";
import { run } from "../support/run.ts";

afterEach(() => poisonReleasedSlabs(false));

const get = (path: string): { params: ReturnType<typeof toParams> } => ({ params: toParams({ path }) });

test("reply: status, body and headers; the call is recorded", async () => {
  const mock = new MockDispatcher();
  mock.intercept({ path: "/form", method: "POST" }).reply(201, "made", { "X-A": ["1", "2"] });
  const form = new URLSearchParams({ user: "ada" });
  const params = toParams({ path: "/form", body: form, headers: { "X-Token": "t" } });
  const { statusCode, headers, body, ended } = await mock.request({ params, stdin: form });
  expect(statusCode).toBe(201);
  expect(headers).toEqual({ "content-type": "text/plain; charset=utf-8", "x-a": ["1", "2"] });
  expect(await body.text()).toBe("made");
  expect(await ended).toEqual({ appStatus: 0 });
  expect(mock.calls).toHaveLength(1);
  expect(mock.calls[0]).toMatchObject({
    role: "responder",
    method: "POST",
    path: "/form",
    text: "user=ada",
    matched: true,
    headers: { "x-token": "t", "content-length": "8" },
  });
  expect(mock.calls[0]?.params).toMatchObject({ SCRIPT_NAME: "/form", REDIRECT_STATUS: "200" });
  mock.assertNoPendingInterceptors();
});

test("an object is JSON, a function makes the reply of the call, chunks come as they come", async () => {
  const mock = new MockDispatcher();
  mock.intercept({ path: "/json" }).reply(200, { a: 1 });
  mock.intercept({ path: /^\/echo/ }).reply(async ({ path }) => ({ statusCode: 202, body: path }));
  mock.intercept({ path: "/stream" }).reply(
    200,
    (async function* () {
      yield "one ";
      yield Buffer.from("two");
    })(),
  );
  expect(await (await mock.request(get("/json"))).body.json()).toEqual({ a: 1 });
  const echo = await mock.request(get("/echo/7"));
  expect([echo.statusCode, await echo.body.text()]).toEqual([202, "/echo/7"]);
  expect(await (await mock.request(get("/stream"))).body.text()).toBe("one two");
});

test.each([
  [{ path: "/a?x=1&y=2" }, true],
  [{ path: "/a" }, false],
  [{ path: "/a", query: { y: "2", x: "1" } }, true],
  [{ path: "/a", query: { x: "1" } }, false],
  [{ method: "POST" }, false],
  [{ method: /^GET|HEAD$/ }, true],
  [{ path: (path: string) => path.startsWith("/a") }, true],
  [{ params: { SCRIPT_FILENAME: "/srv/a" } }, true],
  [{ params: { SCRIPT_FILENAME: /\/b$/ } }, false],
  [{ params: { NOT_THERE: "" } }, false],
  [{ headers: { HOST: "shop.test" } }, true],
  [{ headers: { "x-none": /./ } }, false],
  [{ body: "" }, true],
  [{ body: /x/ }, false],
  [{ role: "authorizer" as const }, false],
])("%j fits GET /a?x=1&y=2 of shop.test: %s", async (matcher, fits) => {
  const mock = new MockDispatcher();
  mock.intercept(matcher).reply(200);
  const params = toParams({ path: "/a?x=1&y=2", root: "/srv", headers: { host: "shop.test" } });
  const asked = mock.request({ params });
  if (fits) expect((await asked).statusCode).toBe(200);
  else await expect(asked).rejects.toMatchObject({ code: "FCGI_ERR_MOCK_NOT_MATCHED", address: "mock:" });
});

test("once, times, persist; the first that is not used up answers", async () => {
  const mock = new MockDispatcher();
  mock.intercept({ path: "/" }).reply(200, "first");
  mock.intercept({ path: "/" }).reply(200, "twice").times(2);
  mock.intercept({ path: "/" }).reply(200, "ever").persist();
  const answers: string[] = [];
  for (let count = 0; count < 5; count++) answers.push(await (await mock.request(get("/"))).body.text());
  expect(answers).toEqual(["first", "twice", "twice", "ever", "ever"]);
  mock.assertNoPendingInterceptors();
  expect(() => mock.intercept({}).reply(200).times(0)).toThrow("times() takes a whole number");
});

test("what was not asked for is pending, and named", () => {
  const mock = new MockDispatcher();
  mock.intercept({ path: "/never", params: { APP_ENV: "test" } }).reply(200);
  mock.intercept({ path: "/ever", method: "POST" }).reply(200).persist();
  expect(mock.pendingInterceptors()).toEqual(["GET /never APP_ENV=test (1 more)", "POST /ever (any number)"]);
  expect(() => mock.assertNoPendingInterceptors()).toThrow(
    "2 interceptors have not been used: GET /never APP_ENV=test (1 more); POST /ever (any number).",
  );
});

test("a request that nobody expects fails, says what was expected, and is recorded", async () => {
  const mock = new MockDispatcher();
  mock.intercept({ path: "/a" }).reply(200);
  await expect(mock.request(get("/b"))).rejects.toMatchObject({
    code: "FCGI_ERR_MOCK_NOT_MATCHED",
    message: "No interceptor fits GET /b; there are: GET /a (1 more).",
  });
  expect(mock.calls.map(({ path, matched }) => [path, matched])).toEqual([["/b", false]]);
});

test("stderr, an exit status, a head that is none", async () => {
  const mock = new MockDispatcher();
  mock.intercept({ path: "/a" }).reply(200, "ok").stderr("PHP Warning").appStatus(3);
  mock.intercept({ path: "/b" }).replyRaw("no head").stderr("why");
  const { body, stderr, ended } = await mock.request(get("/a"));
  expect(await body.text()).toBe("ok");
  expect(await stderr).toBe("PHP Warning");
  expect(await ended).toEqual({ appStatus: 3 });
  await expect(mock.request(get("/b"))).rejects.toMatchObject({ code: "FCGI_ERR_BAD_RESPONSE_HEAD", stderr: "why" });
});

test("replyWithError: a code, an error of ours, any error; each request gets its own", async () => {
  const mock = new MockDispatcher();
  mock.intercept({ path: "/a" }).replyWithError("FCGI_ERR_OVERLOADED").times(2);
  mock.intercept({ path: "/b" }).replyWithError(new Error("boom"));
  const errors = await Promise.all([0, 1].map(() => mock.request(get("/a")).catch((error: unknown) => error)));
  expect(errors).toMatchObject([{ code: "FCGI_ERR_OVERLOADED" }, { code: "FCGI_ERR_OVERLOADED" }]);
  expect(errors[0]).not.toBe(errors[1]);
  await expect(mock.request(get("/b"))).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET", cause: { message: "boom" } });
});

test("a reply that fails is the request's failure", async () => {
  const mock = new MockDispatcher();
  mock.intercept({}).reply(() => {
    throw new Error("bad test");
  });
  await expect(mock.request(get("/"))).rejects.toMatchObject({
    message: "The mock's reply to GET / failed: Error: bad test",
  });
});

test("a delay is an event, or ms; received() waits for requests", async () => {
  const mock = new MockDispatcher();
  let go!: () => void;
  mock
    .intercept({ path: "/event" })
    .reply(200, "now")
    .delay(new Promise<void>((resolve) => (go = resolve)));
  mock.intercept({ path: "/ms" }).reply(200, "then").delay(1);
  const recorder = run(mock, get("/event"));
  await mock.received(1);
  expect(recorder.stdout).toBe("");
  go();
  await recorder.settled;
  expect(recorder.stdout).toContain("now");
  expect(await (await mock.request(get("/ms"))).body.text()).toBe("then");
});

test("nothing is told before dispatch returns, chunks are valid until the return", async () => {
  poisonReleasedSlabs(true);
  const mock = new MockDispatcher();
  mock.intercept({}).replyRaw("Status: 200\n\nbody");
  let returned = false;
  let kept: Uint8Array | undefined;
  await new Promise<void>((resolve, reject) => {
    mock.dispatch(get("/"), {
      onStart: () => expect(returned).toBe(true),
      onStdout: (chunk) => {
        kept = chunk;
        expect(Buffer.from(chunk).toString()).toContain("body");
      },
      onEnd: () => resolve(),
      onError: reject,
    });
    returned = true;
  });
  expect(kept?.[0]).toBe(0xdd);
});

test("a retained chunk stays until it is released", async () => {
  poisonReleasedSlabs(true);
  const mock = new MockDispatcher();
  mock.intercept({}).replyRaw("Status: 200\n\nbody");
  const kept = await new Promise<{ chunk: Uint8Array; slab: Slab }>((resolve, reject) => {
    let found: { chunk: Uint8Array; slab: Slab };
    mock.dispatch(get("/"), {
      onStdout: (chunk, controller) => (found = { chunk, slab: controller.retain() }),
      onEnd: () => resolve(found),
      onError: reject,
    });
  });
  expect(Buffer.from(kept.chunk).toString()).toContain("body");
  kept.slab.release();
  expect(kept.chunk[0]).toBe(0xdd);
});

test("a paused request gets nothing until it is resumed", async () => {
  const mock = new MockDispatcher();
  mock.intercept({}).replyRaw(Buffer.alloc(200_000, 1));
  const recorder = run(mock, get("/"));
  const { controller } = await recorder.started;
  controller.pause();
  await turns();
  await mock.received(1);
  await turns();
  expect(recorder.stdout).toBe("");
  controller.resume();
  await recorder.settled;
  expect(recorder.stdout).toHaveLength(200_000);
});

test("abort, by signal and by the body; the application hears of it", async () => {
  const mock = new MockDispatcher();
  mock
    .intercept({})
    .reply(200)
    .delay(new Promise(() => {}))
    .times(3);
  const controller = new AbortController();
  const asked = mock.request({ ...get("/"), signal: controller.signal });
  await mock.received(1);
  controller.abort(new Error("enough"));
  await expect(asked).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED", cause: { message: "enough" } });
  expect(mock.calls[0]?.signal.aborted).toBe(true);
  const late = mock.request({ ...get("/"), signal: AbortSignal.abort() });
  await expect(late).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  expect(mock.stats.active).toBe(0);
});

test("a request body that fails, and one that is not wanted", async () => {
  const mock = new MockDispatcher();
  const failing = (async function* () {
    yield "part";
    throw new Error("disk");
  })();
  await expect(mock.request({ ...get("/"), stdin: failing })).rejects.toMatchObject({
    code: "FCGI_ERR_ABORTED",
    phase: "send",
    message: "The request body failed: disk",
  });
});

test("timeouts count as with a pool", async () => {
  const mock = new MockDispatcher();
  mock
    .intercept({})
    .reply(200)
    .delay(new Promise(() => {}))
    .times(2);
  await expect(mock.request({ ...get("/"), headersTimeout: 100 })).rejects.toMatchObject({
    code: "FCGI_ERR_HEADERS_TIMEOUT",
  });
  await expect(mock.request({ ...get("/"), timeout: 100 })).rejects.toMatchObject({ code: "FCGI_ERR_TIMEOUT" });
});

test("close waits, destroy does not, and both take no more", async () => {
  const mock = new MockDispatcher();
  let go!: () => void;
  mock
    .intercept({})
    .reply(200, "late")
    .delay(new Promise<void>((resolve) => (go = resolve)));
  const asked = mock.request(get("/"));
  await mock.received(1);
  const closed = mock.close();
  await expect(mock.request(get("/"))).rejects.toMatchObject({ code: "FCGI_ERR_CLOSED" });
  go();
  expect(await (await asked).body.text()).toBe("late");
  await closed;

  const cut = new MockDispatcher();
  cut
    .intercept({})
    .reply(200)
    .delay(new Promise(() => {}));
  const doomed = cut.request(get("/"));
  await Promise.all([
    expect(doomed).rejects.toMatchObject({ code: "FCGI_ERR_DESTROYED" }),
    cut.received(1).then(() => cut.destroy()),
  ]);
});

test("mistakes are told as a pool tells them", async () => {
  const mock = new MockDispatcher();
  expect(() => mock.dispatch({ params: {}, role: "server" as "filter" }, new Recorder())).toThrow("The role server");
  await expect(mock.request({ params: { A: "x".repeat(70_000) } })).rejects.toMatchObject({
    code: "FCGI_ERR_PARAM_TOO_LARGE",
  });
  await expect(mock.request({ params: { A: "\u0100" } })).rejects.toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT" });
});

test("a backend is shared; clear() forgets", async () => {
  const backend = new MockBackend();
  const [one, two] = [new MockDispatcher(backend), new MockDispatcher(backend)];
  one.intercept({ path: "/" }).reply(200, "shared");
  expect(await (await two.request(get("/"))).body.text()).toBe("shared");
  expect(one.calls).toHaveLength(1);
  backend.clear();
  expect(one.calls).toHaveLength(0);
  await expect(one.request(get("/"))).rejects.toMatchObject({
    message: expect.stringContaining("there are none") as string,
  });
});
