/** The command as a process: statuses, one clear line for what can't be, the terminal as it was. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as pty from '@lydell/node-pty';
import { describe, expect, it } from 'vitest';
import { ECHO, folder, programFile, runTessera, tessera } from './programs.ts';

const echo = programFile('echo', ECHO);
const spin = programFile('spin', [0x14000000]); // b .

function file(name: string, data: Uint8Array | string): string {
  writeFileSync(join(folder, name), data);
  return join(folder, name);
}

describe('what can\'t be run is one line and status 1', () => {
  const jpeg = file('photo.jpg', Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, ...new Array<number>(5000).fill(0x55)]));
  const cases: [string, string[], RegExp][] = [
    ['nothing to run', [], /nothing to run/],
    ['a missing kernel', ['-kernel', '/nonexistent/Image'], /-kernel '\/nonexistent\/Image': there is no such file/],
    ['a folder', ['-kernel', folder], /that is a folder/],
    ['an empty file', ['-kernel', file('empty', '')], /is empty/],
    ['a kernel that is a JPEG', ['-kernel', jpeg], /JPEG/],
    ['a truncated gzip', ['-kernel', file('cut.gz', Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b]))], /gzip/],
    ['an initrd larger than RAM', ['-kernel', echo, '-m', '4M', '-initrd', file('big', new Uint8Array(5 * 2 ** 20))], /RAM|raw/],
    ['-m 64T', ['-kernel', echo, '-m', '64T'], /64 TiB/],
    ['-cpu nonsense', ['-kernel', echo, '-cpu', 'nonsense'], /nonsense/],
    ['an unknown flag', ['-kernell', echo], /did you mean -kernel\?/],
    ['a device tree that is none', ['-kernel', echo, '-dtb', jpeg], /device tree/],
    ['a log file that can\'t be', ['-kernel', echo, '-d', 'int', '-D', '/nonexistent/log'], /no such folder/],
    ['an unknown guest', ['start', '--guest', 'nonsense'], /known are linux, debian/],
  ];
  it.each(cases)('%s', async (_name, args, line) => {
    const { status, out, err } = await runTessera(args);
    expect(err).toMatch(line);
    expect(err).toMatch(/^tessera: [^\n]*\n$/);
    expect({ status, out }).toEqual({ status: 1, out: '' });
  });
});

describe('statuses', () => {
  it('power-off is 0, and the serial line is standard output', async () => {
    expect(await runTessera(['-kernel', echo], 'hello\n\x01xq')).toEqual({ status: 0, out: '>hello\n\x01x', err: '' });
  });

  it('a script types, sees and ends', async () => {
    const { status, out } = await runTessera(['-kernel', echo, '--send', 'abc', '--expect', 'abc', '--send', 'def\\c', '--expect', 'def']);
    expect({ status, out }).toEqual({ status: 0, out: '>abc\rdef' });
  });

  it('a text that never comes is 124 after the time', async () => {
    const { status, err } = await runTessera(['-kernel', spin, '--expect', 'never', '--timeout', '0.5']);
    expect({ status, err }).toEqual({ status: 124, err: 'tessera: \'never\' was not seen within 0.5 s\n' });
  });

  it('the status that a program gives the bare machine is passed on', async () => {
    const fail7 = programFile('fail7', [
      0xd2a00200, // mov  x0, #0x100000
      0x52866661, // mov  w1, #0x3333
      0x72a000e1, // movk w1, #7, lsl #16
      0xb9000001, // str  w1, [x0]
      0x14000000, // b    .
    ]);
    expect(await runTessera(['-M', 'bare', '-kernel', fail7])).toEqual({ status: 7, out: '', err: '' });
  });

  it('a machine that ends before the script does is 1', async () => {
    const { status, err } = await runTessera(['-kernel', echo, '--send', 'q', '--expect', 'never']);
    expect({ status, err }).toEqual({ status: 1, err: 'tessera: the machine ended before \'never\' was seen\n' });
  });

  it('the serial line goes to a file', async () => {
    const path = join(folder, 'serial.txt');
    const { status, out } = await runTessera(['-kernel', echo, '-serial', `file:${path}`, '--send', 'to a fileq']);
    expect({ status, out, text: readFileSync(path, 'utf8') }).toEqual({ status: 0, out: '', text: '>to a file' });
  });

  it('dumpdtb writes the tree and runs nothing', async () => {
    const path = join(folder, 'virt.dtb');
    expect(await runTessera(['-M', `virt,dumpdtb=${path}`])).toEqual({ status: 0, out: '', err: '' });
    expect([...readFileSync(path).subarray(0, 4)]).toEqual([0xd0, 0x0d, 0xfe, 0xed]);
  });

  it('--stats counts units, links and exits', async () => {
    const { err } = await runTessera(['-kernel', echo, '--stats', '--send', 'xq']);
    for (const counter of ['units compiled', 'links', 'evictions', 'compile milliseconds', 'exits: lookup', 'mmio_exit_user']) expect(err).toMatch(new RegExp(`${counter} +[\\d,.]+`));
  });

  it.each([[['-h'], /-kernel FILE/], [['-M', 'help'], /virt/], [['-cpu', 'help'], /cortex-a57[^]*max/], [['-d', 'help'], /unimp/], [['--version'], /^tessera \d/]])(
    '%j answers', async (args, text) => {
      const { status, out, err } = await runTessera(args);
      expect(out).toMatch(text);
      expect({ status, err }).toEqual({ status: 0, err: '' });
    },
  );
});

/** A shell in a terminal of its own that runs the command between two looks at the terminal's mode. */
class TerminalSession {
  text = '';
  private readonly shell: pty.IPty;
  readonly ended: Promise<number>;

