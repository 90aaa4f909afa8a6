/**
 * A program for 32-bit Arm: Debian's static busybox of armhf, which is T32 code with VFP. It is fetched as guests are, onto the user's
 * machine, and kept in the user's cache.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TesseraError } from '../../src/base/errors.ts';
import { aptDownload } from '../../src/host/node/guests/apt.ts';
import { debFiles } from '../../src/host/node/guests/deb.ts';
import { debianDownload, sha256 } from '../../src/host/node/guests/debian.ts';
import type { Progress } from '../../src/host/node/guests/progress.ts';
import { cacheFolder } from '../../src/host/node/guests/store.ts';

const NAME = 'busybox-static';
const ARCHITECTURE = 'armhf';
/** Of what comes without apt, which checks signatures: 1:1.35.0-4+deb12u1+b1. */
const SUM = '2f68dbeaebeda49f3cde34ac421d5add85fb1c837ff7c4a4971945340d9d66ff';

/** Throws a TesseraError where it can't be had. */
export async function armhfBusybox(progress: Progress): Promise<Uint8Array> {
  const place = join(dirname(cacheFolder()), 'programs', `busybox-${ARCHITECTURE}`);
  if (existsSync(place)) return readFileSync(place);
  const deb = await aptDownload(NAME, ARCHITECTURE).catch(() => fromArchive(progress));
  const [busybox] = (await debFiles(deb, name => /^(usr\/)?bin\/busybox$/.test(name))).values();
  if (!busybox) throw new TesseraError('the package holds no busybox');
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, busybox);
  return busybox;
}

async function fromArchive(progress: Progress): Promise<Uint8Array> {
  const deb = await debianDownload(NAME, ARCHITECTURE, progress);
  if (sha256(deb) !== SUM) throw new TesseraError(`${NAME} is not the one that was expected (its sha256 differs)`);
  return deb;
}
