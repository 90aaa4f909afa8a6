/** Boots through the command line, and what a healthy one says. */
import { expect } from 'vitest';
import { runTessera, type Ended } from '../cli/programs.ts';

export const BOOT_MS = 180_000;

/** A boot to the prompt, one command line, power-off. */
export function boot(args: readonly string[], command: string): Promise<Ended> {
  const mark = 'the-end';
  return runTessera([
    'start', ...args, '--timeout', '150', '-d', 'unimp', '--expect', '~ #', '--send', `${command}; echo the-''end`, '--expect', `\n${mark}`, '--send', 'poweroff -f',
  ]);
}

export const lines = (text: string): string[] => text.replaceAll('\r', '').split('\n').map(line => line.replace(/^\[[^\]]*\] /, ''));

/** What a healthy kernel says nowhere. */
function complaints(text: string): string[] {
  return lines(text).filter(line => /\bBUG\b|WARNING|Oops|unexpected|Unable to handle|Call trace|rcu.*stall|Kernel panic/i.test(line));
}

/** The console of one that was. */
export function healthy({ status, out, err }: Ended): string {
  expect(err).toBe('');
  expect(complaints(out)).toEqual([]);
  expect(out).toContain('reboot: Power down');
  expect(status).toBe(0);
  return out.replaceAll('\r', '');
}
