/**
 * Programs for several CPUs of the `bare` board: CPU 0 starts the others by PSCI, all turn their MMU on and do the same number
 * of rounds, and CPU 0 ends the machine. What they found is in the words from RESULTS on.
 */
import { Assembler, NE, XZR, word } from '../vcpu/assembler.ts';
import { elf64 } from '../boot/files.ts';

export const RAM = 0x4000_0000;
const TABLE = RAM + 0x1000;
const CODE = RAM + 0x10_0000;
/** A cache line for each CPU: how often it has met the others. */
const TURNS = RAM + 0x20_0000;
/** Variables, a cache line each. */
const [X, Y] = [RAM + 0x20_2000, RAM + 0x20_2100];
/** What each CPU saw: 16 bytes a CPU, in even and in odd rounds. */
const SEEN = RAM + 0x21_0000;
export const RESULTS = RAM + 0x20_1000;
const LOCK = RAM + 0x20_1800;
/** A function that CPU 0 writes anew in each round. */
const PATCHED = RAM + 0x30_0000;
/** Mapped by a table of its own to one of two blocks in turn. */
const MOVING = 0x8000_0000;
const LEVEL2 = RAM + 0x2000;
const BLOCKS = [RAM + 0x40_0000, RAM + 0x60_0000] as const;
const BLOCK = 0x701n;

const CPU_ON = 0xc400_0003;
const END = 0x0010_0000;
const PASS = 0x5555;

// Registers: 19 the CPU's number, 20 the round, 21 rounds, 22..27 addresses, 28 how often all have met; 0..9 are anybody's.
const [CPU, ROUND, ROUNDS, RX, RY, RSEEN, RTURNS, RLOCK, RRESULTS, MET] = [19, 20, 21, 22, 23, 24, 25, 26, 27, 28];
/** What each case of a program has of its own: bytes from one to the next. */
const STEP = { variables: 512, seen: 2048, results: 16 } as const;

export class SmpProgram {
  private readonly a = new Assembler(CODE);
  private readonly cpus: number;
  private labels = 0;

  constructor(cpus: number, rounds: number) {
    const { a } = this;
    this.cpus = cpus;
    a.mov(CPU, 0);
    for (let n = 1; n < cpus; n++) a.mov(0, CPU_ON).mov(1, n).adr(2, 'secondary').mov(3, n).hvc();
    a.b('common').label('secondary');
    this.move(CPU, 0);
    a.label('common');
    a.mov(0, TABLE).raw(word('MSR (register)', { o0: 1, op1: 0, CRn: 2, CRm: 0, op2: 0, Rt: 0 })); // TTBR0_EL1
    a.mov(0, 25n | 3n << 12n | 1n << 23n | 2n << 32n).msr([3, 0, 2, 0, 2], 0); // TCR_EL1: 39 bits, 4 KB
    a.mov(0, 0x04ffn).msr([3, 0, 10, 2, 0], 0); // MAIR_EL1
    a.isb().mrs(0, [3, 0, 1, 0, 0]).mov(1, 1).raw(word('logical (shifted register)', { sf: 1, opc: 1, shift: 0, N: 0, Rm: 1, imm6: 0, Rn: 0, Rd: 0 }));
    a.msr([3, 0, 1, 0, 0], 0).isb(); // SCTLR_EL1.M
    for (const [register, value] of [[ROUND, 0], [ROUNDS, rounds], [MET, 0], [RTURNS, TURNS], [RLOCK, LOCK]] as const) a.mov(register, value);
    a.label('round').add(ROUND, ROUND, 1);
    for (const [register, value] of [[RX, X], [RY, Y], [RSEEN, SEEN], [RRESULTS, RESULTS]] as const) a.mov(register, value);
  }

  /** The next case has variables and results of its own. */
  next(): void {
    this.a.add(RX, RX, STEP.variables).add(RY, RY, STEP.variables).add(RSEEN, RSEEN, STEP.seen).add(RRESULTS, RRESULTS, STEP.results);
  }

  private fresh(): string { return `l${this.labels++}`; }
  private move(to: number, from: number): this {
    this.a.raw(word('logical (shifted register)', { sf: 1, opc: 1, shift: 0, N: 0, Rm: from, imm6: 0, Rn: XZR, Rd: to }));
    return this;
  }

