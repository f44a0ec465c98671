// phpMyAdmin and Adminer, as Debian has them, with a MariaDB of their own, over both transports.
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Answer, type Send, send } from "../src/http.ts";
import { needs } from "../src/needs.ts";
import { type MariaDb, startMariaDb } from "../src/peers/mariadb.ts";
import { startXProxy } from "../src/peers/x-proxy.ts";
import type { RunningProxy } from "../src/peers/x-proxy.ts";
import { temporaryFolder } from "../src/temporary.ts";
import { BACKENDS, type Backend } from "./backends.ts";
import { needsFiles } from "./needs-files.ts";
import { ADMINER, PHPMYADMIN, stageDatabaseSites } from "./stage-database-sites.ts";

const present = [
  needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]),
  needs("MariaDB", ["mariadbd"]),
  needsFiles("phpmyadmin", `${PHPMYADMIN}/index.php`),
  needsFiles("adminer", ADMINER),
].every(Boolean);

const USER = { name: "ada", password: "engines & cards" };

/** A browser as far as it takes: it keeps cookies. */
class Visitor {
  readonly #url: string;
  readonly #cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  async ask(path: string, more: Send = {}): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await send(this.#url, path, { ...more, headers: { ...more.headers, cookie } });
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split(/=(.*)/s);
      if (value === "" || value === "deleted") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return answer;
  }

  post(path: string, fields: Record<string, string>): Promise<Answer> {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return this.ask(path, { method: "POST", headers, body: new URLSearchParams(fields).toString() });
  }

  async upload(path: string, fields: Record<string, string>, name: string, file: File): Promise<Answer> {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.set(field, value);
    form.set(name, file);
    const encoded = new Response(form);
    const headers = { "content-type": encoded.headers.get("content-type") ?? "" };
    return this.ask(path, { method: "POST", headers, body: Buffer.from(await encoded.arrayBuffer()) });
  }
}

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

describe.runIf(present).each(BACKENDS.filter(({ managed }) => !managed))("databases, $title", ({ start }) => {
  const folder = temporaryFolder();
  let database: MariaDb;
  let backend: Backend | undefined;
  let proxy: RunningProxy;

  beforeAll(async () => {
    database = await startMariaDb(folder.path, USER);
    backend = await start(folder.path);
    const root = stageDatabaseSites(folder.path, database.socket);
    proxy = await startXProxy([root, "--php", backend.php, "--preset", "none"]);
    // A MariaDB makes its tables first.
  }, 120_000);
  afterAll(async () => {
    await proxy?.stop();
    await backend?.stop();
    await database?.stop();
    folder.remove();
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
