// A small application for tests: listens on the address in its first argument and does what the others say.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

const [address = "", ...deeds] = process.argv.slice(2);

if (deeds.includes("ignore-term")) process.on("SIGTERM", () => console.log("SIGTERM ignored"));
if (deeds.includes("say-signals")) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      console.log(`${signal} came`);
      process.exit();
    });
  }
}
if (deeds.includes("helper"))
  spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)"], { stdio: "ignore" });
if (deeds.includes("fail")) {
  console.error("cannot find the database");
  process.exit(3);
}
if (deeds.includes("never")) setInterval(() => {}, 1e6);
else if (deeds.includes("once")) createServer(() => setTimeout(() => process.exit(1), 50)).listen(address);
else
  createServer((socket) => socket.on("error", () => {}).end()).listen(address, () =>
    console.log(`listens as ${process.pid}`),
  );
