/** @typedef {{ pid: number, since: string, requests: number }} Process */

/** How long a change stays marked, in milliseconds. */
const MARKED = 12_000;

/** The processes of one application: those that run, and for a while those that have ended. */
export class ProcessList {
  #list;
  /** @type {Map<number, HTMLLIElement>} */
  #items = new Map();
  #first = true;

  /** @param {Element} list */
  constructor(list) {
    this.#list = list;
  }

  /**
   * Shows what an application says about its processes.
   *
   * @param {Process[]} processes
   * @returns {number[]} the process ids that were not there before
   */
  show(processes) {
    if (this.#first) this.#list.replaceChildren();
    const running = new Set(processes.map(({ pid }) => pid));
    for (const pid of this.#items.keys()) if (!running.has(pid)) this.markGone(pid);
    const added = [];
    for (const process of processes) {
      const known = this.#items.get(process.pid);
      const item = known ?? this.#add(process.pid);
      if (known === undefined && !this.#first) {
        added.push(process.pid);
        mark(item, "new");
      }
      describe(item, process);
    }
    this.#first = false;
    return added;
  }

  /** @param {number} pid */
  has(pid) {
    return this.#items.has(pid);
  }

  /** @param {number} pid */
  markGone(pid) {
    const item = this.#items.get(pid);
    if (item === undefined) return;
    this.#items.delete(pid);
    item.dataset["gone"] = String(pid);
    mark(item, "gone");
    item.querySelector(".about")?.replaceChildren("has ended");
    setTimeout(() => item.remove(), MARKED);
  }

  /** Nobody answers: none of them runs any more, as far as can be seen from here. */
  markAllGone() {
    for (const pid of this.#items.keys()) this.markGone(pid);
  }

  /** @param {number} pid */
  #add(pid) {
    const item = document.createElement("li");
    item.dataset["pid"] = String(pid);
    this.#items.set(pid, item);
    this.#list.append(item);
    return item;
  }
}

/**
 * @param {HTMLLIElement} item
 * @param {Process} process
 */
function describe(item, { pid, since, requests }) {
  const number = document.createElement("b");
  number.textContent = String(pid);
  const about = document.createElement("span");
  about.className = "about";
  const start = new Date(since).toLocaleTimeString();
  about.textContent = `since ${start}, ${requests} ${requests === 1 ? "request" : "requests"}`;
  item.replaceChildren(number, about);
}

/**
 * @param {HTMLLIElement} item
 * @param {"new" | "gone"} change
 */
function mark(item, change) {
  item.classList.remove("new", "gone");
  item.classList.add(change);
  if (change === "new") setTimeout(() => item.classList.remove("new"), MARKED);
}
