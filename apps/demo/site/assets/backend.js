import { ProcessList } from "./process-list.js";

/** @typedef {{ answeredBy: string, address: string, pid: number, processes: import("./process-list.js").Process[], token: string }} Status */
/** @typedef {"unknown" | "up" | "gone"} State */

/** Between two questions, in milliseconds: while all is well, while a process is about to end, and while nobody answers. */
const CALM = 2_000;
const EAGER = 150;
const GONE = 400;
/** How long an answer is waited for, and a new process. */
const PATIENCE = 5_000;

/** One application on the page: its facts, its button, and what becomes of its processes. */
export class Backend {
  #section;
  #tell;
  #name;
  #button;
  #processes;
  /** @type {Status | undefined} */
  #status;
  /** @type {State} */
  #state = "unknown";
  /** The process that was told to end, and when. @type {{ pid: number, at: number } | undefined} */
  #ended;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asking = false;

  /**
   * @param {Element} section
   * @param {(text: string) => void} tell
   */
  constructor(section, tell) {
    this.#section = section;
    this.#tell = tell;
    this.#name = section.querySelector("h2")?.textContent ?? "";
    this.#button = /** @type {HTMLButtonElement} */ (section.querySelector("button"));
    this.#processes = new ProcessList(this.#field("processes"));
    this.#button.addEventListener("click", () => void this.#end());
  }

  start() {
    this.pause();
    void this.#ask();
  }

  pause() {
    clearTimeout(this.#timer);
  }

  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const response = await fetch(this.#url("status"), { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok) this.#answered(/** @type {Status} */ (await response.json()));
      else this.#silent(`the server answers ${response.status} in its place`);
    } catch {
      this.#silent("not even the server answers");
    }
    this.#asking = false;
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => void this.#ask(), this.#interval());
  }

  /** Milliseconds to the next question. */
  #interval() {
    if (this.#state === "gone") return GONE;
    return this.#ended === undefined ? CALM : EAGER;
  }

  /** @param {Status} status */
  #answered(status) {
    const added = this.#processes.show(status.processes);
    this.#status = status;
    this.#field("answeredBy").textContent = status.answeredBy;
    // A long path may break behind a slash.
    this.#field("address").replaceChildren(
      ...status.address.split(/(?<=\/)/).flatMap((part) => [part, document.createElement("wbr")]),
    );
    this.#show("up", "answers");
    this.#replaced(added);
    // A pool of workers that has nothing to do may be left one worker smaller.
    if (this.#ended !== undefined && performance.now() - this.#ended.at > PATIENCE) this.#ended = undefined;
    this.#enable(this.#ended === undefined);
  }

  /**
   * Tells about new processes, and whether one of them took the place of the one that was ended.
   *
   * @param {number[]} added
   */
  #replaced(added) {
    const [pid] = added;
    if (pid === undefined) return;
    if (this.#ended === undefined || this.#processes.has(this.#ended.pid)) {
      this.#tell(`${this.#name}: process ${pid} was started.`);
      return;
    }
    const seconds = Math.max(0.1, (performance.now() - this.#ended.at) / 1000).toFixed(1);
    this.#tell(`${this.#name}: process ${pid} has taken the place of ${this.#ended.pid}, after ${seconds} s.`);
    this.#ended = undefined;
  }

  /** @param {string} why */
  #silent(why) {
    if (this.#state !== "gone") this.#tell(`${this.#name}: gone, ${why}.`);
    this.#processes.markAllGone();
    this.#enable(false);
    this.#show("gone", "gone");
  }

  async #end() {
    if (this.#status === undefined || this.#button.ariaDisabled === "true") return;
    this.#enable(false);
    try {
      const headers = { "x-demo-token": this.#status.token };
      const response = await fetch(this.#url("kill"), {
        method: "POST",
        headers,
        signal: AbortSignal.timeout(PATIENCE),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error);
      this.#ended = { pid: answer.pid, at: performance.now() };
      this.#tell(`${this.#name}: process ${answer.pid} has answered, and ends itself.`);
      await this.#lookForServer();
    } catch (error) {
      this.#tell(`${this.#name}: the process could not be ended: ${error instanceof Error ? error.message : error}.`);
      this.#enable(true);
    }
    this.start();
  }

  /**
   * Not by `disabled`: a button that has the focus would lose it.
   *
   * @param {boolean} enabled
   */
  #enable(enabled) {
    this.#button.ariaDisabled = String(!enabled);
  }

  async #lookForServer() {
    const started = performance.now();
    const response = await fetch("/favicon.svg", { cache: "no-store" });
    const took = Math.max(1, Math.round(performance.now() - started));
    if (response.ok) this.#tell(`Server: still there, it sent a file in ${took} ms.`);
  }

  /**
   * @param {State} state
   * @param {string} text
   */
  #show(state, text) {
    this.#state = state;
    const badge = /** @type {HTMLElement} */ (this.#section.querySelector(".state"));
    badge.dataset["state"] = state;
    this.#field("state").textContent = text;
    const wire = document.querySelector(`.map .to-${this.#name.toLowerCase()}`);
    wire?.classList.toggle("gone", state === "gone");
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLElement} */ (this.#section.querySelector(`[data-field="${name}"]`));
  }

  /** @param {"status" | "kill"} what */
  #url(what) {
    return /** @type {HTMLElement} */ (this.#section).dataset[what] ?? "";
  }
}
