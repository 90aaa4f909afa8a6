/** Packets that let CPUs run: vCont, and the older c, C, s and S (GDB manual, "Packets"). Signals are passed over: a machine has none. */
import type { Resumption } from '../machine/index.ts';
import { parseNumber } from './bytes.ts';
import { parseThread } from './threads.ts';

export const VCONT_ACTIONS = 'vCont;c;C;s;S;t;r';

export type Action = Resumption | { readonly kind: 'stop' };

/** What each CPU shall do: of the actions, separated by `;`, the first that names it. undefined: not understood. */
export function parseVCont(text: string, cpus: number): Map<number, Action> | undefined {
  const actions = new Map<number, Action>();
  for (const part of text.split(';')) {
    const [word = '', thread = '-1', ...more] = part.split(':');
    const action = parseAction(word);
    const whom = parseThread(thread, cpus);
    if (!action || whom === undefined || more.length > 0) return undefined;
    for (let cpu = 0; cpu < cpus; cpu++) {
      if ((whom === cpu || typeof whom === 'string') && !actions.has(cpu)) actions.set(cpu, action);
    }
  }
  return actions;
}

function parseAction(word: string): Action | undefined {
  if (/^(c|C[0-9a-f]{2})$/i.test(word)) return { kind: 'continue' };
  if (/^(s|S[0-9a-f]{2})$/i.test(word)) return { kind: 'step' };
  if (word === 't') return { kind: 'stop' };
  const [from, to, ...more] = word.startsWith('r') ? word.slice(1).split(',').map(parseNumber) : [];
  return from === undefined || to === undefined || more.length > 0 ? undefined : { kind: 'step', within: [from, to] };
}

/** `c [addr]`, `C sig[;addr]`, `s [addr]`, `S sig[;addr]` without the letter: where to go on, if not where it stands. */
export function parseResumeAddress(letter: string, rest: string): { readonly address: bigint | undefined } | undefined {
  const text = letter === 'C' || letter === 'S' ? /^[0-9a-f]{2}(?:;(.*))?$/i.exec(rest) : [rest, rest];
  if (!text) return undefined;
  if (!text[1]) return { address: undefined };
  const address = parseNumber(text[1]);
  return address === undefined ? undefined : { address };
}
