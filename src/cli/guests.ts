/** `tessera guests`: what can be fetched, what is there, and where. */
import { TesseraError } from '../base/errors.ts';
import { manifest } from '../host/node/guests/manifest.ts';
import { obtainGuest } from '../host/node/guests/obtain.ts';
import { terminalProgress } from '../host/node/guests/progress.ts';
import { cacheFolder, GuestStore, type Guest } from '../host/node/guests/store.ts';

export const DEFAULT_GUEST = 'linux';

/** The guest from the cache, or fetched. Throws a TesseraError of one line where it can't be had. */
export function openGuest(name: string, again = false): Promise<Guest> {
  return obtainGuest(manifest, name, { store: new GuestStore(cacheFolder()), progress: terminalProgress(process.stderr), again });
}

export async function guestsCommand(action: 'list' | 'fetch' | 'path', names: readonly string[], print: (line: string) => void): Promise<number> {
  const known = Object.keys(manifest);
  for (const name of names) if (!known.includes(name)) throw new TesseraError(`there is no guest '${name}'; known are ${known.join(', ')}`);
  switch (action) {
    case 'list': await list(print); break;
    case 'fetch':
      for (const name of names.length > 0 ? names : [DEFAULT_GUEST]) print(`${name}: ${(await openGuest(name, true)).origin.join(', ')}`);
      break;
    case 'path': {
      const store = new GuestStore(cacheFolder());
      for (const name of names.length > 0 ? names : known) print(store.path(name));
      break;
    }
  }
  return 0;
}

async function list(print: (line: string) => void): Promise<void> {
  const store = new GuestStore(cacheFolder());
  for (const [name, { doc }] of Object.entries(manifest)) {
    const guest = await store.find(name);
    print(`${name.padEnd(8)} ${doc}`);
    print(`${''.padEnd(8)} ${guest ? `here, from ${guest.origin.join(' and ')}` : 'not fetched yet'}`);
  }
}
