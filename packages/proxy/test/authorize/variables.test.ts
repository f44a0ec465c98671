import { describe, expect, test } from "vitest";

import { mayBeGiven } from "../../src/authorize/variables.ts";

describe("the variables of an authorizer", () => {
  test.each([
    "CONTENT_LENGTH",
    "content_length",
    "Content-Length",
    "CONTENT_TYPE",
    "SCRIPT_FILENAME",
    "SCRIPT_NAME",
    "PATH_INFO",
    "PATH_TRANSLATED",
    "DOCUMENT_ROOT",
    "REQUEST_METHOD",
    "REQUEST_URI",
    "QUERY_STRING",
    "SERVER_NAME",
    "SERVER_PORT",
    "GATEWAY_INTERFACE",
    "REDIRECT_STATUS",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "HTTPS",
    "HTTP_PROXY",
    "HTTP_HOST",
    "HTTP_COOKIE",
    "FCGI_ROLE",
    "FCGI_DATA_LENGTH",
    "PHP_VALUE",
    "PHP_ADMIN_VALUE",
    "LD_PRELOAD",
    "BASH_ENV",
    "PERL5OPT",
    "PYTHONPATH",
    "NODE_OPTIONS",
    "PATH",
    "IFS",
  ])("[V29] never replace %s", (name) => {
    expect(mayBeGiven(name)).toBe(false);
  });

  test.each(["REMOTE_USER", "AUTH_TYPE", "REMOTE_IDENT", "REMOTE_PASSWD", "LDAP_GROUP", "PROCESS_ID", "a"])(
    "may be %s",
    (name) => expect(mayBeGiven(name)).toBe(true),
  );

  test.each(["", "A-B", "A B", "A=B", "A\n"])("have no name such as %j", (name) => {
    expect(mayBeGiven(name)).toBe(false);
  });
});
