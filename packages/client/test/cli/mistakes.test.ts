import { expect, test } from "vitest";

import { xClient } from "../support/command.ts";

const REQUEST = ["request", "tcp://127.0.0.1:1"];

test.for([
  [[], "What shall it do? x-client --help has examples."],
  [["pnig"], "There is no command pnig; did you mean ping?"],
  [["xyzzy"], "There is no command xyzzy; there are request and ping."],
  [["--hlep"], "There is no flag --hlep; did you mean --help?"],
  [["request"], "It takes an address and a path, such as"],
  [[...REQUEST, "/", "more"], "It takes an address and a path, such as"],
  [[...REQUEST, "/", "--headr", "A: b"], "There is no flag --headr; did you mean --header?"],
  [[...REQUEST, "/", "-z"], "There is no flag -z; there are --request, "],
  [[...REQUEST, "/", "--json=yes"], "--json takes no value."],
  [[...REQUEST, "/", "-X"], "-X needs a value: the method"],
  [[...REQUEST, "/", "-H", "no colon"], "A header is written 'Name: value', not \"no colon\"."],
  [[...REQUEST, "/", "-H", "A: b\r\nC: d"], "A header is written 'Name: value'"],
  [[...REQUEST, "/", "-p", "novalue"], 'A param is written NAME=VALUE, not "novalue".'],
  [[...REQUEST, "/", "--role", "server"], '--role takes responder, authorizer, filter, not "server".'],
  [[...REQUEST, "/", "-d", "@/no/such/file"], "The data cannot be read from /no/such/file: ENOENT"],
  [[...REQUEST, "/no-such-file", "--role", "filter"], "A filter works on the file of PATH below --root: ENOENT"],
  [[...REQUEST, "/", "--timeout", "soon"], '--timeout takes a number of milliseconds such as 2000, not "soon".'],
  [[...REQUEST, "no-slash"], 'The path no-slash has to begin with "/"'],
  [[...REQUEST, "/a/../../etc/passwd"], "The path /a/../../etc/passwd has to begin"],
  [[...REQUEST, "/%2e%2e/x"], "The path /%2e%2e/x has to begin"],
  [[...REQUEST, "/%zz"], "The path /%zz has a % that begins no %XX."],
  [["request", "127.0.0.1:9000", "/"], 'write "tcp://127.0.0.1:9000"'],
  [["request", "fd:0", "/"], "fd:0"],
  [["ping"], "It takes an address, such as"],
  [["ping", "/run/php.sock"], "unix:/run/php.sock"],
  [["ping", "tcp://127.0.0.1:1", "--path", "ping"], "--path takes a path"],
] as const)("x-client %j: exit 2 and a sentence", async ([args, sentence]) => {
  const { code, stdout, stderr } = await xClient(args);
  expect(stderr).toContain(sentence);
  expect(stderr).toMatch(/^x-client: .*\n$/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.for([["--help"], ["-h"], ["request", "--help"], ["ping", "-h"]])(
  "x-client %j: examples first, exit 0",
  async (args) => {
    const { code, stdout, stderr } = await xClient(args);
    expect(stdout).toMatch(/^Examples\n {2}x-client /);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  },
);

test.for([["-V"], ["--version"]])("x-client %j", async (args) => {
  expect(await xClient(args)).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
});

test.for([
  ["request", "tcp://127.0.0.1:1", "/"],
  ["ping", "tcp://127.0.0.1:1"],
  ["ping", "tcp://127.0.0.1:1", "--path", "/p"],
])("x-client %j: the application is not there: exit 1 and what to do", async (args) => {
  const { code, stdout, stderr } = await xClient(args);
  expect(stderr).toBe(
    "x-client: Cannot connect to tcp://127.0.0.1:1: nothing listens there; start the application, or correct the address. [FCGI_ERR_CONNECT]\n",
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});
