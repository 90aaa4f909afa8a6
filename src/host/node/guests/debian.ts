/**
 * A .deb with Node alone, for machines without apt: from the archive that the machine's own sources name
 * (sources.list(5), both spellings), or DEB_MIRROR and DEB_SUITE in the environment. InRelease gives the sum of
 * Packages.gz and that the sum of the .deb. The signature of InRelease is not checked here: whoever calls this compares
 * the .deb with a sum of their own.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { TesseraError } from '../../../base/errors.ts';
import type { Progress } from './progress.ts';

export interface DebianArchive {
  readonly uri: string;
  readonly suite: string;
}

const APT = '/etc/apt';

/** The archives to ask, best first; updates and backports of a release aren't archives of their own for our purpose. */
function debianArchives(env: NodeJS.ProcessEnv = process.env): DebianArchive[] {
  if (env['DEB_MIRROR']) return [{ uri: env['DEB_MIRROR'].replace(/\/$/, ''), suite: env['DEB_SUITE'] ?? 'stable' }];
  const folder = `${APT}/sources.list.d`;
  const files = [`${APT}/sources.list`, ...(existsSync(folder) ? readdirSync(folder).sort().map(file => `${folder}/${file}`) : [])];
  return files.filter(file => existsSync(file)).flatMap(file => parseSources(readFileSync(file, 'utf8')))
    .filter(({ uri, suite }) => !/security|updates|backports/.test(uri + suite));
}

export function parseSources(text: string): DebianArchive[] {
  const archives: DebianArchive[] = [];
  for (const line of text.split('\n')) {
    const [, uri, suite, components] = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (uri && suite && components?.split(/\s+/).includes('main')) archives.push({ uri: uri.replace(/\/$/, ''), suite });
  }
  for (const stanza of text.split(/\n\s*\n/)) {
    const words = (key: string): string[] => new RegExp(`^${key}:[ \\t]*(.*)$`, 'mi').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
    if (!words('Types').includes('deb') || !words('Components').includes('main') || words('Enabled').includes('no')) continue;
    for (const uri of words('URIs')) for (const suite of words('Suites')) archives.push({ uri: uri.replace(/\/$/, ''), suite });
  }
  return archives;
}

/** The newest .deb of that name in the first archive that has it. Throws a TesseraError where none has. */
export async function debianDownload(name: string, architecture: string, progress: Progress): Promise<Uint8Array> {
  const archives = debianArchives();
  if (archives.length === 0) throw new TesseraError('the machine names no Debian archive (DEB_MIRROR in the environment would)');
  let reason = '';
  for (const archive of archives) {
    try {
      return await downloadFrom(archive, name, architecture, progress);
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  throw new TesseraError(`${name}: ${reason}`);
}

async function downloadFrom({ uri, suite }: DebianArchive, name: string, architecture: string, progress: Progress): Promise<Uint8Array> {
  const release = new TextDecoder().decode(await get(`${uri}/dists/${suite}/InRelease`, progress));
  const index = `main/binary-${architecture}/Packages.gz`;
  const indexSum = new RegExp(`^ ([0-9a-f]{64})\\s+\\d+ ${index}$`, 'm').exec(release)?.[1];
  const packages = await get(`${uri}/dists/${suite}/${index}`, progress);
  if (sha256(packages) !== indexSum) throw new TesseraError(`the package list of ${suite} does not have the sum that its release names`);
  const stanza = gunzipSync(packages).toString('utf8').split('\n\n').find(entry => entry.startsWith(`Package: ${name}\n`));
  const field = (key: string): string | undefined => new RegExp(`^${key}: (.*)$`, 'm').exec(stanza ?? '')?.[1];
  if (!field('Filename')) throw new TesseraError(`${suite} has no package ${name} for ${architecture}`);
  const deb = await get(`${uri}/${field('Filename')}`, progress);
  if (sha256(deb) !== field('SHA256')) throw new TesseraError(`${name} does not have the sum that the package list names`);
  return deb;
}

async function get(url: string, progress: Progress): Promise<Uint8Array> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new TesseraError(`no answer from the Debian archive (${error instanceof Error ? error.message : String(error)})`);
  });
  if (!response.ok || !response.body) throw new TesseraError(`the Debian archive answered ${response.status}`);
  const parts: Uint8Array[] = [];
  progress.begin(`Fetching ${url.slice(url.lastIndexOf('/') + 1)}`, Number(response.headers.get('content-length')) || undefined);
  for await (const part of response.body) {
    parts.push(part);
    progress.advance(part.length);
  }
  progress.end();
  return Buffer.concat(parts);
}

export const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