  // ---- operations on 64-bit words
  load(Rt: number, Rn: number, offset = 0): this { this.a.ldr(Rt, Rn, offset); return this; }
  store(Rt: number, Rn: number, offset = 0): this { this.a.str(Rt, Rn, offset); return this; }
  acquire(Rt: number, Rn: number): this { this.a.raw(word('LDAR', { size: 3, Rs: 31, Rt2: 31, Rn, Rt })); return this; }
  release(Rt: number, Rn: number): this { this.a.raw(word('STLR', { size: 3, Rs: 31, Rt2: 31, Rn, Rt })); return this; }
  barrier(): this { this.a.raw(word('DMB', { CRm: 11 })); return this; }
  private exclusiveLoad(Rt: number, Rn: number): this { this.a.raw(word('LDXR/LDAXR', { size: 3, Rs: 31, o0: 1, Rt2: 31, Rn, Rt })); return this; }
  private exclusiveStore(Rs: number, Rt: number, Rn: number): this { this.a.raw(word('STXR/STLXR', { size: 3, Rs, o0: 1, Rt2: 31, Rn, Rt })); return this; }
  yield(): this { this.a.raw(word('YIELD')); return this; }

  /** Only for this CPU. */
  on(cpu: number, body: () => void): this {
    const end = this.fresh();
    this.a.raw(word('ADD/SUB (immediate)', { sf: 1, op: 1, S: 1, sh: 0, imm12: cpu, Rn: CPU, Rd: XZR })).bCond(NE, end);
    body();
    this.a.label(end);
    return this;
  }

  /** [Rn] += 1 by LDXR and STXR. */
  addExclusive(Rn: number): this {
    const again = this.fresh();
    this.a.label(again);
    this.exclusiveLoad(0, Rn);
    this.a.add(0, 0, 1);
    this.exclusiveStore(1, 0, Rn);
    this.a.cbnz(1, again);
    return this;
  }

  /** [Rn] += 1 by a load and a store. */
  addPlain(Rn: number): this {
    this.load(0, Rn);
    this.a.add(0, 0, 1);
    return this.store(0, Rn);
  }

  /** [Rn] += 1 by LDADD. */
  addAtomic(Rn: number): this { this.a.mov(0, 1).ldadd(0, 1, Rn); return this; }

  /** The pair at [Rn] += (1, 1) by LDXP and STXP. */
  addPair(Rn: number): this {
    const again = this.fresh();
    this.a.label(again).raw(word('LDXP/LDAXP', { sz: 1, Rs: 31, o0: 1, Rt2: 1, Rn, Rt: 0 }));
    this.a.add(0, 0, 1).add(1, 1, 1).raw(word('STXP/STLXP', { sz: 1, Rs: 2, o0: 1, Rt2: 1, Rn, Rt: 0 })).cbnz(2, again);
    return this;
  }

  /** Within a spin lock that waits by WFE. */
  locked(body: () => void): this {
    const { a } = this;
    const again = this.fresh();
    a.mov(2, 1).raw(word('SEVL')).label(again).raw(word('WFE'));
    this.exclusiveLoad(0, RLOCK);
    a.cbnz(0, again);
    this.exclusiveStore(1, 2, RLOCK);
    a.cbnz(1, again);
    body();
    return this.release(XZR, RLOCK);
  }

