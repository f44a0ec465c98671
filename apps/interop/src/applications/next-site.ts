// A site of Next.js in a folder of its own: installed there by npm with exact versions, since it weighs as much as everything else together.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const PACKAGES = ["next@16.4.6", "react@19.3.1", "react-dom@19.3.1"];

const FILES: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "site", private: true, type: "module" }),
  // The parent folders are nobody's workspace.
  "next.config.mjs": `import { dirname } from "node:path";
    import { fileURLToPath } from "node:url";
    const root = dirname(fileURLToPath(import.meta.url));
    export default { outputFileTracingRoot: root, turbopack: { root } };`,
  "app/layout.js": `export default function Layout({ children }) {
      return <html lang="en"><body>{children}</body></html>;
    }`,
  "app/page.js": `import Counter from "./counter.js";
    export default async function Page({ searchParams }) {
      const { name = "world" } = await searchParams;
      return <main><h1>{\`Hello \${name}\`}</h1><Counter /></main>;
    }`,
  "app/counter.js": `"use client";
    import { useState } from "react";
    export default function Counter() {
      const [count, setCount] = useState(0);
      return <button onClick={() => setCount(count + 1)}>{count}</button>;
    }`,
  "app/posts/[slug]/page.js": `import { notFound } from "next/navigation";
    export default async function Post({ params }) {
      const { slug } = await params;
      if (slug === "missing") notFound();
      return <h1>{\`Post \${slug}\`}</h1>;
    }`,
  "app/api/echo/route.js": `import { createHash } from "node:crypto";
    import { cookies } from "next/headers";
    export async function POST(request) {
      const body = Buffer.from(await request.arrayBuffer());
      (await cookies()).set("seen", "yes", { httpOnly: true });
      return Response.json({
        length: body.length,
        sha256: createHash("sha256").update(body).digest("hex"),
        type: request.headers.get("content-type"),
        query: request.nextUrl.searchParams.get("q"),
      });
    }`,
  "app/api/old/route.js": `import { redirect } from "next/navigation";
    export function GET() { redirect("/posts/new"); }`,
  // The second piece comes when somebody asks for it: until then the first must have arrived.
  "app/api/stream/route.js": `export const dynamic = "force-dynamic";
    export function GET() {
      const encoder = new TextEncoder();
      return new Response(new ReadableStream({
        async start(controller) {
          controller.enqueue(encoder.encode("one\\n"));
          await new Promise((resolve) => { globalThis.goOn = resolve; });
          controller.enqueue(encoder.encode("two\\n"));
          controller.close();
        },
      }), { headers: { "content-type": "text/plain", "x-accel-buffering": "no" } });
    }
    export function POST() { globalThis.goOn(); return new Response(null, { status: 204 }); }`,
  "public/style.css": "body { color: black }\n",
  // Next's "custom server": what stands in its documentation, but for the server.
  "server.mjs": `import { dirname } from "node:path";
    import { fileURLToPath } from "node:url";
    import next from "next";
    const app = next({ dev: false, dir: dirname(fileURLToPath(import.meta.url)) });
    await app.prepare();
    export default app.getRequestHandler();`,
};

/** Installs and builds it, which takes a minute; returns the module for `x-responder`. */
export function stageNextSite(folder: string): string {
  for (const [name, text] of Object.entries(FILES)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  const run = (command: string, args: readonly string[]): void => {
    try {
      execFileSync(command, args, { cwd: folder, env, stdio: "pipe", timeout: 240_000 });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer };
      throw new Error(`${command} ${args.join(" ")} failed: ${String(stdout)}${String(stderr)}`, { cause: error });
    }
  };
  run("npm", ["install", "--no-audit", "--no-fund", "--save-exact", "--ignore-scripts", ...PACKAGES]);
  run(process.execPath, ["node_modules/next/dist/bin/next", "build"]);
  return join(folder, "server.mjs");
}
