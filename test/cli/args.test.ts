/** The command line: QEMU's words in, options or one clear line out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TesseraError } from '../../src/base/errors.ts';
import { parseCommand } from '../../src/cli/args.ts';
import { helpText } from '../../src/cli/help.ts';
import { editDistance, nearest } from '../../src/base/nearest.ts';
import { flags, type RunOptions } from '../../src/cli/options.ts';
import { parseKeys, parseList } from '../../src/cli/values.ts';

function options(...words: string[]): RunOptions {
  const command = parseCommand(words);
  if (command.kind === 'guests') throw new Error('not a run');
  return command.options;
}

function complaint(...words: string[]): string {
  try {
    parseCommand(words);
  } catch (error) {
    if (error instanceof TesseraError) return error.message;
    throw error;
  }
  throw new Error(`${words.join(' ')} was accepted`);
}

const MiB = 2 ** 20;

describe('what QEMU\'s command lines say', () => {
  it('the usual one', () => {
    expect(options('-M', 'virt,gic-version=3,its=off').its).toBe(false);
    expect(options('-M', 'virt,gic-version=3').its).toBe(true);
    expect(options(...'-M virt,gic-version=3 -cpu max -m 3G -smp 1 -kernel Image -initrd i.gz -append x=y -nographic -no-reboot'.split(' '))).toMatchObject({
      machine: 'virt', gicVersion: 3, cpu: 'max', memory: 3072 * MiB, kernel: 'Image', initrd: 'i.gz', append: 'x=y', reboot: false, shutdown: true,
      serial: { kind: 'mux' },
    });
  });

  it.each([
    ['256', 256], ['256M', 256], ['1G', 1024], ['1.5g', 1536], ['size=64M', 64], ['2048k', 2],
  ])('-m %s is %i MiB', (text, mib) => expect(options('-m', text).memory).toBe(mib * MiB));

  it.each([
    ['4', 4, [1, 1, 4, 1]], ['cpus=8', 8, [1, 1, 8, 1]], ['4,sockets=2', 4, [2, 1, 2, 1]], ['4,cores=2,threads=2', 4, [1, 1, 2, 2]],
    ['2,maxcpus=8', 2, [1, 1, 8, 1]], ['cores=2,clusters=3', 6, [1, 3, 2, 1]], ['8,cores=2', 8, [4, 1, 2, 1]],
  ])('-smp %s is %i CPUs', (text, smp, [sockets, clusters, cores, threads]) => {
    expect(options('-smp', text)).toMatchObject({ smp, topology: { sockets, clusters, cores, threads } });
  });

  it('features of a CPU', () => expect(options('-cpu', 'max,lse=off,fp16=on')).toMatchObject({ cpu: 'max', cpuProperties: { lse: false, fp16: true } }));
  it('issue 5.3: the host\'s CPU is max', () => expect(options('-cpu', 'host,pauth=off')).toMatchObject({ cpu: 'max', cpuProperties: { pauth: false } }));
  it('two dashes are as good as one', () => expect(options('--cpu', 'max', '--no-shutdown')).toMatchObject({ cpu: 'max', shutdown: false }));

  it('run is the command where none is named', () => expect(parseCommand(['run', '-kernel', 'k'])).toEqual(parseCommand(['-kernel', 'k'])));

  it('channels', () => {
    expect(options('-serial', 'file:out.txt', '-monitor', 'stdio')).toMatchObject({ serial: { kind: 'file', path: 'out.txt' }, monitor: { kind: 'stdio' } });
    expect(options('-serial', 'mon:stdio').serial).toEqual({ kind: 'mux' });
    expect(options('-serial', 'null', '-monitor', 'none')).toMatchObject({ serial: { kind: 'null' }, monitor: { kind: 'null' } });
  });

  it('clocks', () => {
    expect(options('-rtc', 'base=localtime,clock=vm').rtc).toEqual({ base: 'localtime', clock: 'vm' });
    expect(options('-rtc', 'base=2026-01-31T12:00:00').rtc.base).toEqual(new Date(Date.UTC(2026, 0, 31, 12)));
  });

  it('log topics and their file', () => {
    const { log, logFile } = options('-d', 'unimp,int', '-D', 'log.txt');
    expect([...log]).toEqual(['unimp', 'int']);
    expect(logFile).toBe('log.txt');
  });

  it('semihosting with arguments', () => {
    expect(options('-semihosting-config', 'enable=on,target=native,arg=prog,arg=a,,b')).toMatchObject({ semihosting: true, semihostingArguments: ['prog', 'a,b'] });
    expect(options('-semihosting-config', 'enable=off').semihosting).toBe(false);
  });

  it('dumpdtb and the questions', () => {
    expect(options('-machine', 'virt,dumpdtb=x.dtb').dumpdtb).toBe('x.dtb');
    const asked = (...words: string[]): unknown => options(...words).question;
    expect([asked('-M', 'help'), asked('-cpu', 'help'), asked('-d', 'help'), asked('-h'), asked('--version')]).toEqual(['machine', 'cpu', 'log', 'help', 'version']);
  });

  it('scripts keep their order', () => {
    expect(options('--expect', '~ #', '--send', 'ls', '--expect', 'bin', '--timeout', '2.5')).toMatchObject({
      script: [{ kind: 'expect', text: '~ #' }, { kind: 'send', keys: 'ls\r' }, { kind: 'expect', text: 'bin' }], timeout: 2.5,
    });
  });

  it('commas are doubled inside a value', () => {
    expect([...parseList('a,b=c,,d,e=', 'first')]).toEqual([['first', 'a'], ['b', 'c,d'], ['e', '']]);
  });

  it('keys', () => expect([parseKeys('a\\x03\\e\\\\'), parseKeys('q\\c'), parseKeys('\\n\\t')]).toEqual(['a\x03\x1b\\\r', 'q', '\n\t\r']));

  it('the help names every flag', () => {
    const text = helpText();
    for (const name of Object.keys(flags)) expect(text).toMatch(new RegExp(`^ {2}--?${name}\\b`, 'm'));
  });
});

describe('debuggers', () => {
  it('where GDB can connect', () => {
    expect(options('-s')).toMatchObject({ gdb: { kind: 'tcp', host: '', port: 1234 }, waits: false });
    expect(options('-S', '-gdb', 'tcp::0')).toMatchObject({ gdb: { kind: 'tcp', host: '', port: 0 }, waits: true });
    expect(options('-gdb', 'tcp:0.0.0.0:99')).toMatchObject({ gdb: { host: '0.0.0.0', port: 99 } });
    expect(options('-gdb', 'tcp:[::1]:99')).toMatchObject({ gdb: { host: '::1', port: 99 } });
    expect(options('-gdb', 'stdio', '-serial', 'null')).toMatchObject({ gdb: { kind: 'stdio' } });
    expect(options('-s', '-gdb', 'none').gdb).toBeUndefined();
  });

  it('semihosting: files of one folder, calls from EL0', () => {
    expect(options('-semihosting-config', 'enable=on,target=native,chardev=serial0,userspace=on,root=some/folder,arg=a,arg=b')).toMatchObject({
      semihosting: true, semihostingUserspace: true, semihostingRoot: 'some/folder', semihostingArguments: ['a', 'b'],
    });
  });
});

describe('what can\'t be is one line', () => {
  it.each([
    [['-kernal', 'x'], 'unknown flag -kernal; did you mean -kernel?'],
    [['--nographics'], 'unknown flag --nographics; did you mean -nographic?'],
    [['--exepct', 'x'], 'unknown flag --exepct; did you mean --expect?'],
    [['-zzzzzzzz'], 'unknown flag -zzzzzzzz ('],
    [['-kernel'], '-kernel needs a value'],
    [['stat'], '\'stat\' is not understood; did you mean \'start\'?'],
    [['-cpu', 'nonsense'], '\'nonsense\' is not known (there are: cortex-a53, '],
    [['-cpu', 'cortex-a75'], 'did you mean \'cortex-a'],
    [['-cpu', 'max,lsee=off'], 'there is no feature \'lsee\'; did you mean \'lse\'?'],
    [['-cpu', 'max,lse=maybe'], '\'maybe\' is not known'],
    [['-M', 'virtt'], 'did you mean \'virt\'?'],
    [['-M', 'virt,gic-version=4'], '\'4\' is not known'],
    [['-m', 'lots'], 'not a size'],
    [['-m', '0'], 'not a size'],
    [['-smp', '0'], '-smp cpus=0: not a number of CPUs'],
    [['-smp', 'four'], '-smp cpus=four: not a number of CPUs'],
    [['-smp', '4,maxcpus=2,cores=2'], 'maxcpus is less than cpus'],
    [['-smp', '4,sockets=3,cores=1,clusters=1,threads=1'], 'sockets 3 * clusters 1 * cores 1 * threads 1 is 3, not 4'],
    [['-smp', '2,dies=2'], 'sockets, clusters, cores and threads only'],
    [['-smp', '2,core=2'], 'did you mean \'cores\'?'],
    [['-d', 'unimp,inn'], 'did you mean \'int\'?'],
    [['-serial', 'tcp:1'], '\'tcp:1\' is not known'],
    [['-timeout', '-3'], 'not a number of seconds'],
    [['-rtc', 'base=yesterday'], 'write utc, localtime'],
    [['-initrd', 'i', '-bios', 'b', '--guest', 'x'], 'belongs to `tessera start`'],
    [['-serial', 'stdio', '-monitor', 'stdio'], 'mon:stdio shares it'],
    ...['', '1234', 'tcp', 'tcp:', 'tcp:1234', 'tcp::', 'tcp::x', 'tcp::65536', 'tcp::123456', 'tcp:a:b:1', 'udp::1', 'tcp:[::1]1']
      .map((device): [string[], string] => [['-gdb', device], 'write tcp:HOST:PORT, tcp::PORT or stdio']),
    [['-gdb', 'stdio'], '-gdb stdio needs standard input and output for itself: add -serial null'],
    [['-gdb', 'stdio', '-serial', 'null', '-monitor', 'stdio'], '-gdb stdio needs standard input'],
    [['-semihosting-config', 'target=gdb'], '\'gdb\' is not known'],
    [['-semihosting-config', 'chardev=x'], 'there are: serial0'],
    [['-semihosting-config', 'rot=x'], 'did you mean \'root\'?'],
    [['guests', 'fecth'], 'did you mean \'fetch\'?'],
    [['-__proto__', 'x'], 'unknown flag'],
    [['-constructor'], 'unknown flag'],
  ])('%j', (words, part) => {
    const line = complaint(...words);
    expect(line).toContain(part);
    expect(line).not.toContain('\n');
  });

  it('any words at all are accepted or complained about, never a crash', () => {
    const word = fc.oneof(fc.constantFrom(...Object.keys(flags).map(name => `-${name}`), 'start', 'help', 'virt,', '4G', 'file:'), fc.string());
    fc.assert(fc.property(fc.array(word, { maxLength: 6 }), words => {
      try {
        parseCommand(words);
      } catch (error) {
        expect(error).toBeInstanceOf(TesseraError);
      }
    }), { seed: 1, numRuns: 2000 });
  });
});

describe('nearest word', () => {
  it.each([['kernel', 'kernel', 0], ['kernel', 'kernal', 1], ['kernel', 'krenel', 1], ['', 'abc', 3], ['append', 'apend', 1]])('%s and %s: %i', (a, b, d) => {
    expect(editDistance(a, b)).toBe(d);
    expect(editDistance(b, a)).toBe(d);
  });
  it('is none where nothing is near', () => expect(nearest('xyzzyplugh', ['kernel', 'initrd'])).toBeUndefined());
});
