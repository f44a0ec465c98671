import { expect, test } from "vitest";

import { readAuthorizerResult } from "../../src/cgi/authorizer-result.ts";
import type { AuthorizerResult } from "../../src/cgi/authorizer-result.ts";
import { headOf } from "./heads.ts";

function resultOf(text: string): AuthorizerResult {
  return readAuthorizerResult(headOf(`${text}\n\n`));
}

test("[P81] [P82] 200: Variable- fields are variables as written, whatever the case of the prefix; other fields go nowhere", () => {
  const { granted, variables, refused, rawHeaders } = resultOf(
    "Status: 200 OK\nContent-Type: text/plain\nVariable-AUTH_METHOD: database lookup\nvariable-REMOTE_USER: ada\nVARIABLE-x_2: \xe9\nSet-Cookie: a=b",
  );
  expect(granted).toBe(true);
  expect([...variables]).toEqual([
    ["AUTH_METHOD", "database lookup"],
    ["REMOTE_USER", "ada"],
    ["x_2", "\xe9"],
  ]);
  expect([refused, rawHeaders]).toEqual([[], []]);
});

test("[P81] without Status it is 200", () => {
  expect(resultOf("Content-Type: a\nVariable-A: b")).toMatchObject({ granted: true, variables: new Map([["A", "b"]]) });
});

test.for(["401 Unauthorized", "403", "302 Found", "201 Created", "204 No Content", "500"])(
  "[P83] %s: not granted; what it says is for the client, without its variables",
  (status) => {
    const text = `Status: ${status}\nContent-Type: text/html\nVariable-REMOTE_PASSWD: secret\nWWW-Authenticate: Basic realm="a"`;
    expect(resultOf(text)).toEqual({
      granted: false,
      variables: new Map(),
      refused: [],
      rawHeaders: ["Content-Type", "text/html", "WWW-Authenticate", 'Basic realm="a"'],
    });
  },
);

test("[P83] a Location without Status is a redirect, and grants nothing", () => {
  expect(resultOf("Location: /login\nVariable-REMOTE_USER: ada")).toMatchObject({
    granted: false,
    variables: new Map(),
    rawHeaders: ["Location", "/login"],
  });
});

test.for([
  "CONTENT_LENGTH",
  "content_length",
  "CONTENT_TYPE",
  "SCRIPT_FILENAME",
  "Script_Name",
  "PATH_INFO",
  "PATH_TRANSLATED",
  "BASH_ENV",
  "ENV",
  "PERL5OPT",
  "PYTHONPATH",
  "RUBYOPT",
  "NODE_OPTIONS",
  "HOME",
  "DOCUMENT_ROOT",
  "DOCUMENT_URI",
  "QUERY_STRING",
  "REQUEST_METHOD",
  "REQUEST_URI",
  "REQUEST_BODY_FILE",
  "SERVER_NAME",
  "SERVER_PROTOCOL",
  "GATEWAY_INTERFACE",
  "REDIRECT_STATUS",
  "REMOTE_ADDR",
  "HTTPS",
  "HTTP_PROXY",
  "HTTP_HOST",
  "http_cookie",
  "FCGI_ROLE",
  "FCGI_DATA_LENGTH",
  "PHP_VALUE",
  "PHP_ADMIN_VALUE",
  "LD_PRELOAD",
  "PATH",
  // Of which PHP makes SCRIPT_FILENAME.
  "SCRIPT.FILENAME",
  "SCRIPT-FILENAME",
  "",
])("[V29] the variable %s is not an authorizer's to set", (name) => {
  const { variables, refused } = resultOf(`Content-Type: a\nVariable-${name}: evil\nVariable-GOOD: yes`);
  expect([...variables]).toEqual([["GOOD", "yes"]]);
  expect(refused).toEqual([name]);
});

test("[V29] what an authorizer is there for may be set, and names that are names of objects are only names", () => {
  const names = [
    "REMOTE_USER",
    "AUTH_TYPE",
    "REMOTE_PASSWD",
    "PROCESS_ID",
    "__proto__",
    "constructor",
    "HTTPX",
    "PATHS",
  ];
  const { variables, refused } = resultOf(`Content-Type: a\n${names.map((name) => `Variable-${name}: v`).join("\n")}`);
  expect([[...variables.keys()], refused]).toEqual([names, []]);
});

test("[P40] of equal names the last one wins", () => {
  expect(resultOf("Content-Type: a\nVariable-A: 1\nVariable-A: 2").variables.get("A")).toBe("2");
});
