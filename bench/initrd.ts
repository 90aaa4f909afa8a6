/** The benchmark's guest: the kernel of `tessera start`, and its user land with the compiled programs beside busybox. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { writeCpio } from '../src/host/node/guests/archive.ts';
import { program } from '../src/host/node/guests/initrd.ts';
import { openGuest } from '../src/cli/guests.ts';

const programs = fileURLToPath(new URL('./programs', import.meta.url));

export interface BenchGuest {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
}

/** Linux unpacks archives that follow each other one after the other: ours comes behind the guest's own. */
export async function benchGuest(): Promise<BenchGuest> {
  const guest = await openGuest('linux');
  const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
  // The machines of the whole run start with what lies in it.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, 'bench');
  const sources = readdirSync(programs).filter(file => file.endsWith('.c')).map(file => join(programs, file));
  const compiler = process.env['CROSS_CC'] ?? 'aarch64-linux-gnu-gcc';
  // Without automatic vectors the rows stay what they are called.
  execFileSync(compiler, ['-static', '-O2', '-fno-tree-vectorize', '-o', binary, ...sources, '-lm'], { stdio: 'inherit' });
  if (!existsSync(binary)) throw new Error(`${compiler} made no program`);
  const extra = gzipSync(writeCpio([program('bin/bench', readFileSync(binary))]));
  const initrd = join(folder, 'initrd.cpio.gz');
  writeFileSync(initrd, Buffer.concat([readFileSync(guest.initrd), extra]));
  return { kernel: guest.kernel, initrd, append: guest.append };
}
