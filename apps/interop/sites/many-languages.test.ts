// examples/many-languages with all that it has, over both transports: DokuWiki, Symfony, phpMyAdmin and Adminer as Debian has them, with a
// MariaDB of the test's own, beside the applications of other languages, which test/many-languages.test.ts knows better.
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Gate } from "../src/gate.ts";
import type { Answer } from "../src/http.ts";
import { needs } from "../src/needs.ts";
import { getInParts } from "../src/parts.ts";
import { hasAllLanguages, startManyLanguages } from "../src/peers/many-languages.ts";
import { type MariaDb, startMariaDb } from "../src/peers/mariadb.ts";
import type { RunningProxy } from "../src/peers/x-proxy.ts";
import { temporaryFolder } from "../src/temporary.ts";
import { needsFiles } from "./needs-files.ts";
import { ADMINER, PHPMYADMIN, stageDatabaseSites } from "./stage-database-sites.ts";
import { DOKUWIKI, USER as EDITOR, stageDokuWiki } from "./stage-dokuwiki.ts";
import { DATA, FRAMEWORK_BUNDLE, stageSymfony } from "./stage-symfony.ts";
import { Visitor } from "./visitor.ts";

const present = [
  needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]),
  needs("MariaDB", ["mariadbd"]),
  needsFiles("phpmyadmin", `${PHPMYADMIN}/index.php`),
  needsFiles("adminer", ADMINER),
  needsFiles("dokuwiki", `${DOKUWIKI}/doku.php`),
  needsFiles("php-symfony-framework-bundle", FRAMEWORK_BUNDLE),
  needs("git", ["git"]),
].every(Boolean);

const USER = { name: "ada", password: "engines & cards" };

const found = (pattern: RegExp, text: string): string => {
  const match = pattern.exec(text)?.[1];
  if (match === undefined) throw new Error(`${pattern} is not in ${text.slice(0, 2_000)}`);
  return match.replaceAll("&amp;", "&");
};

/** A table, and many rows of it. */
const ROWS = 20_000;
const DUMP = `CREATE TABLE dishes (id INT PRIMARY KEY, name VARCHAR(40));
${Array.from({ length: ROWS / 1_000 }, (_, block) => {
  const rows = Array.from({ length: 1_000 }, (_row, at) => `(${block * 1_000 + at}, 'dish number ${at} of ${block}')`);
  return `INSERT INTO dishes VALUES ${rows.join(",")};`;
}).join("\n")}
`;

