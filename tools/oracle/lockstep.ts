/**
 * Our CPU and QEMU's side by side, instruction by instruction, to the first one after which they differ.
 * node tools/oracle/lockstep.ts --kernel Image [--initrd FILE] [--append TEXT] [--cpu cortex-a57|max] [--steps N]
 *   [--from 0xADDRESS | --after-ms N] [--samples N] [--memory MiB] [--gic 2|3] [--differences N]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeSources } from '../../src/host/node/sources.ts';
import { planMachine } from '../../src/machine/boot.ts';
import { machineOptions } from '../../src/machine/create.ts';
import { lockstep } from './lockstep/session.ts';

const { values } = parseArgs({
  options: {
    kernel: { type: 'string' },
    initrd: { type: 'string' },
    append: { type: 'string', default: 'console=ttyAMA0 nokaslr cryptomgr.notests' },
    cpu: { type: 'string', default: 'cortex-a57' },
    steps: { type: 'string', default: '200000' },
    from: { type: 'string' },
    'after-ms': { type: 'string' },
    samples: { type: 'string', default: '1' },
    memory: { type: 'string', default: '128' },
    gic: { type: 'string', default: '2' },
    differences: { type: 'string', default: '1' },
  },
});

const { kernel, initrd, append } = values;
if (kernel === undefined) throw new Error('lockstep.ts needs --kernel FILE');
const cpu = values.cpu === 'max' ? 'max' : 'cortex-a57';
const memory = Number(values.memory) * 2 ** 20;
const gicVersion = values.gic === '3' ? 3 : 2;
const directory = mkdtempSync(join(tmpdir(), 'lockstep-dtb-'));
try {
  const file = (name: string) => ({ name, data: readFileSync(name) });
  const request = { cpu, memory, gicVersion, append, kernel: file(kernel), ...(initrd !== undefined && { initrd: file(initrd) }) } as const;
  const { dtb } = planMachine(machineOptions(request), { ...nodeSources, random: n => new Uint8Array(n) });
  writeFileSync(join(directory, 'dtb'), dtb);
  process.exitCode = await lockstep({
    cpu, memory, gicVersion,
    args: ['-kernel', kernel, '-append', append, '-dtb', join(directory, 'dtb'), ...(initrd === undefined ? [] : ['-initrd', initrd])],
    steps: Number(values.steps),
    samples: Number(values.samples),
    differences: Number(values.differences),
    ...(values.from !== undefined && { from: BigInt(values.from) }),
    ...(values['after-ms'] !== undefined && { afterMs: Number(values['after-ms']) }),
    print: line => console.log(line),
  });
} finally {
  rmSync(directory, { recursive: true });
}
