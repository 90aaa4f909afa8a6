/**
 * A program for several CPUs of the `bare` board: CPU 0 starts the others by PSCI, all turn their MMU on and do the same number
 * of rounds, and CPU 0 ends the machine. What they found is in the words from RESULTS on.
 */
import { Assembler, NE, XZR, word } from '../vcpu/assembler.ts';
import { elf64 } from '../boot/files.ts';

export const RAM = 0x4000_0000;
const TABLE = RAM + 0x1000;
const CODE = RAM + 0x10_0000;
/** How many CPUs have come to all meetings so far, and in a line of its own the meetings that all have come to. */
const TURNS = RAM + 0x20_0000;
const LINE = 128;
const LOCK = RAM + 0x20_1000;
/** Variables, a cache line each. */
const [X, Y] = [RAM + 0x20_2000, RAM + 0x20_2100];
/** What each CPU saw: 16 bytes a CPU, in even and in odd rounds. */
const SEEN = RAM + 0x21_0000;
/** Words that a case leaves, HISTOGRAM of them for each CPU where it is a litmus test. */
export const RESULTS = RAM + 0x24_0000;
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

/** A litmus test's variables: two lines for each instance, which are the same in all rounds and tests. */
const INSTANCES = RAM + 0x80_0000;
/** What each role saw in each instance: 16 bytes, for even and for odd meetings. */
const OBSERVED = RAM + 0xc0_0000;
/** How far each role is, in a line of its own, and how many looks at another's one takes for each instance, on average. */
const PACE = RAM + 0x22_0000;
const PATIENCE = 16;
const MOST_INSTANCES = 8192;
const OBSERVED_BY_ROLE = 16 * MOST_INSTANCES;
/** Outcomes of at most four observers. */
export const HISTOGRAM = 16;
const INSTANCE_SHIFT = 8;
/** Odd, so that all instances come up, and no step that a cache's prefetcher follows. */
const STRIDE = 37;
/** Of the linear congruential generator of the pauses: Knuth's MMIX. */
const [MULTIPLIER, INCREMENT] = [6364136223846793005n, 1442695040888963407n];

// Registers: 19 the CPU's number, 20 the round, 21 rounds, 22..27 addresses, 28 how often all have met, 10..18 a litmus test's; 0..9 are anybody's.
export const [ROUND, RX, RRESULTS] = [20, 22, 27];
const [CPU, ROUNDS, RY, RSEEN, RTURNS, RLOCK, MET] = [19, 21, 23, 24, 25, 26, 28];
/** What each case of a program has of its own: bytes from one to the next. */
const STEP = { variables: 512, seen: 2048, results: 1024 } as const;
/** Words from one case's results to the next's. */
export const RESULT_WORDS = STEP.results / 8;

/** In a litmus test: an instance's two variables, and the value that is stored in this round. */
export const [VX, VY, VALUE] = [10, 11, 12];
const [INSTANCE, LEFT, ROLE, OBSERVATIONS, RANDOM, WAITS] = [13, 14, 15, 16, 17, 18];

