/** Records what GDB prints of the sessions on qemu-system-aarch64: `node tools/gdb/record.ts [SESSION]`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGuest } from '../../src/cli/guests.ts';
import { readKallsyms } from './kallsyms.ts';
import { APPEND, runGdb, sessions } from './sessions.ts';
import { symbolElf } from './symbol-elf.ts';

const TIME_MS = 300_000;
const folder = mkdtempSync(join(tmpdir(), 'tessera-gdb-'));
try {
  const { kernel, initrd } = await openGuest('linux');
  const symbols = join(folder, 'symbols');
  writeFileSync(symbols, symbolElf(readKallsyms(readFileSync(kernel))));
  for (const session of sessions.filter(({ name }) => process.argv[2] === undefined || name === process.argv[2])) {
    const machine = `-M virt -cpu cortex-a57 -m 512M -smp ${session.smp} -kernel ${kernel} -initrd ${initrd} -S -gdb stdio -serial null -monitor none -display none`;
    const lines = await runGdb(session, symbols, `| exec timeout ${TIME_MS / 1000} qemu-system-aarch64 ${machine} -append "${APPEND}"`, TIME_MS);
    writeFileSync(new URL(`../../test/system/gdb/${session.name}.qemu.txt`, import.meta.url), `${session.normalize(lines).join('\n')}\n`);
    console.log(`${session.name}: ${lines.length} lines`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
