/** A guest out of the cache, or else from the first sources of the manifest that work. */
import { TesseraError } from '../../../base/errors.ts';
import type { GuestEntry, GuestFiles, Source } from './manifest.ts';
import type { Progress } from './progress.ts';
import type { Guest, GuestStore } from './store.ts';

export interface ObtainOptions {
  readonly store: GuestStore;
  readonly progress: Progress;
  /** Fetch it even if it is in the cache. */
  readonly again?: boolean;
}

/** Throws a TesseraError that names every source that was tried where a part of the guest can't be had. */
export async function obtainGuest(manifest: Readonly<Record<string, GuestEntry>>, name: string, options: ObtainOptions): Promise<Guest> {
  const entry = Object.hasOwn(manifest, name) ? manifest[name] : undefined;
  if (!entry) throw new TesseraError(`there is no guest '${name}'; known are ${Object.keys(manifest).join(', ')}`);
  const cached = options.again ? undefined : await options.store.find(name);
  if (cached) return cached;
  const files: GuestFiles = {};
  const origin: string[] = [];
  try {
    for (const part of entry.parts) {
      const { source, found } = await firstOf(part, options.progress);
      Object.assign(files, found);
      origin.push(source.name);
    }
  } finally {
    options.progress.end();
  }
  const { kernel, initrd } = files;
  if (!kernel || !initrd) throw new TesseraError(`the sources of '${name}' gave no ${kernel ? 'initrd' : 'kernel'}`);
  return options.store.put(name, { kernel, initrd }, entry.append, origin);
}

async function firstOf(sources: readonly Source[], progress: Progress): Promise<{ source: Source; found: GuestFiles }> {
  const reasons: string[] = [];
  for (const source of sources) {
    try {
      return { source, found: await source.fetch(progress) };
    } catch (error) {
      reasons.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new TesseraError(`no guest can be fetched (${reasons.join('; ')}); a kernel of your own can be run with -kernel FILE -initrd FILE`);
}