  /** All CPUs have come here. */
  meet(): this {
    const { a } = this;
    a.add(MET, MET, 1);
    a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 0, S: 0, shift: 0, Rm: CPU, imm6: 7, Rn: RTURNS, Rd: 0 }));
    this.release(MET, 0);
    for (let n = 0; n < this.cpus; n++) {
      const [wait, go] = [this.fresh(), this.fresh()];
      a.mov(0, TURNS + n * 128).b(go).label(wait);
      this.yield();
      a.label(go);
      this.acquire(1, 0);
      a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm: MET, imm6: 0, Rn: 1, Rd: XZR })).bCond(3, wait); // LO
    }
    return this;
  }

  awaitRound(Rn: number): this {
    const wait = this.fresh();
    this.a.label(wait);
    this.yield().acquire(1, Rn);
    this.a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm: ROUND, imm6: 0, Rn: 1, Rd: XZR })).bCond(NE, wait);
    return this;
  }

  /** Notes a register as what this CPU saw in this round, in place 0 or 1. */
  see(Rt: number, place = 0): this {
    this.a.raw(word('logical (immediate)', { sf: 1, opc: 0, N: 1, immr: 0, imms: 0, Rn: ROUND, Rd: 9 })); // AND 1
    this.a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 0, S: 0, shift: 0, Rm: 9, imm6: 10, Rn: RSEEN, Rd: 9 }));
    this.a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 0, S: 0, shift: 0, Rm: CPU, imm6: 4, Rn: 9, Rd: 9 }));
    return this.store(Rt, 9, place * 8);
  }

  /** CPU 0 counts the rounds in which every (cpu, place) saw this round's value (`new`) or an older one, as the outcome asks. */
  count(outcome: readonly (readonly [cpu: number, place: number, value: 'new' | 'old'])[]): this {
    return this.on(0, () => {
      const { a } = this;
      const no = this.fresh();
      a.raw(word('logical (immediate)', { sf: 1, opc: 0, N: 1, immr: 0, imms: 0, Rn: ROUND, Rd: 9 }));
      a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 0, S: 0, shift: 0, Rm: 9, imm6: 10, Rn: RSEEN, Rd: 9 }));
      for (const [cpu, place, value] of outcome) {
        this.load(0, 9, cpu * 16 + place * 8);
        a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm: ROUND, imm6: 0, Rn: 0, Rd: XZR })).bCond(value === 'new' ? NE : 0, no);
      }
      this.load(0, RRESULTS);
      a.add(0, 0, 1);
      this.store(0, RRESULTS);
      a.label(no);
    });
  }

  private sys(op1: number, CRn: number, CRm: number, op2: number, Rt = XZR): this {
    this.a.raw(word('SYS', { op1, CRn, CRm, op2, Rt }));
    return this;
  }
  private dsb(): this { this.a.raw(word('DSB', { CRm: 11 })); return this; }

  /** TLBI VMALLE1IS, and the wait for it. */
  shootDown(): this {
    this.sys(0, 8, 3, 0).dsb();
    this.a.isb();
    return this;
  }

  /** Writes a function that returns the round's low 16 bits, as code has to be written (B2.4.4). */
  patch(): this {
    const { a } = this;
    a.raw(word('logical (immediate)', { sf: 1, opc: 0, N: 1, immr: 0, imms: 15, Rn: ROUND, Rd: 0 }), word('ADD/SUB (shifted register)', { sf: 1, op: 0, S: 0, shift: 0, Rm: 0, imm6: 5, Rn: XZR, Rd: 0 }));
    a.mov(1, 0xd280_0000).addReg(0, 0, 1).mov(2, PATCHED).str(0, 2, 0, 2).mov(0, word('BR/BLR/RET', { opc: 2, Rn: 30 })).str(0, 2, 4, 2);
    return this.sys(3, 7, 11, 1, 2).dsb().sys(3, 7, 5, 1, 2).dsb();
  }

  /** Calls it; the round's value where it is the new one. */
  callPatched(Rt: number): this {
    const { a } = this;
    const old = this.fresh();
    a.isb().mov(2, PATCHED).blr(2);
    a.raw(word('logical (immediate)', { sf: 1, opc: 0, N: 1, immr: 0, imms: 15, Rn: ROUND, Rd: 1 }));
    a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm: 0, imm6: 0, Rn: 1, Rd: XZR })).mov(Rt, 0).bCond(NE, old);
    this.move(Rt, ROUND);
    a.label(old);
    return this;
  }

  /** Maps the other block, in which the round's number stands. */
  remap(): this {
    const { a } = this;
    const [odd, mapped] = [this.fresh(), this.fresh()];
    a.mov(3, LEVEL2).raw(word('logical (immediate)', { sf: 1, opc: 0, N: 1, immr: 0, imms: 0, Rn: ROUND, Rd: 0 })).cbnz(0, odd);
    a.mov(1, BLOCKS[0]).str(ROUND, 1).mov(1, BigInt(BLOCKS[0]) | BLOCK).b(mapped);
    a.label(odd).mov(1, BLOCKS[1]).str(ROUND, 1).mov(1, BigInt(BLOCKS[1]) | BLOCK).label(mapped).str(1, 3);
    a.raw(word('DSB', { CRm: 10 })).mov(0, MOVING / 4096);
    return this.sys(0, 8, 3, 1, 0).dsb();
  }

  loadMoving(Rt: number): this { this.a.isb().mov(0, MOVING).ldr(Rt, 0); return this; }

  /** The program as an ELF file, with the page table: a gigabyte of devices, one of memory. */
  elf(): Uint8Array {
    const { a } = this;
    a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm: ROUNDS, imm6: 0, Rn: ROUND, Rd: XZR })).bCond(NE, 'round');
    this.meet();
    this.on(0, () => { a.mov(0, END).mov(1, PASS).str(1, 0, 0, 2); });
    a.label('end').wfi().b('end');
    const table = new BigUint64Array([0x401n | 1n << 2n, BigInt(RAM) | BLOCK, BigInt(LEVEL2) | 3n]);
    const bytes = (data: ArrayBufferView): number[] => [...new Uint8Array(data.buffer)];
    return elf64([{ address: TABLE, bytes: bytes(table) }, { address: LEVEL2, bytes: bytes(new BigUint64Array([BigInt(BLOCKS[0]) | BLOCK])) }, { address: CODE, bytes: bytes(new Uint32Array(a.words())) }], { entry: CODE });
  }
}

export interface SmpCase {
  readonly name: string;
  readonly cpus: number;
  readonly body: (p: SmpProgram) => void;
  /** Words from RESULTS on after `rounds`; 0 forbidden outcomes where it is left out. */
  readonly expected?: (cpus: number, rounds: number) => readonly number[];
}

