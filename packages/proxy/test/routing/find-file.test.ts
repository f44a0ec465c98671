import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { DenyList } from "../../src/routing/deny-list.ts";
import { type FileRules, type FoundFile, findFile, findRemoteScript } from "../../src/routing/find-file.ts";
import { RootFolder } from "../../src/routing/root-folder.ts";

const base = mkdtempSync(join(tmpdir(), "x-proxy-files-"));
afterAll(() => rmSync(base, { recursive: true }));
const root = join(base, "root");

function put(name: string | Buffer, text = ""): void {
  const path =
    typeof name === "string" ? Buffer.from(join(root, name)) : Buffer.concat([Buffer.from(`${root}/`), name]);
  mkdirSync(dirname(path.toString("latin1")), { recursive: true });
  writeFileSync(path, text);
}

for (const name of [
  "index.php",
  "blog/index.php",
  "docs/index.html",
  "style.css",
  "a b.txt",
  "käse.txt",
  "upload/evil.jpg",
  "x.php.txt.php",
])
  put(name);
put("empty/x.txt");
put("INDEX.txt");
put("test.php.bak");
put(".env");
put(".git/config");
put(".well-known/acme");
put("x%2fy/x.txt");
put("$&");
put(Buffer.from([0xff, 0x2e, 0x74]));
mkdirSync(join(root, "folder.php"));
mkdirSync(join(base, "secret"));
writeFileSync(join(base, "secret/data.txt"), "");
writeFileSync(join(base, "secret/run.php"), "");
writeFileSync(join(base, "rootsecret.txt"), "");
symlinkSync(join(base, "secret"), join(root, "out"));
symlinkSync(join(base, "secret/run.php"), join(root, "linked.php"));
symlinkSync("style.css", join(root, "in.css"));
symlinkSync(join(base, "nowhere"), join(root, "dangling"));
symlinkSync("loop", join(root, "loop"));
execFileSync("mkfifo", [join(root, "fifo"), join(root, "fifo.php")]);
symlinkSync("/dev/zero", join(root, "zero"));

const php: FileRules = {
  extensions: [".php"],
  index: ["index.php", "index.html"],
  tryFiles: ["{path}", "{path}/", "/index.php"],
};
const files: FileRules = { extensions: [], index: ["index.html"], tryFiles: ["{path}", "{path}/"] };

function find(rules: FileRules, path: string, folder = new RootFolder(root)): Promise<FoundFile> {
  return new Promise((resolve) => findFile(folder, rules, path, resolve));
}

const script = (scriptName: string, pathInfo = ""): FoundFile => ({ kind: "script", scriptName, pathInfo });
const file = (path: string): FoundFile => ({ kind: "file", path });
const none: FoundFile = { kind: "none" };
const hidden: FoundFile = {
  kind: "denied",
  reason: "dot files, backups, what editors leave behind and x.config.* are never served",
};
const denied = (pattern: string): FoundFile => ({
  kind: "denied",
  reason: `"${pattern}" stands in deny of the route`,
});
const folder: FoundFile = { kind: "folder" };
const front = script("/index.php");
const latin1 = (text: string): string => Buffer.from(text).toString("latin1");

describe("a PHP site", () => {
  test.each<[string, string, FoundFile]>([
    ["the root", "/", front],
    ["a script", "/index.php", script("/index.php")],
    ["a script with a path behind it", "/index.php/path/info", script("/index.php", "/path/info")],
    ["a script in a folder", "/blog/index.php/post/7", script("/blog/index.php", "/post/7")],
    ["an index of a folder", "/blog/", script("/blog/index.php")],
    ["[TD14] a folder without slash", "/blog", folder],
    ["an index that is no script", "/docs/", file("/docs/index.html")],
    ["a folder without index", "/empty/", front],
    ["a folder without index and slash", "/empty", front],
    ["a file", "/style.css", file("/style.css")],
    ["a file with a space", "/a b.txt", file("/a b.txt")],
    ["a file with UTF-8", latin1("/käse.txt"), file(latin1("/käse.txt"))],
    ["[TC12] a file with other bytes", "/\xff.t", file("/\xff.t")],
    ["a file as a folder", "/style.css/", front],
    ["nothing there", "/pretty/url", front],
    ["[TD03] a script that is not there", "/nope.php", none],
    ["[TD03] a file used as a folder of a script", "/upload/evil.jpg/x.php", none],
    ["[TD04] a script after a double extension", "/x.php.txt.php/i", script("/x.php.txt.php", "/i")],
    ["[TD04] a backup of a script", "/test.php.bak", hidden],
    ["a folder with a script's name", "/folder.php", none],
    ["[TD09] another case", "/INDEX.PHP", none],
    ["[TC16] another case of a file", "/index.txt", front],
    ["[TD08] a dot file", "/.env", hidden],
    ["[TD08] a dot folder", "/.git/config", hidden],
    ["[TD08] .well-known", "/.well-known/acme", file("/.well-known/acme")],
    ["dots behind a script belong to it", "/index.php/.hidden/x~", script("/index.php", "/.hidden/x~")],
    ["[TD10] a link out of the root", "/out/data.txt", front],
    ["[TD10] a linked script out of the root", "/linked.php", none],
    ["[TD10] a script in a linked folder", "/out/run.php", none],
    ["[TD10] a link within the root", "/in.css", file("/in.css")],
    ["[TD11] a FIFO", "/fifo", front],
    ["[TD11] a FIFO as a script", "/fifo.php", none],
    ["[TD11] a device", "/zero", front],
    ["[TD12] a dangling link", "/dangling", front],
    ["[TD12] a loop", "/loop", front],
    ["[TD12] a long name", `/${"x".repeat(300)}`, front],
    ["[TD12] a long path", `/${"x/".repeat(2_500)}y`, front],
    ["[TC11] an encoded slash is a name", "/x%2fy/x.txt", file("/x%2fy/x.txt")],
    ["[TC11] an encoded climb is a hidden name", "/..%2f/x.txt", hidden],
    ["a name of replacement patterns", "/$&", file("/$&")],
  ])("%s", async (_title, path, expected) => {
    const opened = new RootFolder(root);
    expect(await find(php, path, opened)).toEqual(expected);
    // Remembered or not, the answer is the same.
    expect(await find(php, path, opened)).toEqual(expected);
  });
});

