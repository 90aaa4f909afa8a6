/** The command line: QEMU's way of long options with one dash, two dashes accepted. */
import { TesseraError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { defaults, flags, startFlags, type Flag, type RunOptions } from './options.ts';

export type Command =
  | { readonly kind: 'run' | 'start'; readonly options: RunOptions }
  | { readonly kind: 'guests'; readonly action: 'list' | 'fetch' | 'path'; readonly names: readonly string[] };

const SUBCOMMANDS = ['run', 'start', 'guests'] as const;
const GUEST_ACTIONS = ['list', 'fetch', 'path'] as const;

/** Throws a TesseraError that names the word that isn't understood. */
export function parseCommand(words: readonly string[]): Command {
  const [first, ...rest] = words;
  switch (first) {
    case 'run': return { kind: 'run', options: parseRun(rest, flags) };
    case 'start': return { kind: 'start', options: parseRun(rest, startFlags) };
    case 'guests': return parseGuests(rest);
    default: return { kind: 'run', options: parseRun(words, flags) };
  }
}

function parseRun(words: readonly string[], known: Readonly<Record<string, Flag>>): RunOptions {
  const options = defaults();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const name = word.replace(/^--?/, '');
    const flag = word.startsWith('-') && Object.hasOwn(known, name) ? known[name] : undefined;
    if (!flag) throw unknown(word, name, known);
    let value = '';
    if (flag.value !== undefined) {
      const next = words[++i];
      if (next === undefined) throw new TesseraError(`${word} needs a value: ${word} ${flag.value}`);
      value = next;
    }
    flag.set(options, value, word);
  }
  checkTogether(options);
  return options;
}

function unknown(word: string, name: string, known: Readonly<Record<string, Flag>>): TesseraError {
  if (!word.startsWith('-')) {
    const guess = nearest(word, SUBCOMMANDS);
    return new TesseraError(`'${word}' is not understood${guess ? `; did you mean '${guess}'?` : ' (a kernel is given with -kernel FILE)'}`);
  }
  if (Object.hasOwn(startFlags, name)) return new TesseraError(`${word} belongs to \`tessera start\``);
  const guess = nearest(name, Object.keys(known));
  return new TesseraError(`unknown flag ${word}${guess ? `; did you mean ${dashed(guess)}?` : ''} (-help lists them)`);
}

/** Scripts' flags have two dashes by custom, QEMU's have one. */
export const dashed = (name: string): string => (['expect', 'send', 'timeout', 'stats', 'guest', 'version'].includes(name) ? `--${name}` : `-${name}`);

function checkTogether(options: RunOptions): void {
  if (options.question || options.guest !== undefined) return;
  if (options.append !== undefined && options.kernel === undefined && options.bios !== undefined) throw new TesseraError('-append goes with -kernel');
  if (options.initrd !== undefined && options.kernel === undefined && options.bios !== undefined) throw new TesseraError('-initrd goes with -kernel');
  if (options.serial.kind === 'stdio' && options.monitor.kind === 'stdio') {
    throw new TesseraError('the serial line and the monitor can\'t both have the terminal to themselves; -serial mon:stdio shares it');
  }
  const terminal = [options.serial, options.monitor.kind === 'mux' ? options.serial : options.monitor].some(({ kind }) => kind === 'stdio' || kind === 'mux');
  if (options.gdb?.kind === 'stdio' && terminal) throw new TesseraError('-gdb stdio needs standard input and output for itself: add -serial null or -serial file:PATH');
}

function parseGuests(words: readonly string[]): Command {
  const [action = 'list', ...names] = words;
  const found = GUEST_ACTIONS.find(known => known === action);
  if (found) return { kind: 'guests', action: found, names };
  const guess = nearest(action, GUEST_ACTIONS);
  throw new TesseraError(`tessera guests ${action}: not understood${guess ? `; did you mean '${guess}'?` : ''} (there are: ${GUEST_ACTIONS.join(', ')})`);
}
