/** Records what the test programs write under QEMU's PowerPC emulators: node tools/oracle/powerpc/programs.ts */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variantNames } from '../../../test/powerpc/engines/engine.ts';
import { ARGUMENT, compile, recorded, sources } from '../../../test/powerpc/programs/compile.ts';

const directory = mkdtempSync(join(tmpdir(), 'powerpc-'));
try {
  for (const variant of variantNames) {
    for (const source of sources) {
      const to = recorded(variant, source);
      mkdirSync(new URL('.', to), { recursive: true });
      const { stdout, status } = spawnSync(`qemu-${variant}`, [compile(directory, variant, source), ARGUMENT], { encoding: 'utf8' });
      writeFileSync(to, `${stdout}status ${status}\n`);
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}
