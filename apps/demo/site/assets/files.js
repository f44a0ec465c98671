// The page about files: asks for a range of bytes and shows the head and the bytes of the answer.
const form = /** @type {HTMLFormElement} */ (document.querySelector("#range"));
const output = /** @type {HTMLElement} */ (document.querySelector("#range-answer"));
const SHOWN = ["content-range", "content-length", "content-type", "etag", "last-modified"];

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  void show(`bytes=${fields.get("first")}-${fields.get("last")}`);
});

/** @param {string} range */
async function show(range) {
  const response = await fetch("/assets/hills.svg", { headers: { range }, cache: "no-store" });
  const head = SHOWN.filter((name) => response.headers.has(name)).map(
    (name) => `${name}: ${response.headers.get(name)}`,
  );
  const lines = [
    `range: ${range}`,
    "",
    `${response.status} ${response.statusText}`,
    ...head,
    "",
    await response.text(),
  ];
  output.textContent = lines.join("\n");
  output.hidden = false;
}
