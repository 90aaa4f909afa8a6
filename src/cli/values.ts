/** The shapes of option values that QEMU's command line has: sizes, and `key=value` lists. */
import { TesseraError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';

const UNITS: Readonly<Record<string, number>> = { '': 2 ** 20, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Bytes; a plain number counts MiB. */
export function parseSize(flag: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([bkmgt]?)$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * UNITS[unit?.toLowerCase() ?? '']!);
  if (number === undefined || !(bytes > 0)) throw new TesseraError(`${flag} ${text}: not a size; write it like 512M or 3G`);
  return bytes;
}

/** `first,key=value,…`: a comma inside a value is doubled. A part without `=` has the value `on`, but the first, which has the key `implied`. */
export function parseList(text: string, implied?: string): Map<string, string> {
  const parts = text.split(/(?<!,),(?!,)|(?<=,,),(?!,)/).map(part => part.replaceAll(',,', ','));
  return new Map(parts.map((part, i): [string, string] => {
    const at = part.indexOf('=');
    if (at >= 0) return [part.slice(0, at), part.slice(at + 1)];
    return i === 0 && implied !== undefined ? [implied, part] : [part, 'on'];
  }));
}

/** One of `known`, else an error that names them. */
export function oneOf<T extends string>(flag: string, text: string, known: readonly T[]): T {
  const found = known.find(word => word === text);
  if (found !== undefined) return found;
  const guess = nearest(text, known);
  throw new TesseraError(`${flag}: '${text}' is not known${guess ? `; did you mean '${guess}'?` : ''} (there are: ${known.join(', ')})`);
}

export const onOff = (flag: string, text: string): boolean => oneOf(flag, text, ['on', 'off', 'yes', 'no', 'true', 'false']).match(/^(on|yes|true)$/) !== null;

/** Seconds, fractions allowed. */
export function parseSeconds(flag: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds > 0) || !Number.isFinite(seconds)) throw new TesseraError(`${flag} ${text}: not a number of seconds`);
  return seconds;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', e: '\x1b', '\\': '\\' };

/** What `--send` types: `\n \r \t \e \\ \xNN` as in C, and Enter at the end unless the text ends with `\c`. */
export function parseKeys(text: string): string {
  const typed = text.endsWith('\\c') ? text.slice(0, -2) : `${text}\\r`;
  return typed.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (all, code: string) =>
    code.length === 3 ? String.fromCharCode(parseInt(code.slice(1), 16)) : ESCAPES[code] ?? all);
}
