/** The tool that runs real programs in the guest: what it packs, and how it judges. The programs themselves are `npm run workloads`. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rootEntries } from '../../tools/workloads/root.ts';
import { table } from '../../tools/workloads/table.ts';
import { speedFigures, workloads } from '../../tools/workloads/workloads.ts';

describe('root file system', () => {
  it('has files, links and folders, parents first, a console and an init, but no documentation', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
    try {
      mkdirSync(join(folder, 'usr/share/doc/x'), { recursive: true });
      mkdirSync(join(folder, 'lib'));
      writeFileSync(join(folder, 'usr/share/doc/x/copyright'), 'y');
      writeFileSync(join(folder, 'lib/ld.so'), 'loader');
      chmodSync(join(folder, 'lib/ld.so'), 0o755);
      symlinkSync('ld.so', join(folder, 'lib/ld-linux.so.1'));
      const entries = rootEntries(folder);
      const of = (name: string) => entries.find(entry => entry.name === name);
      expect(of('lib/ld.so')).toMatchObject({ mode: 0o100755, data: Buffer.from('loader') });
      expect(of('lib/ld-linux.so.1')).toMatchObject({ mode: 0o120777, data: Buffer.from('ld.so') });
      expect(of('dev/console')).toMatchObject({ mode: 0o20600, device: [5, 1] });
      expect(of('bin/sh')?.data).toEqual(Buffer.from('busybox'));
      expect(of('init')?.mode).toBe(0o100755);
      const names = entries.map(entry => entry.name);
      expect(names.indexOf('lib')).toBeLessThan(names.indexOf('lib/ld.so'));
      expect(names.filter(name => name.startsWith('usr/share/doc'))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('what the programs print', () => {
  const judge = (workload: string, command: string, printed: string): string | undefined =>
    workloads.find(({ name }) => name === workload)?.commands.find(({ name }) => name === command)?.judge?.(printed);

  it('openssl speed: bytes by block size, and operations a second', () => {
    const figures = speedFigures('+H:16:64\r\n+F:22:aes-128-cbc:100.5:200\r\n+F2:3:rsa1024:0.002:0.0001\r\n');
    expect([...figures]).toEqual([['aes-128-cbc 16', 100.5], ['aes-128-cbc 64', 200], ['rsa1024 +F2 0', expect.closeTo(500)], ['rsa1024 +F2 1', 10000]]);
  });

  it('python and 7zr must say that all went well, stress-ng must not say that anything failed', () => {
    expect(judge('python', 'test_math', 'Tests result: SUCCESS')).toBeUndefined();
    expect(judge('python', 'test_math', 'Tests result: FAILURE')).toContain('SUCCESS');
    expect(judge('7zr', 'b', 'Tot: 97 1 2')).toBeUndefined();
    expect(judge('7zr', 'b', 'Decoding ERROR\nTot:')).toBe('Decoding ERROR');
    expect(judge('stress-ng', 'all', 'stress-ng: fail:  [95] cpu: prime error detected')).toContain('prime error');
    expect(judge('stress-ng', 'all', 'stress-ng: info:  [95] successful run completed in 4.21s')).toBeUndefined();
  });

  it('stress-ng lists its methods', () => {
    const { words, each } = workloads.find(({ name }) => name === 'stress-ng')!.list!;
    expect(words('cpu-method must be one of: all ackermann apery zeta\r\n')).toEqual(['ackermann', 'apery', 'zeta']);
    expect(each('fft').line).toContain('--cpu-method fft ');
  });
});

describe('table', () => {
  const run = { cpu: 'max', name: 'a b', wrong: undefined, seconds: 2 };

  it('seconds, their ratio, and the figures that are much slower', () => {
    const { text, failed } = table([
      { ...run, engine: 'ours', figures: { 'md5 16': 10, 'sm4 64': 1 } },
      { ...run, engine: 'qemu', seconds: 4, figures: { 'md5 16': 10, 'sm4 64': 4 } },
    ]);
    expect(failed).toBe(false);
    expect(text).toMatch(/max +a b +passed +2\.00 +4\.00 +2\.00\n/);
    expect(text).toMatch(/sm4 64 +4\.0 times slower/);
    expect(text).not.toContain('md5');
  });

  it('a failure of ours or another result than QEMU\'s fails, a failure of QEMU doesn\'t', () => {
    const ours = { ...run, engine: 'ours' };
    const qemu = { ...run, engine: 'qemu' };
    expect(table([{ ...ours, wrong: 'exit status 1' }, qemu])).toMatchObject({ failed: true, text: expect.stringContaining('exit status 1') as string });
    expect(table([ours, { ...qemu, wrong: 'exit status 1' }])).toMatchObject({ failed: false, text: expect.stringContaining('QEMU FAILS') as string });
    expect(table([{ ...ours, printed: 'x\r\ny' }, { ...qemu, printed: 'x\r\nz' }])).toMatchObject({ failed: true, text: expect.stringContaining('ours: y\n  QEMU: z') as string });
    expect(table([ours])).toMatchObject({ failed: false });
  });
});
