// The page of the Node application: a clock that the application sends, and lines that come one by one.
const clock = /** @type {HTMLElement} */ (document.querySelector("#clock"));
const button = /** @type {HTMLButtonElement} */ (document.querySelector("#lines-start"));
const lines = /** @type {HTMLElement} */ (document.querySelector("#lines"));

/** Milliseconds until the clock is asked for again after an answer that was no clock. */
const AGAIN = 1_000;

function followClock() {
  const ticks = new EventSource("/node/clock");
  ticks.addEventListener("message", (event) => (clock.textContent = event.data));
  ticks.addEventListener("error", () => {
    clock.textContent = "–– : –– : ––";
    // A lost connection the browser makes again by itself; after an error page it gives up.
    if (ticks.readyState === EventSource.CLOSED) setTimeout(followClock, AGAIN);
  });
}

async function stream() {
  button.disabled = true;
  lines.hidden = false;
  lines.textContent = "";
  try {
    const response = await fetch("/node/lines", { cache: "no-store" });
    if (!response.ok || response.body === null) throw new Error(`${response.status} ${response.statusText}`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) lines.textContent += piece.value;
  } catch (error) {
    lines.textContent += `\nEnded early: ${error instanceof Error ? error.message : error}`;
  }
  button.disabled = false;
}

followClock();
button.addEventListener("click", () => void stream());
