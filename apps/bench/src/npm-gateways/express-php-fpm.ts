// express with express-php-fpm, as its README says. Arguments: PORT SOCKET ROOT
import { createRequire } from "node:module";

const [port, socket, root] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const express = require("express") as () => {
  use(path: string, handler: unknown): void;
  listen(port: number, host: string): void;
};
const { default: phpFpm } = require("express-php-fpm") as { default: (options: object) => unknown };

const application = express();
application.use("/", phpFpm({ documentRoot: root, env: {}, socketOptions: { path: socket } }));
application.listen(Number(port), "127.0.0.1");
