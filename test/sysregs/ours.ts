/** The probe on a machine of ours. */
import { MockClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { nullConsole } from '../../src/device/console.ts';
import { createMachine, type CpuModelName, type CpuProperties } from '../../src/machine/index.ts';
import { elf } from '../../tools/oracle/elf.ts';
import { allKeys, type Finding, findings, MEMORY, probe, RAM, RESULTS, resultsBytes } from './probe.ts';

export function probeImage(keys: readonly number[]): Uint8Array {
  const segments = probe(keys).map(({ address, words }) => ({
    address,
    bytes: new Uint8Array(Uint32Array.from(words).buffer),
    flags: 'rwx' as const,
  }));
  return elf(segments, segments[0]?.address ?? 0);
}

export async function ours(cpu: CpuModelName, cpuProperties: CpuProperties = {}, keys = allKeys): Promise<Finding[]> {
  const never = (): Promise<void> => Promise.resolve();
  const { machine } = createMachine(
    { cpu, cpuProperties, memory: MEMORY, kernel: { name: 'probe', data: probeImage(keys) } },
    {
      clock: new MockClock(),
      log: silentLog,
      console: nullConsole,
      loop: { yield: never, sleep: never, wake: () => {} },
      random: n => new Uint8Array(n),
      gunzip: d => d,
    },
  );
  const ending = await machine.run();
  if (ending.kind !== 'poweroff') throw new Error(`the probe ended with ${ending.kind}`);
  const { vm, ram } = machine.parts;
  return findings(keys, new DataView(vm.arena.u8.buffer, ram + RESULTS - RAM, resultsBytes(keys)));
}
