const region = /** @type {HTMLElement} */ (document.querySelector(".log"));
const list = /** @type {HTMLElement} */ (region.querySelector("ol"));
const LONGEST = 100;

/**
 * Adds a line to "What happened", newest first. The list is a live region: screen readers read new lines aloud.
 *
 * @param {string} text
 */
export function tell(text) {
  const now = new Date();
  const time = document.createElement("time");
  time.dateTime = now.toISOString();
  time.textContent = now.toLocaleTimeString();
  const line = document.createElement("span");
  line.textContent = text;
  const item = document.createElement("li");
  item.append(time, line);
  list.prepend(item);
  while (list.children.length > LONGEST) list.lastElementChild?.remove();
  // It may scroll from now on, by the keyboard too.
  region.tabIndex = 0;
}
