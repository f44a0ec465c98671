import { Pool } from "../pool.ts";
import type { RequestOptions } from "../request.ts";
import type { Arguments } from "./arguments.ts";
import { HELP } from "./command.ts";
import type { Command } from "./command.ts";
import { withRecordLog } from "./record-log.ts";
import { REQUEST_FLAGS, readRequest } from "./request-arguments.ts";
import { checkOutput, headText, saveBody, showJson, showStderr, writeBody } from "./response-output.ts";
import { UsageError } from "./usage-error.ts";

/** `x-client request ADDRESS PATH` */
export const requestCommand: Command = {
  synopsis: "ADDRESS PATH",
  summary: "send one request to a FastCGI application and show the answer",
  examples: [
    "unix:/run/php/php-fpm.sock /index.php --root /srv/www",
    "unix:/run/php/php-fpm.sock '/blog/index.php/post/7?draft=1' -i -v",
    "tcp://127.0.0.1:9000 /login.php -d 'user=ada&password=secret'",
    "tcp://127.0.0.1:9000 /api.php -X PUT -d @body.json -H 'Content-Type: application/json'",
    "tcp://127.0.0.1:9000 /upload.php -F title=Sunset -F photo=@sunset.jpg",
    "unix:/run/app.sock /users --script '' -p APP_ENV=test -p HTTPS=on --json",
  ],
  flags: {
    ...REQUEST_FLAGS,
    include: { type: "boolean", short: "i", what: "show the response head, too" },
    verbose: { type: "boolean", short: "v", what: "show each record sent and received" },
    output: { type: "string", short: "o", what: "the file that the body is written to" },
    fail: { type: "boolean", short: "f", what: "exit 1, without the body, for a status of 400 and more" },
    json: { type: "boolean", what: "show the response as JSON" },
    ...HELP,
  },
  scgi: true,
  run: request,
};

async function request(args: Arguments, userAgent: string): Promise<void> {
  const [address, path, ...more] = args.positionals;
  if (address === undefined || path === undefined || more.length > 0) {
    throw new UsageError('It takes an address and a path, such as "x-client request tcp://127.0.0.1:9000 /index.php".');
  }
  checkOutput(args.get("output"));
  const pool = new Pool(address);
  const options: RequestOptions = { ...(await readRequest(path, args, userAgent)), reuse: false };
  await withRecordLog(args.has("verbose"), async () => {
    try {
      await showResponse(pool, options, args);
    } finally {
      await pool.destroy();
    }
  });
}

async function showResponse(pool: Pool, options: RequestOptions, args: Arguments): Promise<void> {
  const response = await pool.request(options);
  const output = args.get("output");
  const failed = args.has("fail") && response.statusCode >= 400;
  if (failed) process.exitCode = 1;
  if (args.has("json")) {
    await showJson(response, output);
    return;
  }
  if (args.has("include") || args.has("head")) process.stdout.write(headText(response), "latin1");
  if (failed) {
    process.stderr.write(`x-client: the application answered with status ${response.statusCode}.\n`);
    response.body.resume();
  } else if (output === undefined) await writeBody(response.body);
  else await saveBody(response.body, output);
  const { appStatus } = await response.ended;
  // With -v the records have shown it.
  const stderr = await response.stderr;
  if (!args.has("verbose")) showStderr(stderr);
  if (response.statusCode === 404 && stderr.includes("Primary script unknown")) {
    process.stderr.write(
      "x-client: PHP-FPM found no such script: --root is the folder of the site as PHP-FPM sees it, which it must be able to enter.\n",
    );
  }
  if (appStatus !== 0) process.stderr.write(`x-client: the application ended with status ${appStatus}.\n`);
}
