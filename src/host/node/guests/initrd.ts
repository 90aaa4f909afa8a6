/** The user land of a guest as an initramfs: folders, one static program, and what PID 1 runs. */
import { gzipSync } from 'node:zlib';
import { type CpioEntry, writeCpio } from './archive.ts';

/**
 * PID 1 of the busybox guest. `setsid cttyhack` gives the shell the console as its controlling terminal, which job
 * control and Ctrl-C need. The prompt is spelt out because a static busybox finds no home folder to show as `~`. When the
 * shell ends the machine is powered off: there is nothing left to do.
 */
const BUSYBOX_INIT = `#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
busybox --install -s /bin
export HOME=/root PATH=/bin TERM=\${TERM:-linux} PS1='\${PWD/$HOME/"~"} # '
cd
setsid cttyhack sh
poweroff -f
`;

const FOLDERS = ['bin', 'dev', 'proc', 'sys', 'tmp', 'root', 'etc'];

const folder = (name: string): CpioEntry => ({ name, mode: 0o40755 });
export const program = (name: string, data: Uint8Array): CpioEntry => ({ name, mode: 0o100755, data });

/** The kernel opens this as standard input, output and error of PID 1, before any devtmpfs is mounted. */
const CONSOLE: CpioEntry = { name: 'dev/console', mode: 0o20600, device: [5, 1] };

/** An initramfs around a static busybox. `extra` programs go beside it. */
export function busyboxInitrd(busybox: Uint8Array, extra: readonly CpioEntry[] = []): Uint8Array {
  const init = program('init', Buffer.from(BUSYBOX_INIT));
  const shell: CpioEntry = { name: 'bin/sh', mode: 0o120777, data: Buffer.from('busybox') };
  return pack([...FOLDERS.map(folder), CONSOLE, program('bin/busybox', busybox), shell, init, ...extra]);
}

/** An initramfs whose PID 1 is one static program. */
export function programInitrd(init: Uint8Array): Uint8Array {
  return pack([...FOLDERS.map(folder), CONSOLE, program('init', init)]);
}

const pack = (entries: readonly CpioEntry[]): Uint8Array => gzipSync(writeCpio(entries), { level: 6 });
