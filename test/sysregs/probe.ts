/**
 * A bare-metal program that tries MRS and MSR of encodings, or SYS and SYSL, at EL1 and at EL0, and notes down what it reads
 * and what ESR_EL1 says of what it may not do. It runs on any AArch64 machine with RAM at 1 GiB that starts it
 * at EL1, and ends with PSCI's SYSTEM_OFF.
 */
import { sysregKey } from '../../src/guest/aarch64/platform.ts';
import { encodingName } from '../../src/guest/aarch64/sysreg/register.ts';
import { Assembler, word, XZR } from '../vcpu/assembler.ts';

export const RAM = 0x4000_0000;
export const MEMORY = 32 * 2 ** 20;
const CODE = RAM + 0x20_0000;
/** Words that are written anew for each encoding have pages of their own. */
const AT_EL1 = CODE + 0x2000;
const AT_EL0 = CODE + 0x4000;
const VECTORS = CODE + 0x6000;
const SCRATCH = CODE + 0x8000;
/** The encodings, 32 bits each, and their results. */
export const KEYS = RAM + 0x40_0000;
export const RESULTS = RAM + 0x100_0000;

/** From op0 1 on: SYS, then registers. */
const FIRST = sysregKey(1, 0, 0, 0, 0);
const FIRST_REGISTER = sysregKey(2, 0, 0, 0, 0);
export const allKeys: readonly number[] = Array.from({ length: 0x1_0000 - FIRST }, (_, n) => FIRST + n);
const RESULT_BYTES = 64;

const SCTLR_EL1 = [3, 0, 1, 0, 0] as const;
const CPACR_EL1 = [3, 0, 1, 0, 2] as const;
const VBAR_EL1 = [3, 0, 12, 0, 0] as const;
const CNTKCTL_EL1 = [3, 0, 14, 1, 0] as const;
const PMUSERENR_EL0 = [3, 3, 9, 14, 0] as const;
/** nTWE, nTWI, UCT, DZE, UMA, UCI, EnRCTX. */
const SCTLR_OPEN = (1 << 18) | (1 << 16) | (1 << 15) | (1 << 14) | (1 << 9) | (1 << 26) | (1 << 10);
const SYSTEM_OFF = 0x8400_0008;
const SVC_SYNDROME = 0x5600_0000;
/** DAIF masked, EL0t. */
const SPSR_EL0 = 0x3c0;

const R = { next: 9, key: 19, result: 20, el1: 21, el0: 22, read: 23, write: 24, continue: 26, temporary: 27, syndrome: 28 };

/** The program, whose entry is its first word, and the list of encodings, in ascending order and with a zero at the end. */
export function probe(keys: readonly number[]): readonly { readonly address: number; readonly words: readonly number[] }[] {
  const a = new Assembler(CODE);
  a.adr(0, 'vectors').msr(VBAR_EL1, 0);
  a.mov(0, 3 << 20).msr(CPACR_EL1, 0).isb();
  a.mov(R.next, KEYS).mov(R.result, RESULTS).mov(R.el1, AT_EL1).mov(R.el0, AT_EL0);
  a.mov(18, 32).mov(17, SVC_SYNDROME);
  a.label('next').ldrIndexed('post', R.key, R.next, 4, 2).cbz(R.key, 'end');
  // The words MRS Xt and MSR Xt of this encoding with Rt 0.
  a.mov(0, 0xd520_0000).madd(R.read, R.key, 18, 0);
  a.mov(0, 0xd500_0000).madd(R.write, R.key, 18, 0);
  patch(a);
  atEL1(a);
  for (const open of [false, true]) atEL0(a, open);
  a.add(R.result, R.result, RESULT_BYTES).b('next');
  a.label('end').mov(0, SYSTEM_OFF).hvc();
  slots(a);
  vectors(a);
  return [
    { address: CODE, words: a.words() },
    { address: KEYS, words: [...keys, 0] },
  ];
}

/** Offsets of the words in the two pages. */
const EL1_SLOT = { read: 0x00, write: 0x0c, ones: 0x14, zero: 0x18, zeros: 0x1c, restore: 0x20 };
const EL0_SLOT = { read: 0x00, write: 0x0c };

