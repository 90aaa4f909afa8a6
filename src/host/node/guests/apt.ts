/**
 * A .deb of any architecture through the machine's own apt, without root: state, cache and dpkg status are private, the
 * sources and keys are the machine's, so that apt checks the signatures (apt.conf(5), sources.list(5)).
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TesseraError } from '../../../base/errors.ts';
import { run } from './command.ts';

export async function aptDownload(name: string, architecture: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-apt-'));
  try {
    for (const sub of ['state/lists/partial', 'cache/archives/partial', 'deb']) await mkdir(join(folder, sub), { recursive: true });
    await writeFile(join(folder, 'status'), '');
    await writeFile(join(folder, 'apt.conf'), [
      `Dir::State "${folder}/state";`,
      `Dir::State::status "${folder}/status";`,
      `Dir::Cache "${folder}/cache";`,
      `APT::Architecture "${architecture}";`,
      `APT::Architectures {"${architecture}";};`,
      'APT::Sandbox::User "";', // there is no root whose rights could be dropped
      'Acquire::Languages "none";',
    ].join('\n'));
    const options = { cwd: join(folder, 'deb'), env: { ...process.env, APT_CONFIG: join(folder, 'apt.conf') } };
    await run('apt-get', ['update', '-q'], options);
    await run('apt-get', ['download', '-q', name], options);
    const [file] = await readdir(join(folder, 'deb'));
    if (!file) throw new TesseraError(`apt-get download ${name} gave no file`);
    return await readFile(join(folder, 'deb', file));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
