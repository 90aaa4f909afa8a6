/**
 * Runs the programs of test/mapping on qemu-system-aarch64 and compares what they note with what the tests expect:
 * `node tools/oracle/mapping.ts [part of a name]`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex, normalized, type Program } from '../../test/mapping/program.ts';
import { allPrograms } from '../../test/mapping/programs/index.ts';

const SECONDS = 20;

function onQemu(program: Program, folder: string): bigint[] {
  const [image, output] = [join(folder, 'image'), join(folder, 'serial')];
  writeFileSync(image, program.image);
  const at = `0x${program.entry.toString(16)}`;
  const args = ['-M', 'virt', '-cpu', 'max', '-m', '64M', '-display', 'none', '-monitor', 'none', '-serial', `file:${output}`];
  args.push('-device', `loader,file=${image},addr=${at},force-raw=on`, '-device', `loader,addr=${at},cpu-num=0`);
  const { error } = spawnSync('qemu-system-aarch64', args, { timeout: SECONDS * 1000, stdio: 'inherit' });
  if (error) return [];
  const bytes = readFileSync(output);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, n) => bytes.readBigUInt64LE(n * 8));
}

const folder = mkdtempSync(join(tmpdir(), 'mapping-'));
let [same, different] = [0, 0];
try {
  for (const program of allPrograms) {
    if (!program.name.includes(process.argv[2] ?? '')) continue;
    if (program.notOnQemu !== undefined) {
      console.log(`not on QEMU: ${program.name} (${program.notOnQemu})`);
      continue;
    }
    const results = onQemu(program, folder);
    const [got, expected] = [hex(normalized(program, results)).join(' '), hex(program.expected).join(' ')];
    if (got === expected) same++;
    else {
      different++;
      console.log(`different: ${program.name}\n  QEMU     ${got}\n  expected ${expected}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${same} as expected, ${different} different`);
process.exitCode = different ? 1 : 0;