/** A register of what a role saw, by the place it noted it in. */
export type Observer = readonly [role: number, place: number];

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
    for (const [register, value] of [[ROUND, 0], [ROUNDS, rounds], [MET, 0], [RTURNS, TURNS], [RLOCK, LOCK], [RANDOM, 0]] as const) a.mov(register, value);
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

  /** All CPUs have come here. Whoever waits leaves the host's core to those that still work. */
  meet(): this {
    const { a } = this;
    const [wait, look, met] = [this.fresh(), this.fresh(), this.fresh()];
    a.add(MET, MET, 1).add(3, RTURNS, LINE);
    this.barrier().addExclusive(RTURNS).barrier();
    a.mov(2, this.cpus).madd(2, MET, 2, XZR);
    this.compare(0, 2);
    a.bCond(NE, look);
    this.release(MET, 3);
    a.raw(word('SEV')).b(met);
    a.label(wait).raw(word('WFE')).label(look);
    this.acquire(1, 3).compare(1, MET);
    a.bCond(3, wait).label(met); // LO
    return this;
  }

  private compare(Rn: number, Rm: number): this {
    this.a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 1, shift: 0, Rm, imm6: 0, Rn, Rd: XZR }));
    return this;
  }

  /** Rd = Rn & (2^bits - 1). */
  private low(Rd: number, Rn: number, bits: number): this {
    this.a.raw(word('logical (immediate)', { sf: 1, opc: 0, N: 1, immr: 0, imms: bits - 1, Rn, Rd }));
    return this;
  }

  /** Rd = Rn + Rm * 2^shift. */
  private addShifted(Rd: number, Rn: number, Rm: number, shift: number): this {
    this.a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 0, S: 0, shift: 0, Rm, imm6: shift, Rn, Rd }));
    return this;
  }

  /**
   * Runs `count` independent instances of a litmus test between two meetings, as litmus7 does: each CPU that has a role takes
   * all instances in the same order, with small random pauses, so that CPUs overtake each other. Then counts outcomes.
   * A CPU has another role after each meeting. `count` and the number of CPUs are powers of 2.
   */
  litmus(count: number, roles: readonly (() => void)[], observers: readonly Observer[]): this {
    const { a } = this;
    const [bits, cpuBits] = [Math.log2(count), Math.log2(this.cpus)];
    if (!Number.isInteger(bits) || count < 2 || count > MOST_INSTANCES) throw new RangeError(`${count} instances`);
    if (!Number.isInteger(cpuBits) || cpuBits < 1 || observers.length > 4) throw new RangeError(`${this.cpus} CPUs, ${observers.length} observers`);
    a.add(VALUE, MET, 1).addReg(ROLE, CPU, MET);
    this.low(ROLE, ROLE, cpuBits).low(0, MET, 1).observations(0);
    const roleEnd = this.fresh();
    roles.forEach((body, role) => {
      const [other, again] = [this.fresh(), this.fresh()];
      a.subs(XZR, ROLE, role).bCond(NE, other).mov(0, role * OBSERVED_BY_ROLE).addReg(OBSERVATIONS, OBSERVATIONS, 0);
      a.mov(INSTANCE, 0).mov(LEFT, count).mov(WAITS, PATIENCE * count).label(again);
      this.keepPace((role + 1) % roles.length).instance(bits);
      body();
      a.sub(LEFT, LEFT, 1).cbnz(LEFT, again).b(roleEnd).label(other);
    });
    a.label(roleEnd);
    return this.meet().histogram(count, observers);
  }

  /** The next instance, its number of so many bits. */
  private instance(bits: number): this {
    this.a.add(INSTANCE, INSTANCE, STRIDE);
    this.low(INSTANCE, INSTANCE, bits);
    this.a.mov(VX, INSTANCES);
    this.addShifted(VX, VX, INSTANCE, INSTANCE_SHIFT);
    this.a.add(VY, VX, LINE);
    return this;
  }

  /** Where the first role notes what it sees, in meetings of a parity that is in a register. */
  private observations(parity: number): this {
    this.a.mov(OBSERVATIONS, OBSERVED).mov(1, 4 * OBSERVED_BY_ROLE).madd(OBSERVATIONS, parity, 1, OBSERVATIONS);
    return this;
  }

  /** Notes what this role saw in this instance. */
  observe(Rt: number, place = 0): this { return this.addShifted(9, OBSERVATIONS, INSTANCE, 4).store(Rt, 9, place * 8); }

  /**
   * Every 16 instances, says how far this CPU is, waits a little for another role's, and does up to 256 turns of a loop: where
   * both run, they are then often within the same instance. Where the other doesn't run, patience is soon over.
   */
  private keepPace(other: number): this {
    const { a } = this;
    const [none, look, go, again] = [this.fresh(), this.fresh(), this.fresh(), this.fresh()];
    this.low(0, LEFT, 4);
    a.cbnz(0, none).mov(0, MOST_INSTANCES).madd(0, VALUE, 0, XZR);
    a.raw(word('ADD/SUB (shifted register)', { sf: 1, op: 1, S: 0, shift: 0, Rm: LEFT, imm6: 0, Rn: 0, Rd: 0 })).mov(1, PACE);
    this.addShifted(2, 1, ROLE, 7).store(0, 2);
    a.add(2, 1, other * LINE).label(look).cbz(WAITS, go).sub(WAITS, WAITS, 1).ldr(1, 2);
    this.compare(1, 0);
    a.bCond(3, look).label(go); // LO
    a.addReg(RANDOM, RANDOM, CPU).mov(0, MULTIPLIER).mov(1, INCREMENT).madd(RANDOM, RANDOM, 0, 1);
    a.raw(word('logical (shifted register)', { sf: 1, opc: 1, shift: 1, N: 0, Rm: RANDOM, imm6: 56, Rn: XZR, Rd: 0 })).add(0, 0, 1);
    a.label(again).sub(0, 0, 1).cbnz(0, again).label(none);
    return this;
  }

  /** Counts outcomes of the round before the meeting, each CPU its share: a bit for each observer, 1 for this round's value. */
  private histogram(count: number, observers: readonly Observer[]): this {
    const { a } = this;
    const again = this.fresh();
    a.sub(0, MET, 1);
    this.low(0, 0, 1).observations(0);
    this.addShifted(4, RRESULTS, CPU, Math.log2(HISTOGRAM * 8));
    a.mov(LEFT, count / this.cpus);
    this.move(INSTANCE, CPU);
    a.label(again);
    this.addShifted(9, OBSERVATIONS, INSTANCE, 4);
    a.mov(2, 0);
    for (const [role, place] of observers) {
      a.mov(0, role * OBSERVED_BY_ROLE).addReg(0, 9, 0).ldr(1, 0, place * 8).addReg(2, 2, 2);
      this.compare(1, VALUE);
      a.raw(word('conditional select', { sf: 1, op: 0, Rm: 2, cond: NE, o2: 1, Rn: 2, Rd: 2 })); // CSINC
    }
    this.addShifted(3, 4, 2, 3).addPlain(3);
    a.add(INSTANCE, INSTANCE, this.cpus).sub(LEFT, LEFT, 1).cbnz(LEFT, again);
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
