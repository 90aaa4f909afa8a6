/**
 * The root file system of a workload: Debian's own arm64 packages with all that they depend on, unpacked and packed again as
 * an initramfs, with an init of ours. It is fetched and made on the user's machine and kept in the user's cache.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { aptClosure } from '../../src/host/node/guests/apt.ts';
import { type CpioEntry, writeCpio } from '../../src/host/node/guests/archive.ts';
import { run } from '../../src/host/node/guests/command.ts';
import { program } from '../../src/host/node/guests/initrd.ts';
import { noProgress } from '../../src/host/node/guests/progress.ts';
import { cacheFolder } from '../../src/host/node/guests/store.ts';
import { armhfBusybox } from './armhf.ts';

/**
 * PID 1. Debian's programs come first in PATH, busybox's fill the gaps. The echo of the terminal is off, so that what is typed isn't
 * taken for what a program says.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mkdir -p /dev/shm /busybox
/bin/busybox mount -t tmpfs shm /dev/shm
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox --install -s /busybox
export HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin:/busybox LC_ALL=C.UTF-8 TERM=dumb PS1='~ # '
ip link set lo up
stty -echo cols 200
cd /tmp
setsid cttyhack sh
poweroff -f
`;

const FOLDERS = ['bin', 'busybox', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp'];
const ETC: Readonly<Record<string, string>> = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\n',
  group: 'root:x:0:\n',
  hosts: '127.0.0.1 localhost\n',
};
/** What no program reads. */
const LEFT_OUT = /^usr\/share\/(doc|man|info|locale|lintian|bash-completion)(\/|$)/;

/** The path of the initramfs, from the cache if these packages were packed before. `armhf`: with that one's busybox as /bin/busybox32. */
export async function workloadRoot(name: string, packages: readonly string[], armhf = false): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify([INIT, ETC, packages])).digest('hex').slice(0, 16);
  const place = join(dirname(cacheFolder()), 'workloads', `${name}-${key}.cpio`);
  if (existsSync(place)) return place;
  const folder = mkdtempSync(join(tmpdir(), 'tessera-root-'));
  try {
    const deb = join(folder, 'deb');
    const root = join(folder, 'root');
    for (const data of await aptClosure(['busybox-static', ...packages], 'arm64')) {
      writeFileSync(deb, data);
      await run('dpkg-deb', ['--extract', deb, root]);
    }
    mkdirSync(dirname(place), { recursive: true });
    const fresh = join(folder, 'initrd');
    const foreign = armhf ? [program('bin/busybox32', await armhfBusybox(noProgress))] : [];
    writeFileSync(fresh, writeCpio([...rootEntries(root), ...foreign]));
    move(fresh, place);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return place;
}

/** The folder as an archive's entries, with what makes it bootable. Not compressed: that the guest unpacks gzip is nothing new. */
export function rootEntries(root: string): CpioEntry[] {
  const entries = new Map(FOLDERS.map((name): [string, CpioEntry] => [name, { name, mode: 0o40755 }]));
  const put = (entry: CpioEntry): void => { entries.set(entry.name, entry); };
  const walk = (inside: string): void => {
    for (const file of readdirSync(join(root, inside)).sort()) {
      const name = inside === '' ? file : `${inside}/${file}`;
      const path = join(root, name);
      const { mode } = lstatSync(path);
      if (LEFT_OUT.test(name)) continue;
      const type = mode & 0o170000;
      if (type === 0o40000) {
        put({ name, mode: 0o40755 });
        walk(name);
      } else if (type === 0o120000) put({ name, mode: 0o120777, data: Buffer.from(readlinkSync(path)) });
      else if (type === 0o100000) put({ name, mode: mode & 0o100777, data: readFileSync(path) });
    }
  };
  walk('');
  put({ name: 'dev/console', mode: 0o20600, device: [5, 1] }); // standard input and output of PID 1, before there is a devtmpfs
  if (!entries.has('bin/sh')) put({ name: 'bin/sh', mode: 0o120777, data: Buffer.from('busybox') });
  for (const [name, text] of Object.entries(ETC)) put({ name: `etc/${name}`, mode: 0o100644, data: Buffer.from(text) });
  put(program('init', Buffer.from(INIT)));
  return [...entries.values()];
}

/** The temporary folder may be on another disk than the cache: it is written beside its place first, so that it appears as a whole. */
function move(from: string, to: string): void {
  const beside = `${to}.${process.pid}`;
  writeFileSync(beside, readFileSync(from));
  renameSync(beside, to);
}