function patch(a: Assembler): void {
  const put = (from: number, Rt: number, page: number, offset: number): void => {
    a.add(0, from, Rt).str(0, page, offset, 2);
  };
  put(R.read, 0, R.el1, EL1_SLOT.read);
  put(R.write, 1, R.el1, EL1_SLOT.write);
  put(R.read, 0, R.el0, EL0_SLOT.read);
  put(R.write, 0, R.el0, EL0_SLOT.write);
  // What is done with a register's value is nothing for an instruction.
  a.mov(3, FIRST_REGISTER);
  a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm: 3, Rn: R.key, Rd: XZR }));
  a.bCond(3, 'instruction'); // LO
  put(R.read, 2, R.el1, EL1_SLOT.ones);
  put(R.write, XZR, R.el1, EL1_SLOT.zero);
  put(R.read, 3, R.el1, EL1_SLOT.zeros);
  put(R.write, 0, R.el1, EL1_SLOT.restore);
  a.mov(1, -1);
  // Translation stays off, whatever else is written to SCTLR_EL1.
  a.mov(2, sysregKey(...SCTLR_EL1));
  a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 0, shift: 0, Rm: R.key, Rn: 2, Rd: 2 }));
  a.cbnz(2, 'patched').sub(1, 1, 1);
  a.b('patched');
  a.label('instruction').mov(1, SCRATCH);
  a.label('patched').isb();
}

function atEL1(a: Assembler): void {
  a.mov(0, 0).mov(2, 0).mov(3, 0).mov(R.syndrome, 0);
  a.raw(word('BR/BLR/RET', { opc: 1, Rn: R.el1 }));
  a.stp(4, 5, R.result, 0).stp(0, 2, R.result, 16).str(3, R.result, 32);
}

function atEL0(a: Assembler, open: boolean): void {
  const name = open ? 'open' : 'closed';
  if (open) {
    a.mrs(10, SCTLR_EL1).mov(11, SCTLR_OPEN);
    a.raw(word('logical (shifted register)', { sf: 1, opc: 1, shift: 0, N: 0, Rm: 11, imm6: 0, Rn: 10, Rd: 11 }));
    a.msr(SCTLR_EL1, 11).mov(11, 0x303).msr(CNTKCTL_EL1, 11).mov(11, 15).msr(PMUSERENR_EL0, 11);
  }
  a.mov(0, SPSR_EL0).msrNamed('SPSR_EL1', 0).msrNamed('ELR_EL1', R.el0);
  a.adr(R.continue, `back ${name}`).mov(R.syndrome, 0);
  a.mov(0, 0).mov(2, FIRST_REGISTER);
  a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm: 2, Rn: R.key, Rd: XZR }));
  a.bCond(2, `register ${name}`).mov(0, SCRATCH); // HS
  a.label(`register ${name}`).eret();
  a.label(`back ${name}`);
  if (open) a.msr(SCTLR_EL1, 10).msr(CNTKCTL_EL1, XZR).msr(PMUSERENR_EL0, XZR).str(0, R.result, 56);
  a.str(4, R.result, open ? 48 : 40, 2).str(5, R.result, open ? 52 : 44, 2);
}

/** x4 and x5 get the syndromes of reading and writing. */
function slots(a: Assembler): void {
  const taken = (into: number): void => void a.add(into, R.syndrome, 0).mov(R.syndrome, 0);
  a.org(AT_EL1).nop();
  taken(4);
  a.nop();
  a.add(5, R.syndrome, 0).nop().nop().nop().nop().ret();
  a.org(AT_EL0).nop();
  taken(4);
  a.nop();
  a.add(5, R.syndrome, 0).svc();
}

