/** Folders that are gone when the tests of a file have run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];

/** A new empty folder in the system's temporary one. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `tessera-${name}-`));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