/** Ways in which two accesses stay in order. */
const orders = {
  'acquire and release': {
    load: (p: SmpProgram, Rt: number, Rn: number) => { p.acquire(Rt, Rn); },
    store: (p: SmpProgram, Rt: number, Rn: number) => { p.release(Rt, Rn); },
    between: () => {},
  },
  DMB: {
    load: (p: SmpProgram, Rt: number, Rn: number) => { p.load(Rt, Rn); },
    store: (p: SmpProgram, Rt: number, Rn: number) => { p.store(Rt, Rn); },
    between: (p: SmpProgram) => { p.barrier(); },
  },
} as const;

/** ARM DDI 0487 B2.3, and "A Tutorial Introduction to the ARM and POWER Relaxed Memory Models" for the names. */
const litmus = Object.entries(orders).flatMap(([how, { load, store, between }]): SmpCase[] => [
  {
    name: `MP with ${how}`, cpus: 2,
    body: p => {
      p.on(0, () => { store(p, ROUND, RX); between(p); store(p, ROUND, RY); });
      p.on(1, () => { load(p, 2, RY); between(p); load(p, 3, RX); p.see(2).see(3, 1); });
      p.meet().count([[1, 0, 'new'], [1, 1, 'old']]);
    },
  },
  {
    name: `SB with ${how}`, cpus: 2,
    body: p => {
      p.on(0, () => { store(p, ROUND, RX); between(p); load(p, 2, RY); p.see(2); });
      p.on(1, () => { store(p, ROUND, RY); between(p); load(p, 2, RX); p.see(2); });
      p.meet().count([[0, 0, 'old'], [1, 0, 'old']]);
    },
  },
  {
    name: `LB with ${how}`, cpus: 2,
    body: p => {
      p.on(0, () => { load(p, 2, RX); between(p); store(p, ROUND, RY); p.see(2); });
      p.on(1, () => { load(p, 2, RY); between(p); store(p, ROUND, RX); p.see(2); });
      p.meet().count([[0, 0, 'new'], [1, 0, 'new']]);
    },
  },
  {
    name: `IRIW with ${how}`, cpus: 4,
    body: p => {
      p.on(0, () => { store(p, ROUND, RX); });
      p.on(1, () => { store(p, ROUND, RY); });
      p.on(2, () => { load(p, 2, RX); between(p); load(p, 3, RY); p.see(2).see(3, 1); });
      p.on(3, () => { load(p, 2, RY); between(p); load(p, 3, RX); p.see(2).see(3, 1); });
      p.meet().count([[2, 0, 'new'], [2, 1, 'old'], [3, 0, 'new'], [3, 1, 'old']]);
    },
  },
]);

const total = (cpus: number, rounds: number): readonly number[] => [cpus * rounds];

export const smpCases: readonly SmpCase[] = [
  ...litmus,
  { name: 'a counter by LDXR and STXR', cpus: 2, body: p => p.addExclusive(RRESULTS), expected: total },
  { name: 'a counter by LDADD', cpus: 2, body: p => p.addAtomic(RRESULTS), expected: total },
  { name: 'a counter of two words by LDXP and STXP', cpus: 2, body: p => p.addPair(RRESULTS), expected: (cpus, rounds) => [cpus * rounds, cpus * rounds] },
  {
    name: 'a counter within a spin lock', cpus: 2, expected: total,
    body: p => p.locked(() => p.addPlain(RRESULTS)),
  },
  {
    name: 'code that another CPU wrote', cpus: 2,
    body: p => {
      p.on(0, () => { p.patch().release(ROUND, RX); });
      p.on(1, () => { p.awaitRound(RX).callPatched(3).see(3); });
      p.meet().count([[1, 0, 'old']]);
    },
  },
  {
    name: 'a mapping that another CPU changed', cpus: 2,
    body: p => {
      p.on(0, () => { p.remap().release(ROUND, RX); });
      p.on(1, () => { p.awaitRound(RX).loadMoving(3).see(3); });
      p.meet().count([[1, 0, 'old']]);
    },
  },
  { name: 'D14.h shootdowns of all CPUs at once', cpus: 4, body: p => p.shootDown().addAtomic(RRESULTS), expected: total },
];

/** All cases one after the other in each round. */
export function smpElf(cases: readonly SmpCase[], cpus: number, rounds: number): Uint8Array {
  const program = new SmpProgram(cpus, rounds);
  for (const { body } of cases) {
    body(program);
    program.next();
  }
  return program.elf();
}

/** What the words from RESULTS on have to be then. */
export function smpExpected(cases: readonly SmpCase[], cpus: number, rounds: number): Record<string, readonly number[]> {
  return Object.fromEntries(cases.map(({ name, expected }) => [name, expected?.(cpus, rounds) ?? [0]]));
}
