import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { isSafeScriptPath, splitScriptPath } from "../../src/cgi/script-path.ts";

const PHP = [".php"];

/** The bytes of a text in UTF-8, one character a byte: what a decoded path is. */
function utf8(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

describe("splitScriptPath", () => {
  test.each([
    ["/index.php", "/index.php", ""],
    ["/index.php/", "/index.php", "/"],
    ["/blog/index.php/post/7", "/blog/index.php", "/post/7"],
    ["/INDEX.PHP/Info", "/INDEX.PHP", "/Info"],
    ["/a.pHp", "/a.pHp", ""],
    ["/a.php/b.php/c", "/a.php", "/b.php/c"],
    ["/a.php.txt.php/i", "/a.php.txt.php", "/i"],
    ["/a.phpx/b.php/c", "/a.phpx/b.php", "/c"],
    ["/dir.d/a.php", "/dir.d/a.php", ""],
    ["/a..php", "/a..php", ""],
    ["/a.php//b", "/a.php", "//b"],
    ["/a.php/\n", "/a.php", "/\n"],
  ])("[C31] [TD04] %j is %j and %j", (path, scriptName, pathInfo) => {
    expect(splitScriptPath(path, PHP)).toEqual({ scriptName, pathInfo });
  });

  test.each([
    "/",
    "",
    "/a",
    "/a.ph",
    "/test.php.bak",
    "/a.php5",
    "/a.php5/b",
    "/a.phps",
    "/a.php.",
    "/a.php ",
    "/a.php%20",
    "/aphp",
    "/a.php\0",
    "/a.php\0.jpg",
    "/a.php\n/b",
    "/a.php\\b",
    "/a.php::$DATA",
  ])("[TD04] [TD09] %j has no script", (path) => {
    expect(splitScriptPath(path, PHP)).toBeUndefined();
  });

  test.each([
    ["/ȺȺȺȺshell.php", "/ȺȺȺȺshell.php", ""],
    ["/ȺȺȺȺshell.php/path/info", "/ȺȺȺȺshell.php", "/path/info"],
    ["/ȺȺȺȺshell.PHP", "/ȺȺȺȺshell.PHP", ""],
    ["/ȺȺȺȺshell.php.txt.php", "/ȺȺȺȺshell.php.txt.php", ""],
    ["/path/Ⱥtest/script.php/Ⱥ", "/path/Ⱥtest/script.php", "/Ⱥ"],
    ["/Ⱥ/script.php", "/Ⱥ/script.php", ""],
    ["/İtest.php", "/İtest.php", ""],
    ["/İİİ.php/İ.php", "/İİİ.php", "/İ.php"],
    ["/Kelvin.php/K", "/Kelvin.php", "/K"],
    ["/shell.ⓟⓗⓟ.later.php", "/shell.ⓟⓗⓟ.later.php", ""],
  ])("[V32] [TD05] %j is cut at the same byte that was found", (path, scriptName, pathInfo) => {
    expect(splitScriptPath(utf8(path), PHP)).toEqual({ scriptName: utf8(scriptName), pathInfo: utf8(pathInfo) });
  });

  test.each([
    ["a full-width p", "/shell.ｐhp"],
    ["a full-width h", "/shell.pｈp"],
    ["a full-width p at the end", "/shell.phｐ"],
    ["full-width letters", "/shell.ｐｈｐ"],
    ["full-width capitals", "/shell.ＰＨＰ"],
    ["circled letters", "/shell.ⓟⓗⓟ"],
    ["bold sans-serif letters", "/shell.\u{1d5fd}\u{1d5f5}\u{1d5fd}"],
    ["script letters", "/shell.\u{1d4c5}\u{1d4bd}\u{1d4c5}"],
    ["a small full stop", "/shell﹒php"],
    ["a full-width full stop", "/shell．php"],
    ["a one dot leader", "/shell․php"],
    ["another script in the middle", "/shell.p¡p"],
    ["another script after the dot", "/shell.¡.txt"],
    ["a full-width slash after it", "/shell.php／x"],
    ["an accent after it", "/shell.phṕ"],
    ["an overlong slash after it", "/shell.php\xc0\xaf"],
    ["a Cyrillic er", "/shell.рhр"],
  ])("[V32] [TD05] %s is no extension", (_name, path) => {
    expect(splitScriptPath(utf8(path), PHP)).toBeUndefined();
    // Nor in a string that nobody has decoded to bytes.
    expect(splitScriptPath(path, PHP)).toBeUndefined();
  });

  test.each([
    [".sIk", "/a.s\u0131k"],
    [".cgİ", "/a.cgi"],
    [".key", "/a.\u212aey"],
    [".ps", "/a.p\u017f"],
  ])("[V32] [TD05] letters that Unicode folds into those of %j are others", (extension, path) => {
    const split = (): unknown => splitScriptPath(path, [extension]);
    // oxlint-disable-next-line no-control-regex -- ASCII is what is asked
    if (/^[\0-\x7f]*$/.test(extension)) expect(split()).toBeUndefined();
    else expect(split).toThrow(/extension/);
  });

  test("the extension that ends first wins, whatever its place in the list", () => {
    for (const extensions of [
      [".php", ".phtml", ".cgi"],
      [".cgi", ".phtml", ".php"],
    ]) {
      expect(splitScriptPath("/a.cgi/b.php/c.phtml", extensions)?.scriptName).toBe("/a.cgi");
      expect(splitScriptPath("/b.php/a.cgi", extensions)?.scriptName).toBe("/b.php");
      expect(splitScriptPath("/c.phtml", extensions)?.scriptName).toBe("/c.phtml");
    }
    expect(splitScriptPath("/a.tar.gz/x.gz", [".gz", ".tar.gz"])?.scriptName).toBe("/a.tar.gz");
    expect(splitScriptPath("/a.php", [])).toBeUndefined();
  });

  test.each(["", ".", "php", ".p/hp", ".pⱥp", ".ph\xe9", ".p hp", ".p\0"])("%j is no extension", (extension) => {
    expect(() => splitScriptPath("/a.php", [".php", extension])).toThrow(
      expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }),
    );
  });

  test("[TD05] any path: the parts are the path, the script ends in the extension, and a plain search agrees", () => {
    const unit = fc.constantFrom(".", "/", "p", "h", "P", "H", "x", "\xc8", "\xba", "\0", ".php", ".PHP/");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), (path) => {
        const split = splitScriptPath(path, PHP);
        const plain = /^.*?\.[pP][hH][pP](?=\/|$)/s.exec(path);
        expect(split?.scriptName).toBe(plain?.[0]);
        if (split !== undefined) expect(split.scriptName + split.pathInfo).toBe(path);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("isSafeScriptPath", () => {
  test.each([
    "/",
    "/index.php",
    "/a/b.c/d",
    "/...",
    "/.well-known/x",
    "/a..b",
    "/..a",
    "/a b?c#d",
    "/caf\xc3\xa9",
    "/a//b",
    "/a:b",
  ])("[TD01] %j is safe", (path) => {
    expect(isSafeScriptPath(path)).toBe(true);
  });

  test.each([
    "",
    "a",
    "../a",
    "/..",
    "/../a",
    "/a/..",
    "/a/../b",
    "/.",
    "/./a",
    "/a/.",
    "/a\\b",
    "/..\\a",
    "/a\0",
    "/a\n/b",
    "/a\r",
    "/\x1b",
    "/a\x7f",
    "/\u0100",
    "/．．/a",
  ])("[TD01] [V27] [V30] [V34] %j is not", (path) => {
    expect(isSafeScriptPath(path)).toBe(false);
  });
});
