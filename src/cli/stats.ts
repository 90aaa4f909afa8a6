/** What `--stats` prints: counters of the engine and of the KVM layer, a line each. */
import type { Counters, Vcpu, VcpuStats } from '../kvm/index.ts';

/** `elapsedNs`: host time since the machine was made. */
export function statsText(engine: Counters, vcpus: readonly Vcpu[], elapsedNs: bigint): string {
  const { user, system } = process.cpuUsage();
  const rows: [string, string][] = [
    ['wall seconds', (Number(elapsedNs) / 1e9).toFixed(2)],
    ['cpu seconds', ((user + system) / 1e6).toFixed(2)],
    ['resident MiB', (process.memoryUsage.rss() / 2 ** 20).toFixed(0)],
    ...Object.entries(engine).map(show),
    ...Object.entries(total(vcpus.map(vcpu => vcpu.stats))).map(show),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `statistics\n${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')}`;
}

const show = ([name, value]: [string, number | bigint]): [string, string] =>
  [name, typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : value.toLocaleString('en-US')];

function total(of: readonly VcpuStats[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const stats of of) for (const [name, n] of Object.entries(stats)) sum[name] = (sum[name] ?? 0) + n;
  return sum;
}
