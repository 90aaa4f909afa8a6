/** --expect and --send, the escape keys, the monitor: without a machine. */
import { describe, expect, it } from 'vitest';
import { MonitorLine } from '../../src/cli/monitor.ts';
import { monitorCommand, type MonitorTarget } from '../../src/machine/index.ts';
import { Mux } from '../../src/cli/mux.ts';
import type { Step } from '../../src/cli/options.ts';
import { OutputBuffer } from '../../src/cli/output.ts';
import { Script } from '../../src/cli/script.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const see = (value: string): Step => ({ kind: 'expect', text: value });
const type = (keys: string): Step => ({ kind: 'send', keys });

function play(steps: Step[], ...output: string[]): { typed: string[]; script: Script; ended: number } {
  const typed: string[] = [];
  const script = new Script(steps, keys => typed.push(text(keys)));
  const result = { typed, script, ended: 0 };
  script.onSeenAll = () => { result.ended++; };
  script.start();
  for (const byte of bytes(output.join(''))) script.output(byte);
  return result;
}

describe('script', () => {
  it('types at once what waits for nothing, and the rest when it is seen', () => {
    expect(play([type('a'), see('~ #'), type('b'), type('c')], 'boot').typed).toEqual(['a']);
    expect(play([type('a'), see('~ #'), type('b'), type('c')], 'boot\r\n~ # ').typed).toEqual(['a', 'b', 'c']);
  });

  it('finds a text whose beginning repeats', () => {
    expect(play([see('aab')], 'aaab').script.done).toBe(true);
    expect(play([see('ababac')], 'abababac').script.done).toBe(true);
    expect(play([see('aab')], 'aa', 'b').script.done).toBe(true);
  });

  it('looks for the next text after the last one only', () => {
    expect(play([see('#'), see('#')], 'a # b').script.waitingFor).toBe('#');
    expect(play([see('#'), see('#')], '##').script.done).toBe(true);
  });

  it('says when the last text was seen, once, and not where typing is the last step', () => {
    expect(play([see('x')], 'xxx').ended).toBe(1);
    expect(play([see('x'), type('y')], 'xxx').ended).toBe(0);
  });

  it('sees UTF-8', () => expect(play([see('grüße')], 'xgrüße').script.done).toBe(true));
});

describe('escape keys', () => {
  function mux(withMonitor = true): { feed: (keys: string) => void; log: string[] } {
    const log: string[] = [];
    const m = new Mux({
      serial: data => log.push(`serial ${JSON.stringify(text(data))}`), serialBreak: () => log.push('break'), say: () => log.push('say'), quit: () => log.push('quit'),
      monitor: withMonitor ? { key: byte => log.push(`monitor ${byte}`), focus: () => log.push('focus') } : undefined,
    });
    return { feed: keys => m.input(bytes(keys)), log };
  }

  it('everything else goes to the guest', () => {
    const { feed, log } = mux();
    feed('ls\x03\r');
    expect(log).toEqual(['serial "ls\\u0003\\r"']);
  });
  it('x, b, a literal Ctrl-A, and the order is kept', () => {
    const { feed, log } = mux();
    feed('a\x01bc\x01\x01\x01x');
    expect(log).toEqual(['serial "a"', 'break', 'serial "c\\u0001"', 'quit']);
  });
  it('an escape may be cut in two', () => {
    const { feed, log } = mux();
    feed('\x01');
    feed('x');
    expect(log).toEqual(['quit']);
  });
  it('c switches to the monitor and back', () => {
    const { feed, log } = mux();
    feed('\x01cq\x01cr');
    expect(log).toEqual(['focus', 'monitor 113', 'say', 'serial "r"']);
  });
  it('c does nothing without a monitor; h lists the keys; others are swallowed', () => {
    const { feed, log } = mux(false);
    feed('\x01cq\x01z\x01h');
    expect(log).toEqual(['serial "q"', 'say']);
  });
});

describe('monitor', () => {
  function machine(): { target: MonitorTarget; log: string[] } {
    const log: string[] = [];
    const note = (name: string) => (): void => { log.push(name); };
    return {
      log,
      target: {
        registers: () => 'PC=0\n', status: () => 'running', reset: note('reset'), powerdown: note('powerdown'), stop: note('stop'), cont: note('cont'), quit: note('quit'),
      },
    };
  }

  it('answers and acts', () => {
    const { target, log } = machine();
    expect(monitorCommand(' info   registers ', target)).toBe('PC=0\n');
    expect(monitorCommand('info status', target)).toBe('VM status: running\n');
    for (const command of ['system_reset', 'system_powerdown', 'stop', 'c', 'q']) expect(monitorCommand(command, target)).toBe('');
    expect(log).toEqual(['reset', 'powerdown', 'stop', 'cont', 'quit']);
  });
  it('names the nearest command', () => expect(monitorCommand('system_rest', machine().target)).toContain('did you mean \'system_reset\'?'));
  it('help lists them all', () => expect(monitorCommand('help', machine().target)).toContain('system_powerdown'));
  it('edits its line', () => {
    const { target, log } = machine();
    let shown = '';
    const line = new MonitorLine(target, t => { shown += t; }, true);
    for (const byte of bytes('stoo\x7fp\r')) line.key(byte);
    expect(log).toEqual(['stop']);
    expect(shown).toBe('stoo\b \bp\r\n(tessera) ');
  });
});

it('output is gathered and comes out in order', () => {
  const out: number[][] = [];
  const buffer = new OutputBuffer(data => out.push([...data]));
  buffer.flush();
  for (let i = 0; i < 5000; i++) buffer.push(i & 255);
  buffer.flush();
  expect(out.map(part => part.length)).toEqual([4096, 904]);
  expect(out.flat()).toEqual(Array.from({ length: 5000 }, (_, i) => i & 255));
});