describe("[TD05] letters that only look like .php are no script", () => {
  test.each([
    "/ȺȺȺȺshell.php",
    "/İtest.php",
    "/evil.ｐhp",
    "/evil.ⓟⓗⓟ",
    "/evil.𝗽𝗵𝗽",
    "/evil﹒php",
    "/evil．php",
    "/evil.\u212aphp",
  ])("%s", async (name) => {
    const path = latin1(name);
    const found = findRemoteScript({ ...php, index: [] }, path);
    // Only the first two end with four bytes of ASCII .php, and are cut exactly there.
    if (path.endsWith(".php")) expect(found).toEqual(script(path));
    else expect(found).toEqual(none);
  });
});

describe("[TD08] what a route denies", () => {
  const rules = (patterns: readonly string[]): FileRules => ({ ...php, denied: new DenyList(patterns) });

  test.each<[string, string, FoundFile]>([
    ["/upload/*", "/upload/evil.jpg", denied("/upload/*")],
    ["/upload/*", "/upload/nope", denied("/upload/*")],
    ["/upload/*", "/uploads", front],
    ["/style.css", "/style.css", denied("/style.css")],
    ["*.css", "/in.css", denied("*.css")],
    ["/blog/**/*.php", "/blog/index.php/post", denied("/blog/**/*.php")],
    // A script by another name: the index of its folder.
    ["/blog/**/*.php", "/blog/", denied("/blog/**/*.php")],
    // What follows a script is the application's.
    ["*.txt", "/index.php/a.txt", script("/index.php", "/a.txt")],
    ["/upload/*", "/index.php/upload/x", script("/index.php", "/upload/x")],
    ["/index.php", "/pretty/url", denied("/index.php")],
  ])("%s: %s", async (pattern, path, expected) => {
    expect(await find(rules([pattern]), path)).toEqual(expected);
  });

  test("on another machine too", () => {
    expect(findRemoteScript(rules(["/inc/*"]), "/inc/a.php/b")).toEqual(denied("/inc/*"));
    expect(findRemoteScript(rules(["/inc/*"]), "/a.php/inc/")).toEqual(script("/a.php", "/inc/"));
  });
});

describe("[TD10] folders that links may lead into", () => {
  const linked = (): RootFolder => new RootFolder(root, [join(base, "secret")]);

  test.each<[string, FoundFile]>([
    ["/out/data.txt", file("/out/data.txt")],
    // Scripts must lie in the root itself.
    ["/out/run.php", none],
    ["/linked.php", none],
    ["/zero", front],
    ["/dangling", front],
    ["/style.css", file("/style.css")],
  ])("%s", async (path, expected) => {
    const opened = linked();
    expect(await find(php, path, opened)).toEqual(expected);
    expect(await find(php, path, opened)).toEqual(expected);
  });

  test("that is not there opens nothing", async () => {
    expect(await find(php, "/out/data.txt", new RootFolder(root, [join(base, "absent")]))).toEqual(front);
  });
});

describe("files alone", () => {
  test.each<[string, FoundFile]>([
    ["/style.css", file("/style.css")],
    ["/docs/", file("/docs/index.html")],
    ["/docs", folder],
    ["/", none],
    ["/nope", none],
    ["/empty/", none],
    ["/index.php", file("/index.php")],
    ["/rootsecret.txt", none],
  ])("%s", async (path, expected) => {
    expect(await find(files, path)).toEqual(expected);
  });
});

describe("a root on another machine", () => {
  test.each<[string, FoundFile]>([
    ["/", front],
    ["/a/b.php/c", script("/a/b.php", "/c")],
    ["/pretty/url/", front],
    ["/.git/x.php", hidden],
    ["/.env", hidden],
  ])("%s", (path, expected) => {
    expect(findRemoteScript(php, path)).toEqual(expected);
  });
});

test("a file that appears is seen at once", async () => {
  const opened = new RootFolder(root);
  expect(await find(files, "/new.txt", opened)).toEqual(none);
  put("new.txt");
  expect(await find(files, "/new.txt", opened)).toEqual(file("/new.txt"));
});

test("[TD16] a root that is a link follows where it leads", async () => {
  const link = join(base, "current");
  for (const release of ["1", "2"]) {
    mkdirSync(join(base, release));
    writeFileSync(join(base, release, `${release}.php`), "");
  }
  symlinkSync("1", link);
  expect(await find(php, "/1.php", new RootFolder(link))).toEqual(script("/1.php"));
  unlinkSync(link);
  symlinkSync("2", link);
  const opened = new RootFolder(link);
  expect(await find(php, "/2.php", opened)).toEqual(script("/2.php"));
  expect(await find(php, "/1.php", opened)).toEqual(none);
});

test("a root that is not there holds nothing, and / can be a root", async () => {
  expect(await find(php, "/index.php", new RootFolder(join(base, "absent")))).toEqual(none);
  expect(await find(files, join(root, "style.css"), new RootFolder("/"))).toEqual(file(join(root, "style.css")));
});
