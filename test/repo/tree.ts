/** The files of the repository, for tests about them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Paths that git knows, or would add. */
export function tracked(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'], { cwd: root, encoding: 'utf8' });
  const deleted = new Set(execFileSync('git', ['ls-files', '--deleted'], { cwd: root, encoding: 'utf8' }).split('\n'));
  return listed.split('\n').filter(file => file !== '' && !deleted.has(file));
}

export const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8');

/** What a TypeScript file imports, as it is written. */
export function imports(file: string): string[] {
  const text = read(file);
  return [...text.matchAll(/(?:\bfrom|\bimport|\bimport\s*\()\s*['"]([^'"]+)['"]/g)].map(match => match[1]!);
}
