/**
 * Packages of any architecture through the machine's own apt, without root: state, cache and dpkg status are private, the
 * sources and keys are the machine's, so that apt checks the signatures (apt.conf(5), sources.list(5)).
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TesseraError } from '../../../base/errors.ts';
import { run } from './command.ts';

/** One .deb. */
export async function aptDownload(name: string, architecture: string): Promise<Uint8Array> {
  const [deb] = await withApt(architecture, async (aptGet, folder) => {
    await aptGet('download', name);
    return debsIn(join(folder, 'here'));
  });
  if (!deb) throw new TesseraError(`apt-get download ${name} gave no file`);
  return deb;
}

/** The .debs of these packages and of all that they depend on, recommendations not counted. */
export async function aptClosure(names: readonly string[], architecture: string): Promise<Uint8Array[]> {
  return withApt(architecture, async (aptGet, folder) => {
    await aptGet('install', '--yes', '--download-only', '--no-install-recommends', ...names);
    return debsIn(join(folder, 'cache/archives'));
  });
}

type AptGet = (command: string, ...args: string[]) => Promise<string>;

/** apt-get with a private state in a folder that goes away again; it runs in the folder's `here`. */
async function withApt<T>(architecture: string, act: (aptGet: AptGet, folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-apt-'));
  try {
    for (const sub of ['state/lists/partial', 'cache/archives/partial', 'here']) await mkdir(join(folder, sub), { recursive: true });
    await writeFile(join(folder, 'status'), '');
    await writeFile(join(folder, 'apt.conf'), [
      `Dir::State "${folder}/state";`,
      `Dir::State::status "${folder}/status";`,
      `Dir::Cache "${folder}/cache";`,
      `APT::Architecture "${architecture}";`,
      `APT::Architectures {"${architecture}";};`,
      'APT::Sandbox::User "";', // there is no root whose rights could be dropped
      'Binary::apt-get::APT::Keep-Downloaded-Packages "true";',
      'APT::Keep-Downloaded-Packages "true";',
      'Debug::NoLocking "true";', // dpkg's lock is not ours to take
      'Acquire::Languages "none";',
    ].join('\n'));
    const options = { cwd: join(folder, 'here'), env: { ...process.env, APT_CONFIG: join(folder, 'apt.conf') } };
    const aptGet: AptGet = (command, ...args) => run('apt-get', [command, '-q', ...args], options);
    await aptGet('update');
    return await act(aptGet, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In the order of their names, so that the same packages give the same guest. */
async function debsIn(folder: string): Promise<Uint8Array[]> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.deb')).sort();
  return Promise.all(files.map(file => readFile(join(folder, file))));
}
