import { expect, test } from "vitest";

import { parseArguments } from "../../src/cli/arguments.ts";

const parse = (...argv: string[]) => parseArguments(argv, "x-proxy --help");

test("with and without the word serve, in any order", () => {
  const expected = {
    command: "serve",
    root: "./site",
    php: "tcp://127.0.0.1:9000",
    listen: ["127.0.0.1:8081"],
    config: undefined,
    verbose: false,
    json: false,
  };
  expect(parse("./site", "--php", "tcp://127.0.0.1:9000", "--listen", "127.0.0.1:8081")).toMatchObject(expected);
  expect(parse("serve", "./site", "--php=tcp://127.0.0.1:9000", "--listen=127.0.0.1:8081")).toMatchObject(expected);
  expect(parse("--listen", "127.0.0.1:8081", "--php", "tcp://127.0.0.1:9000", "./site")).toMatchObject(expected);
});

test("nothing is fine", () => {
  expect(parse()).toEqual({
    command: "serve",
    headers: [],
    root: undefined,
    php: undefined,
    listen: [],
    config: undefined,
    verbose: false,
    json: false,
  });
});

test("--listen may be given again, numbers stay texts, and flags are flags", () => {
  expect(parse("--listen", "8080", "--listen", ":81", "-v", "--json")).toMatchObject({
    listen: ["8080", ":81"],
    verbose: true,
    json: true,
  });
  expect(parse("-v", "./site").root).toBe("./site");
  expect(parse("--", "-odd").root).toBe("-odd");
  expect(parse("--php", "9000").php).toBe("9000");
});

test("help and version win", () => {
  expect(parse("--help").command).toBe("help");
  expect(parse("serve", "-h").command).toBe("help");
  expect(parse("--version").command).toBe("version");
  expect(parse("-V").command).toBe("version");
});

test("[TK01] what does not exist is named with what was probably meant", () => {
  expect(() => parse("--lisen", "x")).toThrow(
    'there is no option --lisen. Did you mean "--listen"? `x-proxy --help` lists all.',
  );
  expect(() => parse("--watch")).toThrow("there is no option --watch. `x-proxy --help` lists all.");
  expect(() => parse("--no-such-thing")).toThrow("there is no option --such-thing.");
  expect(() => parse("-x")).toThrow("there is no option -x.");
});

test("an empty argument is a variable that is not set: neither port 0 nor the working folder", () => {
  for (const option of ["--listen", "--config", "--php", "--admin"])
    expect(() => parse("./site", option, "")).toThrow(
      `the value of ${option} is empty: is a variable of the shell not`,
    );
  for (const argv of [[""], ["serve", ""], ["explain", ""], ["--json", ""]])
    expect(() => parse(...argv)).toThrow(`argument ${argv.length} is empty: is a variable of the shell not set?`);
});

test("values that lack or are too many", () => {
  expect(() => parse("--php")).toThrow("--php needs a value, such as `--php tcp://127.0.0.1:9000`.");
  expect(() => parse("--php", "--json")).toThrow("--php needs a value");
  expect(() => parse("--listen=")).toThrow("--listen needs a value, such as `--listen 127.0.0.1:8080`.");
  expect(() => parse("--php", "a", "--php", "b")).toThrow("--php can be given once only.");
  expect(() => parse("one", "two")).toThrow("one folder can be served, and these are 2: one two.");
  expect(() => parse("--json", "--json")).toThrow("--json takes no value and can be given once only.");
});
