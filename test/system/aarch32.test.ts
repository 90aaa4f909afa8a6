/**
 * 32-bit Arm programs under Debian's arm64 kernel: the static busybox of armhf, which is T32 code with VFP, beside the arm64 one.
 * It is fetched where it isn't in the cache.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { openGuest } from '../../src/cli/guests.ts';
import { writeCpio } from '../../src/host/node/guests/archive.ts';
import { program } from '../../src/host/node/guests/initrd.ts';
import { terminalProgress } from '../../src/host/node/guests/progress.ts';
import { armhfBusybox } from '../../tools/workloads/armhf.ts';
import { temporaryFolder } from '../temporary.ts';
import { boot, BOOT_MS, healthy } from './boots.ts';

const initrd = join(temporaryFolder('aarch32'), 'initrd');

beforeAll(async () => {
  await openGuest('debian');
  const more = gzipSync(writeCpio([program('bin/busybox32', await armhfBusybox(terminalProgress(process.stderr)))]));
  writeFileSync(initrd, Buffer.concat([readFileSync((await openGuest('linux')).initrd), more]));
}, 300_000);

/** What both must print the same of. `$b` is the busybox. */
const work = [
  '$b sha256sum /bin/busybox32',
  '$b gzip -c /bin/busybox32 > /tmp/z; $b md5sum < /tmp/z; $b gunzip -c /tmp/z | $b sha1sum',
  '$b awk "BEGIN { for (i = 1; i < 3000; i++) s += i / 7 * 1.1 + i % 2.7; printf \\"%.15g %d %s\\\\n\\", s, 2147483647, 1 / 3 }"',
  '$b seq 1 2000 | $b sort -r | $b md5sum',
  '$b dc -e "2 200 ^ p 3 k 22 7 / p"',
  '$b sh -c "i=0; while [ \\$i -lt 500 ]; do i=\\$((i + 1)); done; echo \\$i; (exit 3); echo \\$?; kill -USR1 \\$\\$"; echo $?',
].join('; ');

test('armhf programs run beside arm64 ones and print the same', async () => {
  const script = `for b in busybox busybox32; do { ${work}; } > /tmp/$b 2>&1; done; cmp /tmp/busybox /tmp/busybox32 && cat /tmp/busybox32; `
    + 'linux32 busybox32 uname -m; linux32 busybox32 grep -m1 Features /proc/cpuinfo';
  const out = healthy(await boot(['--guest', 'debian', '-m', '512M', '-initrd', initrd, '-append', 'console=ttyAMA0 cryptomgr.notests'], script));
  expect(out).not.toContain('differ');
  expect(out).toMatch(/^[0-9a-f]{64} {2}\/bin\/busybox32$/m);
  expect(out).not.toContain('not compiled in');
  expect(out).toMatch(/^500$/m);
  expect(out).toMatch(/^armv8l$/m);
  // AES is left out on a Cortex-A57, for erratum 1742098.
  expect(out).toMatch(/^Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt lpae evtstrm pmull sha1 sha2 crc32$/m);
}, BOOT_MS);
