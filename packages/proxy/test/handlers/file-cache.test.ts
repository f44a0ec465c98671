import { expect, test } from "vitest";

import type { CachedFile } from "../../src/handlers/cached-file.ts";
import { FileCache, type Shelf } from "../../src/handlers/file-cache.ts";

function fileOf(size: number): CachedFile {
  return { size } as CachedFile;
}

/** A file is served, and loaded if that is wanted. @returns whether it was wanted */
async function serve(shelf: Shelf, path: string, size: number): Promise<boolean> {
  let loads = false;
  shelf.served(path, size, () => {
    loads = true;
    return Promise.resolve(fileOf(size));
  });
  await Promise.resolve();
  return loads;
}

async function hold(shelf: Shelf, path: string, size: number): Promise<void> {
  await serve(shelf, path, size);
  await serve(shelf, path, size);
}

test("a file is held when it is asked for the second time", async () => {
  const cache = new FileCache({ entries: 10, bytes: 1_000, fileBytes: 100 });
  const shelf = cache.shelf();
  expect(await serve(shelf, "/a", 100)).toBe(false);
  expect(shelf.get("/a")).toBeUndefined();
  expect(await serve(shelf, "/a", 100)).toBe(true);
  expect(shelf.get("/a")).toMatchObject({ size: 100 });
  expect(await serve(shelf, "/a", 100)).toBe(false);
  expect(cache.stats).toEqual({ files: 1, bytes: 100, hits: 0 });
});

test("one that is too large never is, nor any without entries", async () => {
  const shelf = new FileCache({ entries: 10, bytes: 1_000, fileBytes: 100 }).shelf();
  await hold(shelf, "/a", 101);
  expect(shelf.get("/a")).toBeUndefined();
  const none = new FileCache({ entries: 0, bytes: 1_000, fileBytes: 100 }).shelf();
  await hold(none, "/a", 1);
  expect(none.get("/a")).toBeUndefined();
});

test("those that were not asked for go first, by number and by bytes, whoever holds them", async () => {
  const cache = new FileCache({ entries: 3, bytes: 250, fileBytes: 100 });
  const [one, other] = [cache.shelf(), cache.shelf()];
  await hold(one, "/a", 100);
  await hold(other, "/a", 50);
  await hold(one, "/b", 50);
  one.get("/a");
  await hold(other, "/c", 10);
  expect(other.get("/a")).toBeUndefined();
  expect([one.get("/a")?.size, one.get("/b")?.size, other.get("/c")?.size]).toEqual([100, 50, 10]);
  await hold(other, "/d", 100);
  expect(one.get("/a")).toBeUndefined();
  await hold(other, "/e", 100);
  expect(one.get("/b")).toBeUndefined();
  expect(cache.stats).toEqual({ files: 3, bytes: 210, hits: 0 });
});

test("many files that are asked for once take no room of others but their entry", async () => {
  const cache = new FileCache({ entries: 3, bytes: 250, fileBytes: 100 });
  const shelf = cache.shelf();
  await hold(shelf, "/a", 100);
  for (let at = 0; at < 100; at++) {
    shelf.get("/a");
    await serve(shelf, `/once/${at}`, 100);
  }
  expect(cache.stats).toEqual({ files: 1, bytes: 100, hits: 0 });
});

test("what changed is dropped, and held anew; what was thrown out while it was loaded is not kept", async () => {
  const cache = new FileCache({ entries: 2, bytes: 250, fileBytes: 100 });
  const shelf = cache.shelf();
  await hold(shelf, "/a", 100);
  const first = shelf.get("/a") as CachedFile;
  shelf.drop("/a", first);
  expect(cache.stats).toEqual({ files: 0, bytes: 0, hits: 0 });
  await hold(shelf, "/a", 90);
  shelf.drop("/a", first);
  expect(shelf.get("/a")).toMatchObject({ size: 90 });
  let loaded = (_file: CachedFile | undefined): void => undefined;
  await serve(shelf, "/b", 10);
  let loads = 0;
  const load = (): Promise<CachedFile | undefined> => {
    loads++;
    return new Promise((resolve) => (loaded = resolve));
  };
  shelf.served("/b", 10, load);
  shelf.served("/b", 10, load);
  expect(loads).toBe(1);
  await serve(shelf, "/c", 10);
  await serve(shelf, "/d", 10);
  loaded(fileOf(10));
  await Promise.resolve();
  expect(shelf.get("/b")).toBeUndefined();
  expect(cache.stats).toEqual({ files: 0, bytes: 0, hits: 0 });
});
