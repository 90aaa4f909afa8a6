/** What may stand in the tree: sizes, names, no traces of the machine that it was written on, links that lead somewhere. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { read, root, tracked } from './tree.ts';

const files = tracked();
const code = files.filter(file => /^(src|test|tools|bench|bin)\/.*\.(ts|mjs)$/.test(file));
const text = files.filter(file => /\.(ts|mjs|json|md|sh|c|h|yml|yaml|txt|S)$|^\.npmrc$|^\.ci\/|^\.gitignore$/.test(file));

describe('files', () => {
  it('none is longer than 500 lines', () => {
    expect(code.filter(file => read(file).split('\n').length > 501)).toEqual([]);
  });

  it('none is a drawer for odds and ends', () => {
    expect(code.filter(file => /(^|\/)(utils?|helpers|misc|common|shared|stuff)(\.|\/)/.test(file))).toEqual([]);
  });

  it('none names a registry, a mirror or a path of the machine it was written on', () => {
    const traces = /registry\.[a-z]|npmjs|artifactory|https?:\/\/(?!www\.w3\.org)[a-z0-9.-]+:\d{2,5}\/|\/(root|home\/[a-z]|work\b|tmp\/)[/a-z]*\//;
    const wrong = text.filter(file => file !== 'test/repo/files.test.ts').flatMap(file => read(file).split('\n')
      .map((line, i) => (traces.test(line) ? `${file}:${i + 1}: ${line.trim().slice(0, 120)}` : '')).filter(Boolean));
    expect(wrong).toEqual([]);
  });

  it('the lock file names no host', () => {
    expect(read('package-lock.json')).not.toContain('://');
  });

  it('every tool is pinned to one version', () => {
    const { devDependencies, optionalDependencies, dependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const loose = Object.entries({ ...devDependencies, ...optionalDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    expect(loose).toEqual([]);
    expect(dependencies ?? {}).toEqual({});
  });

  it('no test is skipped, focused or left for later', () => {
    const marks = /\b(it|test|describe)\.(skip|only|todo|skipIf|runIf)\b|\b(xit|xdescribe|fit|fdescribe)\(/;
    expect(files.filter(file => file.endsWith('.test.ts') && file !== 'test/repo/files.test.ts' && marks.test(read(file)))).toEqual([]);
  });

  it('every link in Markdown leads to a file', () => {
    const wrong = files.filter(file => file.endsWith('.md')).flatMap(file => [...read(file).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
      .map(match => match[1]!).filter(link => !/^[a-z]+:/.test(link))
      .filter(link => !existsSync(join(root, dirname(file), link))).map(link => `${file}: ${link}`));
    expect(wrong).toEqual([]);
  });

  it('every export of the package is a file', () => {
    const { exports, bin } = JSON.parse(read('package.json')) as { exports: Record<string, string>; bin: Record<string, string> };
    expect([...Object.values(exports), ...Object.values(bin)].filter(file => !existsSync(join(root, file)))).toEqual([]);
  });
});
