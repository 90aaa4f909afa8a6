/** The answers to -help, -M help, -cpu help and -d help. */
import { logTopics } from '../base/log.ts';
import { cpuModels, cpuProperties } from '../machine/index.ts';
import { dashed } from './args.ts';
import { machineTypes, startFlags } from './options.ts';

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

/** Words in lines of some hundred characters. */
function wrapped(words: readonly string[]): string {
  const lines = [''];
  for (const word of words) {
    if ((lines.at(-1) as string).length + word.length > 100) lines.push('');
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines.map(line => ` ${line}\n`).join('');
}

export const cpuHelp = (): string => `CPUs:
${columns([...Object.values(cpuModels).map(({ name, description }): [string, string] => [name, description]), ['host', 'the same as max']], 12)}
Features, on or off with -cpu MODEL,FEATURE=on|off. On brings what a feature needs; off takes along what needs it:
${wrapped([...cpuProperties.keys()].toSorted())}`;
export const logHelp = (): string => `Log topics for -d:\n${columns(Object.entries(logTopics), 14)}`;