describe.runIf(present).each(["unix", "tcp"] as const)("many languages and the sites of PHP, over %s", (transport) => {
  const folder = temporaryFolder();
  let database: MariaDb;
  let gate: Gate;
  let proxy: RunningProxy;

  beforeAll(async () => {
    gate = await Gate.open();
    database = await startMariaDb(folder.path, USER);
    const sites = stageDatabaseSites(folder.path, database.socket);
    const environment = {
      DOKUWIKI: stageDokuWiki(folder.path),
      PHPMYADMIN: join(sites, "phpmyadmin"),
      ADMINER: join(sites, "adminer"),
      GATE: gate.address,
    };
    const prepare = (example: string): unknown => stageSymfony(example);
    proxy = await startManyLanguages(folder.path, { transport, environment, prepare });
  });
  afterAll(async () => {
    await proxy?.stop();
    await database?.stop();
    gate?.close();
    folder.remove();
  });

  test("DokuWiki: its start page, the styles that it makes, a login, a page that is written, and what is for nobody", async () => {
    const visitor = new Visitor(proxy.url);
    const start = (await visitor.ask("/wiki/doku.php")).body.toString();
    expect(start).toContain("A wiki behind x-proxy");
    const style = await visitor.ask(found(/href="(\/wiki\/lib\/exe\/css\.php[^"]*)"/, start));
    expect([style.status, style.headers["content-type"]]).toEqual([200, "text/css; charset=utf-8"]);
    const logo = await visitor.ask("/wiki/lib/images/smileys/fixme.svg");
    expect([logo.status, logo.headers["content-type"]]).toEqual([200, "image/svg+xml"]);

    const page = "/wiki/doku.php?id=dishes";
    const form = (await visitor.ask(`${page}&do=login`)).body.toString();
    const login = { id: "dishes", do: "login", u: EDITOR.name, p: EDITOR.password };
    const entered = await visitor.post(page, { ...login, sectok: found(/name="sectok" value="(\w*)"/, form) });
    expect(entered.status).toBe(302);
    const editor = (await visitor.ask(`${page}&do=edit`)).body.toString();
    const written = await visitor.post(page, {
      sectok: found(/name="sectok" value="(\w+)"/, editor),
      changecheck: found(/name="changecheck" value="(\w*)"/, editor),
      target: "section",
      wikitext: "====== Käse & Brot ======",
      "do[save]": "1",
    });
    expect(written.status).toBe(302);
    expect((await visitor.ask(page)).body.toString()).toContain("Käse &amp; Brot</h1>");
    expect((await visitor.ask("/wiki/conf/users.auth.php")).status).toBe(404);
    expect((await visitor.ask("/wiki/data/pages/dishes.txt")).status).toBe(404);
  });

  test("Symfony: routes with their query, a session, a form with a file, and a stream piece by piece", async ({
    signal,
  }) => {
    const visitor = new Visitor(proxy.url);
    const hello = await visitor.ask("/symfony/hello/J%C3%BCrgen?a=1");
    expect(JSON.parse(hello.body.toString())).toEqual({
      name: "Jürgen",
      query: { a: "1" },
      uri: `${proxy.url}/symfony/hello/J%C3%BCrgen?a=1`,
      baseUrl: "/symfony",
      client: "127.0.0.1",
      link: `${proxy.url}/symfony/hello/you`,
    });
    expect((await visitor.ask("/symfony/")).body.toString()).toContain('href="/symfony/style.css"');
    expect((await visitor.ask("/symfony/style.css")).headers["content-type"]).toBe("text/css; charset=utf-8");
    expect((await visitor.ask("/symfony/count")).body.toString()).toBe("1");
    expect((await visitor.ask("/symfony/count")).body.toString()).toBe("2");
    const sent = await visitor.upload("/symfony/contact", { name: "Ada" }, "photo", new File([DATA], "dish.jpg"));
    expect([sent.status, sent.headers.location]).toEqual([303, "/symfony/thanks"]);
    expect(JSON.parse((await visitor.ask("/symfony/thanks")).body.toString())).toMatchObject({ name: ["Ada"] });
    const parts = await getInParts(`${proxy.url}/symfony/stream`, signal);
    expect(await parts.until("one\n")).toBe("one\n");
    await visitor.ask("/symfony/go-on");
    expect(await parts.until("two\n")).toBe("one\ntwo\n");
    await visitor.ask("/symfony/go-on");
    expect(await parts.whole()).toBe("one\ntwo\nthree\n");
    expect((await visitor.ask("/symfony/src/Kernel.php")).status).toBe(404);
  });

  test.runIf(hasAllLanguages()).each([
    ["/perl/x", "perl: GET /x"],
    ["/plack/x", "plack: GET /plack/x"],
    ["/flask/", "flask: visit 1"],
    ["/flask-scgi/", "flask: visit 1"],
    ["/django/", "django: visit 1"],
    ["/django-scgi/", "django: visit 1"],
    ["/rails/", "rails: visit 1"],
    ["/node/x", '"path":"/x"'],
    ["/gitweb/", "project.git"],
    ["/cgi-cgit/", "project.git"],
    ["/git/project.git/info/refs", "refs/heads/branch-7"],
    ["/notes/menu.md", "<h1>Menu</h1>"],
    ["/live", "node: GET"],
  ])("%s beside them", async (path, expected) => {
    const { status, body } = await new Visitor(proxy.url).ask(path);
    expect([status, body.toString()]).toEqual([200, expect.stringContaining(expected)]);
  });

  describe("phpMyAdmin", () => {
    let visitor: Visitor;
    let token: string;
    const HOME = "/phpmyadmin/index.php?route=/";

    const login = async (password: string): Promise<string> => {
      visitor = new Visitor(proxy.url);
      const form = (await visitor.ask("/phpmyadmin/")).body.toString();
      const fields = {
        set_session: found(/name="set_session" value="([^"]+)"/, form),
        token: found(/name="token" value="([^"]+)"/, form),
      };
      const sent = await visitor.post(HOME, {
        ...fields,
        pma_username: USER.name,
        pma_password: password,
        server: "1",
      });
      if (sent.status !== 302) return sent.body.toString();
      const home = await visitor.ask(new URL(sent.headers.location ?? "", `${proxy.url}/phpmyadmin/`).pathname);
      return home.body.toString();
    };

    test("a wrong password is refused, the right one opens the session", async () => {
      expect(await login("wrong")).toContain("Access denied");
      const home = await login(USER.password);
      expect(home).toContain("logged_in:true");
      token = found(/token:"([0-9a-f]+)"/, home);
    });

    test("its styles and scripts are files, but for those that PHP makes", async () => {
      const style = await visitor.ask("/phpmyadmin/themes/pmahomme/css/theme.css");
      expect([style.status, style.headers["content-type"]]).toEqual([200, "text/css; charset=utf-8"]);
      const script = await visitor.ask("/phpmyadmin/js/messages.php?l=en");
      expect([script.status, script.headers["content-type"]]).toEqual([200, expect.stringContaining("javascript")]);
    });

    test("an SQL file is uploaded and run, and asked for", async () => {
      const imported = await visitor.upload(
        "/phpmyadmin/index.php?route=/import",
        { token, db: "kitchen", import_type: "database", format: "sql", charset_of_file: "utf-8", ajax_request: "1" },
        "import_file",
        new File([DUMP], "dishes.sql"),
      );
      expect(imported.status).toBe(200);
      expect(JSON.parse(imported.body.toString())).toMatchObject({ success: true });
      const counted = await visitor.post("/phpmyadmin/index.php?route=/sql", {
        token,
        db: "kitchen",
        sql_query: "SELECT CONCAT('rows: ', COUNT(*)) AS counted FROM dishes",
        ajax_request: "1",
      });
      expect(counted.body.toString()).toContain(`rows: ${ROWS}`);
    });

    test("the table is exported as a download", async () => {
      const dumped = await visitor.post("/phpmyadmin/index.php?route=/export", {
        token,
        db: "kitchen",
        table: "dishes",
        export_type: "table",
        export_method: "quick",
        quick_or_custom: "quick",
        what: "csv",
        csv_separator: ",",
        csv_enclosed: '"',
        csv_escaped: '"',
        csv_terminated: "AUTO",
        csv_null: "NULL",
        output_format: "sendit",
        filename_template: "@TABLE@",
        charset: "utf-8",
        compression: "none",
        allrows: "1",
        single_table: "1",
        csv_structure_or_data: "data",
      });
      expect(dumped.headers["content-disposition"]).toContain("dishes.csv");
      expect(dumped.body.toString().trim().split("\n").length).toBe(ROWS);
    });
  });

  describe("Adminer", () => {
    test("a login, a statement, its result, and a dump", async () => {
      const visitor = new Visitor(proxy.url);
      expect((await visitor.ask("/adminer/")).body.toString()).toContain('name="auth[username]"');
      const server = `localhost:${database.socket}`;
      const credentials = (password: string): Record<string, string> => ({
        "auth[driver]": "server",
        "auth[server]": server,
        "auth[username]": USER.name,
        "auth[password]": password,
        "auth[db]": "kitchen",
      });
      const wrong = await visitor.post("/adminer/", credentials("wrong"));
      const there = (answer: Answer): string => {
        const { pathname, search } = new URL(answer.headers.location ?? "", `${proxy.url}/adminer/`);
        return pathname + search;
      };
      expect([wrong.status, (await visitor.ask(there(wrong))).body.toString()]).toEqual([
        302,
        expect.stringContaining("Access denied"),
      ]);
      const sent = await visitor.post("/adminer/", credentials(USER.password));
      expect(sent.status).toBe(302);
      const home = await visitor.ask(there(sent));
      expect(home.body.toString()).toContain("kitchen");
      const sql = `${there(sent)}&sql=`;
      const token = found(/name='token' value='([^']+)'|name="token" value="([^"]+)"/, home.body.toString());
      const result = await visitor.post(sql, { query: "SELECT CONCAT('six', 'teen') AS word", token });
      expect(result.body.toString()).toContain("sixteen");
    });
  });
});
