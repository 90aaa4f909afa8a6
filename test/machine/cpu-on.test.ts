/** PSCI's CPU_ON (DEN 0022, 5.1.4) of a CPU that turns itself off again and again, by two others at once. */
import { expect, test } from 'vitest';
import { elf64 } from '../boot/files.ts';
import { Assembler, EQ, NE, word, XZR } from '../vcpu/assembler.ts';
import { RAM, RESULTS } from './smp-program.ts';
import { runElf } from './smp-run.ts';

const CODE = RAM + 0x10_0000;
const END = 0x0010_0000;
const PASS = 0x5555;
const CPU_OFF = 0x8400_0002;
const CPU_ON = 0xc400_0003;
const SHIFT = 20;

// Words from RESULTS on.
const STARTS = 0; // of CPU 1 by CPU 0 and, in the next word, by CPU 2: each counts its own
const WRONG = 16; // what can't be
const DONE = 24; // CPU 2 has started CPU 1 so often
const ALREADY_ON = 4n;

/** CPUs 0 and 2 start CPU 1 with their place among the starters and the round in X0; it notes whose round it was and turns itself off. */
function program(rounds: number): Uint8Array {
  const a = new Assembler(CODE);
  const compare = (Rn: number, Rm: number): Assembler => a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm, imm6: 0, Rn, Rd: XZR }));
  const shifted = (Rd: number, Rn: number, Rm: number, shift: number): Assembler =>
    a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 0, S: 0, shift: 0, Rm, imm6: shift, Rn, Rd }));
  const barrier = (): Assembler => a.raw(word('DMB', { CRm: 11 }));
  const wrong = (): Assembler => a.mov(9, RESULTS).ldr(8, 9, WRONG).add(8, 8, 1).str(8, 9, WRONG);
  const fn = (number: number): Assembler => a.mov(0, number);

  a.mov(19, 0);
  fn(CPU_ON).mov(1, 2).adr(2, 'starter').mov(3, 1).hvc().b('start');
  a.label('starter').addReg(19, 0, XZR);
  // X19 the starter, X20 its round.
  a.label('start').mov(20, 1).mov(21, rounds + 1);
  a.label('again');
  fn(CPU_ON).mov(1, 1).adr(2, 'target');
  shifted(3, 20, 19, SHIFT).hvc();
  a.cbz(0, 'started').addReg(0, 0, XZR).mov(1, -ALREADY_ON);
  compare(0, 1).bCond(EQ, 'again');
  wrong().b('again');
  a.label('started').add(20, 20, 1);
  compare(20, 21).bCond(NE, 'again').cbz(19, 'last');
  a.mov(9, RESULTS).mov(0, 1).str(0, 9, DONE).label('end').wfi().b('end');
  // CPU 0 waits for both and for the last start to have its effect.
  a.label('last').mov(9, RESULTS).mov(10, rounds).label('wait');
  barrier().ldr(0, 9, DONE).cbz(0, 'wait').ldr(0, 9, STARTS);
  compare(0, 10).bCond(NE, 'wait').ldr(0, 9, STARTS + 8);
  compare(0, 10).bCond(NE, 'wait').mov(0, END).mov(1, PASS).str(1, 0, 0, 2).b('end');
  // X0: what it was started with. A start that was lost or came twice is no next round.
  a.label('target').mov(9, RESULTS).mov(1, 1 << SHIFT).mov(4, 0).raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm: 1, imm6: 0, Rn: 0, Rd: 5 }));
  a.bCond(3, 'first').addReg(0, 5, XZR).add(9, 9, 8); // LO: CPU 0's
  a.label('first').ldr(1, 9, STARTS).add(1, 1, 1).str(1, 9, STARTS);
  compare(0, 1).bCond(EQ, 'off');
  wrong().label('off');
  fn(CPU_OFF).hvc();
  wrong().b('end');
  return elf64([{ address: CODE, bytes: [...new Uint8Array(new Uint32Array(a.words()).buffer)] }], { entry: CODE });
}

test.each([['in threads', true, 3000], ['in turn', false, 100]] as const)('D14.f: no start of a CPU is lost, none has its effect twice: %s', async (_, threads, rounds) => {
  const { ending, words } = await runElf(program(rounds), 3, threads, 4);
  expect(ending).toEqual({ kind: 'exit', status: 0 });
  expect(words).toEqual([rounds, rounds, 0, 1]);
}, 60_000);
