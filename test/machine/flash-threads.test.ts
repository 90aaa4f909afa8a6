/** Flash that is memory at one time and a device at another, while CPUs of other threads read it (device/cfi-flash.ts). */
import { expect, test } from 'vitest';
import { Assembler, EQ, NE, word, XZR } from '../vcpu/assembler.ts';
import { RESULTS } from './smp-program.ts';
import { runElf } from './smp-run.ts';

const CPU_ON = 0xc400_0003;
const SYSTEM_OFF = 0x8400_0008;
/** Of the second bank, which nobody runs from. */
const BANK = 0x0400_0000;
const READ_ARRAY = 0xff_00ff;
const READ_ID = 0x90_0090;
const INTEL = 0x89_0089;
/** What is in it. */
const NOTHING = 0;

// Words from RESULTS on.
const WRONG = 0; // of CPU 0, which gives the commands, and behind it of CPU 1, which only reads
const READS = 16; // of CPU 1
const DONE = 24;

/** CPU 0 makes the bank a device and memory again; what it reads is what it has asked for. CPU 1 sees either. */
function program(rounds: number): Uint8Array {
  const a = new Assembler(0);
  const compare = (Rn: number, Rm: number): Assembler => a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm, imm6: 0, Rn, Rd: XZR }));
  const count = (offset: number): Assembler => a.ldr(8, 19, offset).add(8, 8, 1).str(8, 19, offset);
  const constants = (): Assembler => a.mov(19, RESULTS).mov(20, BANK).mov(21, INTEL).mov(22, NOTHING);
  const reads = (expected: number, label: string): Assembler => {
    a.ldr(0, 20, 0, 2);
    compare(0, expected).bCond(EQ, label);
    return count(WRONG).label(label);
  };
  constants().mov(0, CPU_ON).mov(1, 1).adr(2, 'reader').mov(3, 0).hvc();
  a.label('wait').ldr(0, 19, READS).cbz(0, 'wait').mov(23, rounds).mov(24, READ_ID).mov(25, READ_ARRAY);
  a.label('round').str(24, 20, 0, 2);
  reads(21, 'id').str(25, 20, 0, 2);
  reads(22, 'array').subs(23, 23, 1).bCond(NE, 'round');
  a.mov(0, 1).str(0, 19, DONE).label('off').ldr(0, 19, DONE).cbnz(0, 'off').mov(0, SYSTEM_OFF).hvc();
  a.label('reader');
  constants().label('again').ldr(0, 20, 0, 2);
  compare(0, 21).bCond(EQ, 'good');
  compare(0, 22).bCond(EQ, 'good');
  count(WRONG + 8).label('good');
  count(READS).ldr(0, 19, DONE).cbz(0, 'again').str(XZR, 19, DONE).label('end').wfi().b('end');
  return new Uint8Array(new Uint32Array(a.words()).buffer);
}

test('flash of firmware with each CPU in a thread: the mode of a bank is the same for all', async () => {
  const bios = { name: 'firmware', data: program(100) };
  const { ending, words } = await runElf(new Uint8Array(), 2, true, 4, { board: 'virt', bios });
  expect(ending).toEqual({ kind: 'poweroff' });
  const [wrong, wrongOfReader, reads] = words;
  expect([wrong, wrongOfReader]).toEqual([0, 0]);
  expect(reads).toBeGreaterThan(0);
}, 60_000);
