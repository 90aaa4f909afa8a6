/** binutils' text of words. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `line` finds in a line of each word, the first of which stands at `address`. Throws where the program is missing. */
function run(program: string, options: readonly string[], words: Uint32Array, address: number, line: RegExp): string[] {
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