  constructor(args: readonly string[]) {
    const command = [process.execPath, tessera, ...args].map(word => `'${word}'`).join(' ');
    const script = `echo "before=$(stty -g)"; ${command}; echo "status=$?"; echo "after=$(stty -g)"`;
    this.shell = pty.spawn('/bin/sh', ['-c', script], { cols: 100, rows: 30 });
    this.shell.onData(data => { this.text += data; });
    this.ended = new Promise(resolve => { this.shell.onExit(({ exitCode }) => resolve(exitCode)); });
  }

  type(keys: string): void { this.shell.write(keys); }

  async sees(text: string): Promise<void> {
    await expect.poll(() => this.text, { timeout: 20_000, interval: 20 }).toContain(text);
  }

  /** Waits for the shell's end, and checks that the terminal is as it was. */
  async leavesTerminalAlone(): Promise<void> {
    await this.ended;
    const mode = (name: string): string | undefined => new RegExp(`${name}=(\\S+)`).exec(this.text)?.[1];
    expect(mode('before')).toBeDefined();
    expect(mode('after')).toBe(mode('before'));
  }
}

describe('in a terminal', () => {
  it('keys go to the guest one by one, Ctrl-C too; Ctrl-A x ends', async () => {
    const session = new TerminalSession(['-kernel', echo]);
    await session.sees('>');
    session.type('hello\x03!');
    await session.sees('hello\x03!');
    session.type('\x01x');
    await session.leavesTerminalAlone();
    expect(session.text).toContain('status=0');
  });

  it('the monitor: registers, stop, cont, and back to the guest', async () => {
    const session = new TerminalSession(['-kernel', echo]);
    await session.sees('>');
    session.type('\x01c');
    await session.sees('(tessera) ');
    session.type('info registers\r');
    await session.sees('PC=');
    session.type('stop\rinfo status\r');
    await session.sees('VM status: paused');
    session.type('cont\rinfo status\r');
    await session.sees('VM status: running');
    session.type('\x01cback');
    await session.sees('back');
    session.type('q');
    await session.leavesTerminalAlone();
    expect(session.text).toContain('status=0');
  });

  it.each([['TERM', 143], ['HUP', 129]])('SIG%s gives it back', async (signal, status) => {
    const session = new TerminalSession(['-kernel', echo]);
    await session.sees('>');
    process.kill(childOf(session), `SIG${signal}` as NodeJS.Signals);
    await session.leavesTerminalAlone();
    expect(session.text).toContain(`status=${status}`);
  });
});

/** The command's process, whose parent is the session's shell. */
function childOf(session: TerminalSession): number {
  const shell = (session as unknown as { shell: pty.IPty }).shell.pid;
  return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(' ')[0]);
}