/** An exception is noted down and its instruction skipped; SVC at EL0 goes back to EL1's program. */
function vectors(a: Assembler): void {
  a.org(VECTORS).label('vectors');
  for (let n = 0; n < 16; n++) a.org(VECTORS + n * 0x80).b('handler');
  a.org(VECTORS + 0x800).label('handler');
  a.mrsNamed('ESR_EL1', R.syndrome).eor(R.temporary, R.syndrome, 17).cbz(R.temporary, 'returned');
  a.mrsNamed('ELR_EL1', R.temporary).add(R.temporary, R.temporary, 4).msrNamed('ELR_EL1', R.temporary).eret();
  a.label('returned').br(R.continue);
}

/** What became of one encoding. Syndromes are ESR_EL1, 0 where the access was done. */
export interface Finding {
  readonly key: number;
  readonly EL1: { readonly read: number; readonly write: number; readonly value: bigint; readonly ones: bigint; readonly zeros: bigint };
  /** With the reset values of SCTLR_EL1, CNTKCTL_EL1 and PMUSERENR_EL0, and with all of EL0's doors open. */
  readonly closed: { readonly read: number; readonly write: number };
  readonly open: { readonly read: number; readonly write: number };
}

/** What lies at RESULTS. */
export function findings(keys: readonly number[], memory: DataView): Finding[] {
  return keys.map((key, n) => {
    const at = n * RESULT_BYTES;
    const u32 = (offset: number): number => memory.getUint32(at + offset, true);
    const u64 = (offset: number): bigint => memory.getBigUint64(at + offset, true);
    return {
      key,
      EL1: { read: u32(0), write: u32(8), value: u64(16), ones: u64(24), zeros: u64(32) },
      closed: { read: u32(40), write: u32(44) },
      open: { read: u32(48), write: u32(52) },
    };
  });
}
export const resultsBytes = (keys: readonly number[]): number => keys.length * RESULT_BYTES;

const UNDEFINED = 0x0200_0000;
const isUndefined = (f: Finding): boolean => [f.EL1, f.closed, f.open].every(a => a.read === UNDEFINED && a.write === UNDEFINED);

/** Of EC 0x18, the syndrome names the access itself. */
function outcome(key: number, syndrome: number, read: boolean): string {
  if (syndrome === 0) return 'ok';
  if (syndrome === UNDEFINED) return 'undef';
  const [op0, op1, CRn, CRm, op2] = [key >>> 14, (key >>> 11) & 7, (key >>> 7) & 15, (key >>> 3) & 15, key & 7];
  const Rt = syndrome >>> 5 & 31;
  const own = (0x6200_0000 | (op0 << 20) | (op2 << 17) | (op1 << 14) | (CRn << 10) | (Rt << 5) | (CRm << 1) | (read ? 1 : 0)) >>> 0;
  return syndrome === own && Rt < 2 ? 'trap' : syndrome.toString(16);
}

/** What a register holds that differs from run to run: counters, what compares with them, random numbers. */
const volatile = new Set([
  ...[1, 2].map(op2 => sysregKey(3, 3, 14, 0, op2)),
  ...[2, 3].flatMap(CRm => [0, 2].map(op2 => sysregKey(3, 3, 14, CRm, op2))),
  ...[0, 1].map(op2 => sysregKey(3, 3, 2, 4, op2)),
]);

/** One line for each encoding that is not UNDEFINED in every way. */
export function describe(all: readonly Finding[]): Map<number, string> {
  const lines = new Map<number, string>();
  for (const f of all) {
    if (isUndefined(f)) continue;
    const [r, w] = [outcome(f.key, f.EL1.read, true), outcome(f.key, f.EL1.write, false)];
    const EL0 = [f.closed, f.open].map(a => `${outcome(f.key, a.read, true)}/${outcome(f.key, a.write, false)}`);
    const register = f.key >= FIRST_REGISTER;
    const readable = register && r === 'ok' && !volatile.has(f.key);
    const values = readable ? [f.EL1.value, ...(w === 'ok' ? [f.EL1.ones, f.EL1.zeros] : [])].map(v => v.toString(16)).join(' ') : '';
    lines.set(f.key, `${encodingName(f.key)} EL1 ${r}/${w} EL0 ${EL0.join(' ')} ${values}`.trim());
  }
  return lines;
}
