// node:http with node-phpfpm. It gives the body alone, so the head is ours. Arguments: PORT SOCKET ROOT
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [port, socket, root] = process.argv.slice(2);
type Run = (script: string, callback: (error: unknown, output: string) => void) => void;
const require = createRequire(import.meta.url);
const PhpFpm = require("node-phpfpm") as new (options: object) => { run: Run };

const php = new PhpFpm({ sockFile: socket, documentRoot: `${root}/` });
createServer((request, response) => {
  php.run((request.url ?? "/").slice(1), (error, output) => {
    response.writeHead(error ? 502 : 200, { "content-type": "text/plain" });
    response.end(output);
  });
}).listen(Number(port), "127.0.0.1");
