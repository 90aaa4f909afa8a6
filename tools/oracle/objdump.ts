/** binutils' text of words. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `line` finds in a line of each word, the first of which stands at `address`. Throws where the program is missing. */
function run(program: string, options: readonly string[], words: Uint32Array | Uint16Array, address: number, line: RegExp): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'objdump-'));
  try {
    const file = join(directory, 'words');
    writeFileSync(file, words);
    const args = ['-D', '-z', '-b', 'binary', ...options, `--adjust-vma=${address}`, file];
    const text = execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 30 });
    return [...text.matchAll(line)].map(m => m[1] as string);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Without comments and symbols. */
export const objdump = (words: Uint32Array, address: number): string[] =>
  run('aarch64-linux-gnu-objdump', ['-m', 'aarch64'], words, address, /^\s*[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$/gm).map(plain);

/** The same of PowerPC's, the words little-endian: with one tab where operands are lined up, and with what stands behind them. */
export const objdumpPowerPc = (words: Uint32Array, address: number): string[] =>
  run('powerpc64-linux-gnu-objdump', ['-m', 'powerpc:common64', '-EL', '-M', 'power9'], words, address, /^ *[0-9a-f]+:\t(?:[0-9a-f]{2} ){4} *\t(.*)$/gm)
    .map(text => text.replace(/^(\S+)\s+/, '$1\t').trimEnd());

export const plain = (text: string): string => text.replace(/\s*(\/\/|;|<).*$/, '').trimEnd();

/** T32 instructions stand so many bytes apart, with NOPs between them: as many as an IT block can have. */
export const THUMB_STRIDE = 12;
const THUMB_NOP = 0xbf00;

/** The same of A32, with its comments; no text where it is no instruction. */
export const commentedA32 = (words: Uint32Array, address: number): string[] =>
  run('arm-linux-gnueabihf-objdump', ['-m', 'arm'], words, address, /^\s*[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$/gm);

/** The same of T32, an instruction of one halfword being the upper half of its word, each THUMB_STRIDE behind the one before. */
export function commentedT32(words: Uint32Array, address: number): string[] {
  const each = THUMB_STRIDE / 2;
  const halves = new Uint16Array(words.length * each).fill(THUMB_NOP);
  words.forEach((word, i) => { halves.set(word >>> 27 < 0b11101 ? [word >>> 16] : [word >>> 16, word & 0xffff], i * each); });
  const lines = run('arm-linux-gnueabihf-objdump', ['-m', 'arm', '-M', 'force-thumb'], halves, address, /^\s*([0-9a-f]+:\t[0-9a-f]{4}(?: [0-9a-f]{4})? +\t.*)$/gm);
  const texts = new Map(lines.map(line => [Number.parseInt(line, 16), line.split('\t').slice(2).join('\t')]));
  return Array.from(words, (_, i) => texts.get(address + i * THUMB_STRIDE) ?? '');
}

/** Without comments; no text where it is no instruction. */
export const plainArm = (text: string): string => text.replace(/\s*(@|;|<).*$/, '').trimEnd();
export const objdumpA32 = (words: Uint32Array, address: number): string[] => commentedA32(words, address).map(plainArm);
export const objdumpT32 = (words: Uint32Array, address: number): string[] => commentedT32(words, address).map(plainArm);
