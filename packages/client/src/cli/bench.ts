import type { PoolOptions } from "../pool-options.ts";
import { Pool } from "../pool.ts";
import type { Arguments } from "./arguments.ts";
import { HELP } from "./command.ts";
import type { Command } from "./command.ts";
import { hasColors, LiveText, styleOf } from "./live-text.ts";
import { loadJson, loadReport, progressLine } from "./load-report.ts";
import { LoadResult, runLoad } from "./load-run.ts";
import type { LoadPlan } from "./load-run.ts";
import { REQUEST_FLAGS, readRequest } from "./request-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** `x-client bench ADDRESS PATH` */
export const benchCommand: Command = {
  synopsis: "ADDRESS PATH",
  summary: "send many requests over FastCGI, and measure how they fare",
  examples: [
    "unix:/run/php/php-fpm.sock /index.php --root /srv/www -c 8 -n 10000",
    "tcp://127.0.0.1:9000 /index.php --duration 30 --rate 500",
    "unix:/run/app.sock / --multiplex 32 -c 256 --json",
  ],
  flags: {
    concurrency: { type: "string", short: "c", what: "requests at once, 32 unless given" },
    requests: { type: "string", short: "n", what: "end after so many requests" },
    duration: { type: "string", short: "t", what: "end after so many seconds, 10 unless given or -n is" },
    rate: { type: "string", what: "requests a second, sent whether answers come or not" },
    capacity: { type: "string", what: "requests that the application runs at once (pm.max_children), else -c" },
    multiplex: { type: "string", what: "requests at once on one connection, 1 unless given" },
    fresh: { type: "boolean", what: "a connection of its own for each request" },
    json: { type: "boolean", what: "show the result as JSON, times in ms" },
    ...REQUEST_FLAGS,
    ...HELP,
  },
  scgi: true,
  run: bench,
};

async function bench(args: Arguments, userAgent: string): Promise<void> {
  const [address, path, ...more] = args.positionals;
  if (address === undefined || path === undefined || more.length > 0) {
    throw new UsageError('It takes an address and a path, such as "x-client bench tcp://127.0.0.1:9000 /index.php".');
  }
  const request = await readRequest(path, args, userAgent);
  const { stdin } = request;
  if (request.data !== undefined || !(stdin === undefined || stdin instanceof Uint8Array)) {
    throw new UsageError("A body that is sent again and again has to be in memory: give it by -d.");
  }
  const requests = args.count("requests", Infinity);
  const concurrency = Math.min(args.count("concurrency", 32), requests);
  const plan: LoadPlan = {
    request: { ...request, stdin, reuse: args.has("fresh") ? false : undefined },
    concurrency,
    requests,
    duration: args.count("duration", args.has("requests") ? Infinity : 10) * 1_000,
    rate: args.count("rate", undefined),
  };
  // All that run here may wait for a worker: that is what is measured.
  const options: PoolOptions = {
    capacity: args.count("capacity", concurrency),
    multiplex: args.count("multiplex", 1),
    queue: concurrency,
    queueTimeout: 0,
  };
  const result = await measure(new Pool(address, options), plan, process.stderr.isTTY && !args.has("json"));
  const style = styleOf(hasColors(process.stdout));
  process.stdout.write(
    args.has("json")
      ? `${JSON.stringify({ address, path, ...loadJson(plan, result) })}\n`
      : loadReport(plan, result, style),
  );
  if (result.failed > 0 || result.ended === 0) process.exitCode = 1;
}

async function measure(pool: Pool, plan: LoadPlan, showProgress: boolean): Promise<LoadResult> {
  const result = new LoadResult();
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
    void pool.destroy();
  };
  const began = performance.now();
  const progress = showProgress ? new LiveText(process.stderr) : undefined;
  const style = styleOf(hasColors(process.stderr));
  const show = (): void => progress?.show([progressLine(plan, result, performance.now() - began, style)]);
  const timer = setInterval(show, 200);
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    // One that fails at once fails them all: there is nothing to measure.
    const first = await pool.request(plan.request);
    first.body.resume();
    await first.ended;
    await runLoad(pool, plan, result, interrupted.signal);
  } finally {
    clearInterval(timer);
    progress?.clear();
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await pool.destroy();
  }
  // Requests that the end has cut say nothing of the application.
  if (interrupted.signal.aborted) result.failures.delete("FCGI_ERR_DESTROYED");
  return result;
}
