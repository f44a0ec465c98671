import { buffer, text } from "node:stream/consumers";

import { RecordOutput, RecordType, Role } from "@x/protocol";
import { expect, test } from "vitest";

import type { FilterHandler } from "../src/index.ts";
import { application, roleApplication } from "./support/application.ts";
import { request } from "./support/front-end.ts";

function filterRequest(id: number, data: string, params: Record<string, string>, stdin = ""): Uint8Array {
  const output = new RecordOutput(() => {});
  output.stream(RecordType.Data, id, Buffer.from(data));
  output.endStream(RecordType.Data, id);
  const all = { REQUEST_METHOD: "GET", REQUEST_URI: "/a.txt", CONTENT_LENGTH: String(stdin.length), ...params };
  return Buffer.concat([request(id, { role: Role.Filter, params: all, stdin }), ...output.take()]);
}

const upperCase: FilterHandler = async (_request, context) => {
  try {
    const content = await text(context.data);
    const { dataLength, dataLastModified } = context;
    return Response.json([content.toUpperCase(), dataLength, dataLastModified?.toISOString()]);
  } catch (error) {
    return new Response(String((error as { code?: string }).code), { status: 409 });
  }
};

test("[P84] a Filter gets the file with its length and time", async () => {
  const app = await roleApplication({ filter: upperCase });
  const params = { FCGI_DATA_LENGTH: "5", FCGI_DATA_LAST_MOD: "1000000000" };
  const answer = await (await app.connect()).send(filterRequest(1, "hello", params)).answer(1);
  expect(JSON.parse(answer.body)).toEqual(["HELLO", 5, "2001-09-09T01:46:40.000Z"]);
});

test.each([
  ["shorter", "hell"],
  ["longer", "hello!"],
  ["missing", ""],
])("[P85] a file that is %s than FCGI_DATA_LENGTH fails where it is read", async (_what, data) => {
  const app = await roleApplication({ filter: upperCase });
  const answer = await (await app.connect()).send(filterRequest(1, data, { FCGI_DATA_LENGTH: "5" })).answer(1);
  expect(answer.body).toBe("FCGI_ERR_BODY_MISMATCH");
});

test("a file without a length, or with one that is no number, is read to its end", async () => {
  const app = await roleApplication({ filter: upperCase });
  const frontEnd = await app.connect();
  for (const params of [{}, { FCGI_DATA_LENGTH: "-1", FCGI_DATA_LAST_MOD: "yesterday" }]) {
    const answer = await frontEnd.send(filterRequest(1, "hello", params)).answer(1);
    expect(JSON.parse(answer.body)).toEqual(["HELLO", null, null]);
  }
});

test("[P84] STDIN and then the file are read, both larger than what waits unread", async () => {
  const app = await roleApplication({
    filter: async (incoming, { data }) => {
      const sent = await incoming.arrayBuffer();
      return new Response(`${sent.byteLength} ${(await buffer(data)).length}`);
    },
  });
  const large = "x".repeat(300_000);
  const params = { REQUEST_METHOD: "POST", FCGI_DATA_LENGTH: "300000" };
  const answer = await (await app.connect()).send(filterRequest(1, large, params, large)).answer(1);
  expect(answer.body).toBe("300000 300000");
});

test("a STDIN that nobody reads does not keep the file from coming", async () => {
  const app = await roleApplication({ filter: upperCase });
  const params = { REQUEST_METHOD: "GET", FCGI_DATA_LENGTH: "5" };
  const answer = await (await app.connect()).send(filterRequest(1, "hello", params, "x".repeat(300_000))).answer(1);
  expect(JSON.parse(answer.body)).toEqual(["HELLO", 5, null]);
});

test("a file that nobody reads does not keep the answer, or the next request", async () => {
  const app = await roleApplication({ filter: () => new Response("not needed") });
  const frontEnd = await app.connect();
  for (const id of [1, 2]) {
    const answer = await frontEnd.send(filterRequest(id, "x".repeat(300_000), {})).answer(id);
    expect(answer.body).toBe("not needed");
  }
});

test("a Responder has no file", async () => {
  const app = await application(async (incoming, response) => {
    response.end(
      `${incoming.role}${await text(incoming.data)}${incoming.dataLength}${String(incoming.dataLastModified)}`,
    );
  });
  expect((await (await app.connect()).exchange(1)).body).toBe("responderundefinedundefined");
});
