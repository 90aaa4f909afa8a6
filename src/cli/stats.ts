/** What `--stats` prints: counters of the engine and of the KVM layer, a line each. */
import type { Counters, Vcpu } from '../kvm/index.ts';

/** `elapsedNs`: host time since the machine was made. */
export function statsText(engine: Counters, vcpus: readonly Vcpu[], elapsedNs: bigint): string {
  const { user, system } = process.cpuUsage();
  const rows: [string, string][] = [
    ['wall seconds', (Number(elapsedNs) / 1e9).toFixed(2)],
    ['cpu seconds', ((user + system) / 1e6).toFixed(2)],
    ['resident MiB', (process.memoryUsage.rss() / 2 ** 20).toFixed(0)],
    ...Object.entries(engine).map(show),
    ...vcpus.flatMap(vcpu => Object.entries(vcpu.stats).map(show)),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `statistics\n${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')}`;
}

const show = ([name, value]: [string, number | bigint]): [string, string] =>
  [name, typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : value.toLocaleString('en-US')];
