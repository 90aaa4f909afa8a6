/**
 * Which items of the reference have tests that name them: prints item, state and tests; exits with 1 where one has none or,
 * with --run, where one of its tests fails.
 * npm run coverage:reference [-- --run]
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Item {
  readonly id: string;
  readonly title: string;
}

export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Lines of the list: an id, and what the item is about. */
export function parseItems(text: string): Item[] {
  return [...text.matchAll(/^([A-D]\d+\.\S+)\s+(.+)$/gm)].map(([, id, title]) => ({ id: id!, title: title! }));
}

/** The first string of each call of it, test or describe and their variants. */
export function testTitles(source: string): string[] {
  // `.each([…])` and the like stand between the name and the title; they have parentheses two deep at most.
  const call = /\b(?:it|test|describe)(?:\.\w+)*?(?:\.\w+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g;
  return [...source.matchAll(call)].map(match => match[2]!);
}

/** The ids in a title, as whole words: A4.1 isn't in 'A4.13'. */
export const idsIn = (title: string): string[] => title.match(/\b[A-D]\d+\.[A-Za-z0-9_-]*[A-Za-z0-9]/g) ?? [];

function namedTests(): ReadonlyMap<string, readonly NamedTest[]> {
  const tests = new Map<string, NamedTest[]>();
  for (const file of globSync('test/**/*.test.ts', { cwd: root }).sort()) {
    for (const title of testTitles(readFileSync(join(root, file), 'utf8'))) {
      for (const id of idsIn(title)) tests.set(id, [...(tests.get(id) ?? []), { file, title }]);
    }
  }
  return tests;
}

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[] }[];
}

/** Names of tests that failed. */
function failures(files: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-coverage-'));
  try {
    const output = join(folder, 'report.json');
    spawnSync('npx', ['vitest', 'run', '--reporter=json', `--outputFile=${output}`, ...files], { cwd: root, stdio: 'ignore' });
    const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as Report;
    return testResults.flatMap(r => r.assertionResults).filter(a => a.status !== 'passed').map(a => a.fullName);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function main(): void {
  const items = parseItems(readFileSync(new URL('reference-items.txt', import.meta.url), 'utf8'));
  const tests = namedTests();
  const files = [...new Set(items.flatMap(({ id }) => (tests.get(id) ?? []).map(t => t.file)))];
  const failing = process.argv.includes('--run') ? failures(files) : undefined;
  const failed = failing && new Set(failing.flatMap(idsIn));
  let open = 0;
  for (const { id, title } of items) {
    const found = tests.get(id) ?? [];
    const state = found.length === 0 ? 'NO TEST' : failed?.has(id) ? 'FAILS' : failed ? 'passes' : 'named';
    if (found.length === 0 || failed?.has(id)) open++;
    console.log(`${id.padEnd(31)} ${state.padEnd(8)} ${title}`);
    for (const test of found) console.log(`${' '.repeat(41)}${test.file}: ${test.title}`);
  }
  for (const name of failing ?? []) console.log(`\nfailed: ${name}`);
  console.log(`\n${items.length - open} of ${items.length} items have a test${failed ? ' that passes' : ''}`);
  if (open > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
