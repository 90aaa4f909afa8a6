/** The answers to -help, -M help, -cpu help and -d help. */
import { logTopics } from '../base/log.ts';
import { dashed } from './args.ts';
import { cpuModels, machineTypes, startFlags } from './options.ts';

const columns = (rows: readonly (readonly [string, string])[], width: number): string =>
  rows.map(([left, right]) => `  ${left.padEnd(width)} ${right}\n`).join('');

export function helpText(): string {
  const rows = Object.entries(startFlags).map(([name, { value, doc }]): [string, string] => [`${dashed(name)}${value ? ` ${value}` : ''}`, doc]);
  return `tessera [run] -kernel FILE [flags]   run a machine
tessera start [--guest NAME] [flags] fetch a Linux guest where there is none yet, and boot it
tessera guests [list|fetch|path]     the guests that can be fetched

Flags (QEMU's words):
${columns(rows, 46)}
At the terminal: Ctrl-A x ends, Ctrl-A c switches to the monitor and back, Ctrl-A b sends a break, Ctrl-A h lists the keys.
`;
}

export const machineHelp = (): string => `Machines:\n${columns(Object.entries(machineTypes), 12)}`;
export const cpuHelp = (): string => `CPUs:\n${columns(Object.entries(cpuModels), 12)}`;
export const logHelp = (): string => `Log topics for -d:\n${columns(Object.entries(logTopics), 14)}`;
