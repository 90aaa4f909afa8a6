/**
 * System registers against QEMU: the probe of test/sysregs on one of its CPUs and on ours, every encoding at EL1 and EL0.
 *
 *     node tools/oracle/sysregs.ts --cpu max            # prints what differs, with the reason
 *     node tools/oracle/sysregs.ts --cpu max --record   # writes test/golden/sysregs/max.txt; fails on differences without a reason
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reasonFor } from '../../test/sysregs/differences.ts';
import { goldenFile, merged } from '../../test/sysregs/golden.ts';
import { ours, probeImage } from '../../test/sysregs/ours.ts';
import { allKeys, describe, findings, MEMORY, RAM, RESULTS, resultsBytes } from '../../test/sysregs/probe.ts';
import { cpuModels, type CpuModelName } from '../../src/machine/index.ts';

/** What QEMU's CPU says, by encoding. */
function qemu(cpu: string): Map<number, string> {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-sysregs-'));
  try {
    const [program, ram] = [join(directory, 'probe.elf'), join(directory, 'ram')];
    writeFileSync(program, probeImage(allKeys));
    const { status, stderr } = spawnSync(
      'qemu-system-aarch64',
      [
        ...['-M', 'virt,gic-version=2,memory-backend=ram', '-cpu', cpu, '-m', `${MEMORY / 2 ** 20}`],
        ...['-object', `memory-backend-file,id=ram,size=${MEMORY},mem-path=${ram},share=on`],
        ...['-display', 'none', '-serial', 'null', '-monitor', 'none', '-nic', 'none', '-kernel', program],
      ],
      { encoding: 'utf8', timeout: 120_000 },
    );
    if (status !== 0) throw new Error(`qemu-system-aarch64 fails: ${stderr}`);
    const { buffer, byteOffset } = readFileSync(ram);
    return describe(findings(allKeys, new DataView(buffer, byteOffset + RESULTS - RAM, resultsBytes(allKeys))));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const { values } = parseArgs({ options: { cpu: { type: 'string', default: 'cortex-a57' }, record: { type: 'boolean', default: false } } });
const cpu = values.cpu as CpuModelName;
if (!(cpu in cpuModels)) throw new Error(`no CPU '${cpu}'`);
const lines = merged(cpu, describe(await ours(cpu)), qemu(cpu));
const unknown = lines.filter(l => l.startsWith('<') && reasonFor(l.split(' ')[1] as string) === undefined);
for (const line of lines) if (/^[<>]/.test(line)) console.log(line, line.startsWith('<') ? `(${reasonFor(line.split(' ')[1] as string) ?? '???'})` : '');
if (unknown.length > 0) {
  console.error(`${unknown.length} differences without a reason`);
  process.exitCode = 1;
} else if (values.record) {
  writeFileSync(goldenFile(cpu), `${lines.join('\n')}\n`);
}
