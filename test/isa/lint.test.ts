/** A branch on an operand that compiles (an object has a truth, always the same one) is refused by the linter. */
import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const fixture = 'test/isa/fixtures/branch-on-operand.ts';

interface Config { readonly overrides: readonly { readonly files: readonly string[]; readonly rules: object }[] }

/** The rules of src/guest, for any file: the fixture is ignored by `npm run lint`. */
function guestRules(): object {
  const config = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as Config;
  const override = config.overrides.find(o => o.files.includes('src/guest/**/*.ts'));
  if (!override) throw new Error('.oxlintrc.json has no rules for src/guest');
  return { plugins: ['typescript'], categories: { correctness: 'off' }, rules: override.rules };
}

function lint(file: string): { lines: number[]; text: string } {
  const directory = mkdtempSync(join(tmpdir(), 'lint-'));
  try {
    const config = join(directory, 'oxlintrc.json');
    writeFileSync(config, JSON.stringify(guestRules()));
    const how: ExecFileSyncOptions = { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] };
    let text: string;
    try {
      text = String(execFileSync(process.execPath, ['node_modules/oxlint/bin/oxlint', '--type-aware', '-f', 'unix', '-c', config, file], how));
    } catch (e) {
      text = String((e as { stdout: Buffer }).stdout);
    }
    return { lines: [...text.matchAll(/^[^:\n]+:(\d+):\d+:/gm)].map(m => Number(m[1])), text };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('every branch on an operand is reported, and nothing else', () => {
  const expected = readFileSync(join(root, fixture), 'utf8').split('\n')
    .flatMap((line, i) => (line.includes('; // refused') ? [i + 1] : []));
  expect(expected.length).toBe(7);
  const { lines, text } = lint(fixture);
  expect([...new Set(lines)], text).toEqual(expected);
});
