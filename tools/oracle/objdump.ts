/** binutils' text of words. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Without comments and symbols; the first word stands at `address`. Throws where objdump is missing. */
export function objdump(words: Uint32Array, address: number): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'objdump-'));
  try {
    const file = join(directory, 'words');
    writeFileSync(file, words);
    const args = ['-D', '-z', '-b', 'binary', '-m', 'aarch64', `--adjust-vma=${address}`, file];
    const text = execFileSync('aarch64-linux-gnu-objdump', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    return [...text.matchAll(/^\s*[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$/gm)].map(m => plain(m[1] as string));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const plain = (text: string): string => text.replace(/\s*(\/\/|;|<).*$/, '').trimEnd();
