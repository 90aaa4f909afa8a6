/** Files out of an npm package, from whatever registry the user's npm is set up for. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { TesseraError } from '../../../base/errors.ts';
import { readTar } from './archive.ts';
import { run } from './command.ts';

/**
 * The files of `spec` (name@version) that `wanted` accepts. `npm pack` runs no scripts of the package and ignores its
 * `os` and `cpu` fields, so that a package for another platform can be read. Throws a TesseraError where npm can't get
 * it or its sum isn't `integrity` (Subresource Integrity, sha512).
 */
export async function npmFiles(spec: string, integrity: string, wanted: (name: string) => boolean): Promise<Map<string, Uint8Array>> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-npm-'));
  try {
    await run('npm', ['pack', spec, '--ignore-scripts', '--pack-destination', folder], { cwd: folder });
    const [file] = await readdir(folder);
    if (!file) throw new TesseraError(`npm pack ${spec} gave no file`);
    const packed = await readFile(join(folder, file));
    const sum = `sha512-${createHash('sha512').update(packed).digest('base64')}`;
    if (sum !== integrity) throw new TesseraError(`${spec} is not the package that was expected (its sha512 differs)`);
    return readTar(gunzipSync(packed), name => wanted(name.replace(/^package\//, '')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
