/**
 * The user's cache of guests: one folder a guest with `kernel`, `initrd` and `guest.json`, which names their sums. A guest
 * is written beside its place and moved there when it is whole; one whose sums don't match counts as absent.
 */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from './debian.ts';
import type { GuestFiles } from './manifest.ts';

export interface Guest {
  readonly name: string;
  /** Paths of the two files. */
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  /** The sources that its parts came from. */
  readonly origin: readonly string[];
}

interface GuestRecord {
  readonly format: 1;
  readonly append: string;
  readonly origin: readonly string[];
  readonly sums: { readonly kernel: string; readonly initrd: string };
}

/** Where this user's programs keep what they can fetch again (XDG Base Directory Specification; the platform's own place elsewhere). */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  const base = env['XDG_CACHE_HOME'] ? env['XDG_CACHE_HOME']
    : platform === 'darwin' ? join(homedir(), 'Library', 'Caches')
    : platform === 'win32' ? env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local')
    : join(homedir(), '.cache');
  return join(base, 'tessera', 'guests');
}

export class GuestStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The guest, if it is there and whole. */
  async find(name: string): Promise<Guest | undefined> {
    const [kernel, initrd] = [join(this.path(name), 'kernel'), join(this.path(name), 'initrd')];
    try {
      const record = JSON.parse(await readFile(join(this.path(name), 'guest.json'), 'utf8')) as GuestRecord;
      const whole = record.format === 1 && await sumOf(kernel) === record.sums.kernel && await sumOf(initrd) === record.sums.initrd;
      return whole ? { name, kernel, initrd, append: record.append, origin: record.origin } : undefined;
    } catch {
      return undefined;
    }
  }

  async put(name: string, files: Required<GuestFiles>, append: string, origin: readonly string[]): Promise<Guest> {
    await mkdir(this.folder, { recursive: true });
    const fresh = await mkdtemp(join(this.folder, `.${name}-`));
    try {
      await writeFile(join(fresh, 'kernel'), files.kernel);
      await writeFile(join(fresh, 'initrd'), files.initrd);
      const record: GuestRecord = { format: 1, append, origin, sums: { kernel: sha256(files.kernel), initrd: sha256(files.initrd) } };
      await writeFile(join(fresh, 'guest.json'), `${JSON.stringify(record, null, 2)}\n`);
      await this.swap(fresh, this.path(name));
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
    return { name, kernel: join(this.path(name), 'kernel'), initrd: join(this.path(name), 'initrd'), append, origin };
  }

  /** A folder can't be renamed over one that isn't empty: the old one goes aside first, under the name that is removed at the end. */
  private async swap(fresh: string, place: string): Promise<void> {
    const old = `${fresh}.old`;
    await rename(place, old).catch(() => {});
    await rename(fresh, place);
    await rm(old, { recursive: true, force: true });
  }
}

const sumOf = async (file: string): Promise<string> => sha256(await readFile(file));
