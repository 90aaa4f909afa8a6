/** One lockstep session: start both, go to where comparing begins, step, and report. */
import type { CpuModelName } from '../../../src/guest/aarch64/index.ts';
import { Ours } from './ours.ts';
import { Qemu } from './qemu.ts';
import { differenceTable, findingText } from './report.ts';
import { Runner } from './runner.ts';

export interface SessionOptions {
  readonly cpu: CpuModelName;
  readonly memory: number;
  readonly gicVersion: 2 | 3;
  /** QEMU's further arguments. */
  readonly args: readonly string[];
  /** Steps to compare, in each sample. */
  readonly steps: number;
  readonly samples: number;
  /** Comparing begins at this address, or after QEMU has run for so long; each sample after another while. */
  readonly from?: bigint;
  readonly afterMs?: number;
  /** After so many findings it ends; before, QEMU's state is taken over. */
  readonly differences: number;
  readonly print: (line: string) => void;
}

/** As long as QEMU may take to an address. */
const PATIENCE_MS = 120_000;
const PROGRESS = 50_000;

/** 0: no difference; 1: there was one. */
export async function lockstep(options: SessionOptions): Promise<number> {
  const { cpu, print } = options;
  const ours = new Ours(cpu, options);
  const qemu = await Qemu.start({ ...options, cpu: cpu === 'max' ? 'max,pauth=off,sve-max-vq=1,sme=off' : cpu });
  try {
    const runner = new Runner(ours, qemu);
    const atReset = await runner.compareAll();
    print(`after reset, ours and QEMU's${atReset.length === 0 ? ': the same' : ''}`);
    for (const line of differenceTable(atReset)) print(line);
    let findings = 0;
    for (let sample = 0; sample < options.samples && findings < options.differences; sample++) {
      if (options.from !== undefined || options.afterMs !== undefined) await qemu.run(options.from, options.afterMs ?? PATIENCE_MS);
      await runner.adopt();
      print(`comparing from PC 0x${ours.guest.state.pc.toString(16)}, EL${ours.guest.state.currentEL}`);
      findings += await stretch(runner, options, options.differences - findings);
    }
    const { counts } = runner;
    print(`${Object.entries(counts).map(([name, n]) => `${name} ${n}`).join(', ')}; ${findings} differences`);
    if (runner.identities.size > 0) print('registers that may differ, and did when the guest read them; QEMU was given ours:');
    for (const line of differenceTable([...runner.identities.values()])) print(line);
    return findings > 0 ? 1 : 0;
  } finally {
    qemu.close();
  }
}

/** The number of findings. */
async function stretch(runner: Runner, { steps, print }: SessionOptions, most: number): Promise<number> {
  let findings = 0;
  const report = async (finding: Parameters<typeof findingText>[0]): Promise<void> => {
    findings++;
    for (const line of findingText(finding)) print(line);
    await runner.adopt();
  };
  for (let n = 0; n < steps && findings < most; n++) {
    const found = await runner.step();
    if (found === 'ended') {
      print(`the machine ended after ${n} steps`);
      return findings;
    }
    if (found) await report(found);
    if ((n + 1) % PROGRESS === 0) print(`${n + 1} steps`);
  }
  if (findings >= most) return findings;
  const left = [...(await runner.compareAll()).filter(d => !runner.identities.has(d.name) && !runner.isIdentity(d.name)), ...runner.compareMemory()];
  if (left.length > 0) await report(runner.finding(left));
  return findings;
}
