// The start page: asks both applications who they are, ends a process on request, and tells what follows.
import { Backend } from "./backend.js";
import { tell } from "./log.js";

for (const section of document.querySelectorAll(".backend")) {
  const backend = new Backend(section, tell);
  backend.start();
  // A page that nobody sees asks nobody.
  document.addEventListener("visibilitychange", () => (document.hidden ? backend.pause() : backend.start()));
}
