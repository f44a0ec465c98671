import fc from "fast-check";

// In CI properties are tried with the same values each time, so that a run says something about the change and nothing about luck; on
// a developer's machine with others each time. What fails is printed with its seed, for `fc.assert(property, { seed })`.
if (process.env["CI"] === "true") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 19_960_429 });
