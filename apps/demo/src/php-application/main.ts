// The PHP application of a machine without php-fpm: real PHP, compiled to WebAssembly, behind a FastCGI socket of its own.
import { dirname } from "node:path";

import { parseAddress } from "@x/protocol/address";
import { serve } from "@x/responder";

import { endProcess } from "../application/end-process.ts";
import { requiredArgument } from "../application/required-argument.ts";
import { Served } from "../application/served.ts";
import { loadPhp } from "./load-php.ts";
import { ScriptRunner } from "./script-runner.ts";

const listen = requiredArgument(1, "the address to listen on");
const site = requiredArgument(2, "the folder of the web site");

const address = parseAddress(listen);
// Sessions are kept beside the socket, in the folder that is this user's alone.
const folders = address.kind === "unix" ? [site, dirname(address.path)] : [site];
const served = new Served();
const runner = new ScriptRunner(await loadPhp(folders), served);

serve({
  listen,
  handler: async (request, response) => {
    served.count();
    const body = Buffer.concat(await request.stdin.toArray());
    try {
      const wish = await runner.run(request, body, response);
      response.end(wish === "end" ? endProcess : undefined);
    } catch (error) {
      // WebAssembly that has failed once does not work again: this request gets its 500, the next ones a new process.
      response.once("close", () => process.exit(1));
      throw error;
    }
  },
});
