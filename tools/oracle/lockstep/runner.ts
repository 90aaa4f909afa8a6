/**
 * Steps QEMU and us side by side. QEMU leads: an interrupt that it takes is raised on our side, and what an instruction
 * gets from outside of the CPU (time, devices, firmware) is taken over from it. What a CPU says of itself is taken over
 * the other way, so that both guests go the same ways.
 */
import { PSTATE_NZCV } from '../../../src/guest/aarch64/pstate.ts';
import { registerName } from '../../../src/guest/aarch64/sysreg/table.ts';
import { disassemble } from '../../../src/isa/disassemble.ts';
import type { Ours, Step } from './ours.ts';
import type { Qemu } from './qemu.ts';
import { allowed, identifies, isCurrent, readShared, sharedRegisters, writeShared, type SharedRegister } from './system.ts';

export interface Difference {
  readonly name: string;
  readonly ours: bigint;
  readonly qemu: bigint;
}

interface Executed {
  readonly pc: bigint;
  readonly text: string;
}

/** What one step or look at the whole state found. */
export interface Finding {
  readonly step: number;
  readonly last: readonly Executed[];
  readonly differences: readonly Difference[];
}

export interface Counts {
  steps: number;
  interrupts: number;
  exceptions: number;
  /** Instructions whose results came from outside. */
  outside: number;
  systemLooks: number;
  vectorLooks: number;
}

const X_BYTES = 31 * 8;
const HISTORY = 20;
const PART = 2 ** 20;
const VECTORS = Array.from({ length: 32 }, (_, n) => `v${n}`);
const PREDICATES = [...Array.from({ length: 16 }, (_, n) => `p${n}`), 'ffr'];
/** What instructions that write vectors or predicates require. */
const USES_VECTORS: ReadonlySet<string | undefined> = new Set(['FP', 'SVE']);
/** MSR, MRS, SYS, hints: the system instruction space. */
const isSystem = (word: number): boolean => (word & 0xffc00000) >>> 0 === 0xd5000000 && (word & 0xfffff000) >>> 0 !== 0xd5032000;
const isMRS = (word: number): boolean => (word & 0xfff00000) >>> 0 === 0xd5300000;
const MOST_WAITED = 4;
/** Steps from one in which timers may expire to the next. */
const TICK = 20_000;
/** Exclusive loads and stores, by bit 22. */
const isExclusive = (word: number, load: boolean): boolean => (word & 0x3fc00000) >>> 0 === (load ? 0x08400000 : 0x08000000);

export class Runner {
  readonly counts: Counts = { steps: 0, interrupts: 0, exceptions: 0, outside: 0, systemLooks: 0, vectorLooks: 0 };
  /** Registers that aren't what QEMU has in them, and may be: QEMU got ours when the guest read them. */
  readonly identities = new Map<string, Difference>();
  private readonly ours: Ours;
  private readonly qemu: Qemu;
  private readonly shared: readonly SharedRegister[];
  private readonly ourX: Uint8Array;
  /** QEMU doesn't show its exclusive monitor: after its state was taken over nobody knows what a store will do. */
  private monitorKnown = false;
  private readonly history: { pc: bigint; word: number | undefined; note: string }[] = [];

  constructor(ours: Ours, qemu: Qemu) {
    this.ours = ours;
    this.qemu = qemu;
    this.shared = sharedRegisters(ours.guest, qemu.registers);
    const { x } = ours.guest.state;
    this.ourX = new Uint8Array(x.buffer, x.byteOffset, X_BYTES);
  }

  /** Everything of QEMU's state becomes ours: registers and RAM. */
  async adopt(): Promise<void> {
    const { guest, ram } = this.ours;
    const values = await this.qemu.read(this.shared.map(r => r.theirs));
    const core = await this.qemu.core();
    guest.pstate = core.readUInt32LE(X_BYTES + 16);
    this.shared.forEach((r, i) => { if (!r.identifies && isCurrent(guest, r)) writeShared(guest, r, values[i]!); });
    this.adoptCore(core);
    await this.adoptVectors();
    this.qemu.eachPart(PART, (at, part) => ram.set(part, at));
    this.ours.memoryChanged();
    guest.stateChanged();
    this.monitorKnown = false;
    this.history.length = 0;
  }

  /** All registers that differ now, RAM aside. */
  async compareAll(): Promise<Difference[]> {
    return [...this.compareCore(await this.qemu.core()), ...await this.compareSystem(true), ...await this.compareVectors()];
  }

  /** Words of RAM that differ now, the first few. */
  compareMemory(most = 8): Difference[] {
    const { ram } = this.ours;
    const found: Difference[] = [];
    this.qemu.eachPart(PART, (at, part) => {
      const mine = Buffer.from(ram.buffer, ram.byteOffset + at, part.length);
      if (found.length >= most || mine.equals(part)) return;
      for (let i = 0; i < part.length && found.length < most; i += 8) {
        const [a, b] = [mine.readBigUInt64LE(i), part.readBigUInt64LE(i)];
        if (a !== b) found.push({ name: `[0x${(0x4000_0000 + at + i).toString(16)}]`, ours: a, qemu: b });
      }
    });
    return found;
  }

  /** One step of both; a finding where they differ after it, 'ended' where QEMU's machine has. */
  async step(): Promise<Finding | 'ended' | undefined> {
    const { ours, qemu, counts } = this;
    const { state } = ours.guest;
    const pc = state.pc;
    const word = ours.word();
    const tick = counts.steps % TICK === TICK - 1;
    if (tick) await qemu.timers(true);
    if (!await qemu.step()) return 'ended';
    if (tick) await qemu.timers(false);
    const core = await qemu.core();
    counts.steps++;
    let note = '';
    let looks = false;
    let step: Step | undefined;
    let line = await this.lineTaken(core, pc);
    if (!line) {
      const synchronous = this.offset(core) % 0x200n === 0n;
      step = ours.step(synchronous);
      // SVC goes to its vector without an event.
      if (step.exception || synchronous) {
        counts.exceptions++;
        note = 'exception';
        looks = true;
      }
      if (step.outside || step.waits) note = await this.outside(core, step);
      else if (word !== undefined && isMRS(word)) await this.identity(word, core);
      line = await this.lineTaken(core, state.pc);
    }
    if (line) {
      counts.interrupts++;
      note = line;
      looks = true;
      if (!ours.interrupt(line)) note = `${line}, masked on our side`;
    }
    // The manual leaves NZCV as it is; QEMU clears it.
    if (looks) ours.guest.state.nzcv = core.readUInt32LE(X_BYTES + 16) & PSTATE_NZCV;
    this.remember(pc, line && !step ? undefined : word, note);
    if (word !== undefined && !this.monitorKnown) await this.settleMonitor(word, looks);
    const differences = this.compareCore(core);
    if (looks || (word !== undefined && isSystem(word))) differences.push(...await this.compareSystem(false));
    if (word !== undefined && USES_VECTORS.has(this.ours.arch.decoder.decode(word)?.requires)) {
      if (step?.outside) await this.adoptVectors();
      else differences.push(...await this.compareVectors());
    }
    return differences.length > 0 ? this.finding(differences) : undefined;
  }

  isIdentity(name: string): boolean {
    return this.shared.some(r => r.name === name && r.identifies);
  }

  finding(differences: readonly Difference[]): Finding {
    const { decoder } = this.ours.arch;
    const last = this.history.map(({ pc, word, note }) => {
      const text = word === undefined ? '(none)' : disassemble(decoder, word, pc).replace('\t', ' ');
      return { pc, text: note ? `${text.padEnd(40)} ; ${note}` : text };
    });
    return { step: this.counts.steps, last, differences };
  }

  /** How far into the vector table QEMU's PC is; -1 where it isn't in it. */
  private offset(core: Buffer): bigint {
    const offset = core.readBigUInt64LE(X_BYTES + 8) - this.ours.guest.state.VBAR_EL1;
    return offset >= 0n && offset < 0x800n ? offset : -1n;
  }

  /** The interrupt that QEMU has just taken instead of the instruction at `from`. */
  private async lineTaken(core: Buffer, from: bigint): Promise<'IRQ' | 'FIQ' | undefined> {
    const offset = this.offset(core);
    if (offset < 0n || from === core.readBigUInt64LE(X_BYTES + 8)) return undefined;
    const kind = offset & 0x1ffn;
    if (kind !== 0x80n && kind !== 0x100n) return undefined;
    const [ELR] = await this.qemu.read(['ELR_EL1']);
    if (ELR !== from) return undefined;
    return kind === 0x80n ? 'IRQ' : 'FIQ';
  }

  private async settleMonitor(word: number, exception: boolean): Promise<void> {
    if (isExclusive(word, false)) await this.adopt();
    else if (exception || isExclusive(word, true)) this.monitorKnown = true;
  }

  private async outside(core: Buffer, step: Step): Promise<string> {
    this.counts.outside++;
    const { state } = this.ours.guest;
    if (step.waits) {
      // QEMU may have run on behind the WFI after it woke up.
      const pc = core.readBigUInt64LE(X_BYTES + 8);
      for (let n = 0; n < MOST_WAITED && state.pc !== pc && !await this.lineTaken(core, state.pc); n++) this.ours.step();
      return 'waited';
    }
    state.x.set(Array.from({ length: 31 }, (_, n) => core.readBigUInt64LE(n * 8)));
    return 'from outside';
  }

  private async identity(word: number, core: Buffer): Promise<void> {
    const name = registerName((word >>> 5) & 0xffff);
    const Rt = word & 31;
    const { x } = this.ours.guest.state;
    if (Rt === 31) return;
    const theirs = core.readBigUInt64LE(Rt * 8);
    const mine = x[Rt]!;
    if (mine === theirs || !(identifies(name) || this.allowed(name, mine, theirs))) return;
    this.identities.set(name, { name, ours: mine, qemu: theirs });
    await this.qemu.write(`x${Rt}`, mine);
    core.writeBigUInt64LE(mine, Rt * 8);
  }

  private allowed(name: string, mine: bigint, theirs: bigint): boolean {
    return allowed(this.ours.guest.model.name, name, mine, theirs);
  }

  private adoptCore(core: Buffer): void {
    const { guest } = this.ours;
    this.ourX.set(core.subarray(0, X_BYTES));
    this.ours.sp = core.readBigUInt64LE(X_BYTES);
    guest.state.pc = core.readBigUInt64LE(X_BYTES + 8);
  }

  private async adoptVectors(): Promise<void> {
    (await this.qemu.read(VECTORS)).forEach((v, n) => {
      this.ours.guest.state.v[2 * n] = BigInt.asUintN(64, v);
      this.ours.guest.state.v[2 * n + 1] = v >> 64n;
    });
    this.ours.guest.state.p.set((await this.predicates()).map(Number));
  }

  private compareCore(core: Buffer): Difference[] {
    const { guest } = this.ours;
    const found: Difference[] = [];
    const check = (name: string, mine: bigint, theirs: bigint): void => {
      if (!this.allowed(name, mine, theirs)) found.push({ name, ours: mine, qemu: theirs });
    };
    if (core.compare(this.ourX, 0, X_BYTES, 0, X_BYTES) !== 0) {
      for (let n = 0; n < 31; n++) check(`X${n}`, guest.state.x[n]!, core.readBigUInt64LE(n * 8));
    }
    check('SP', this.ours.sp, core.readBigUInt64LE(X_BYTES));
    check('PC', guest.state.pc, core.readBigUInt64LE(X_BYTES + 8));
    check('PSTATE', BigInt(guest.pstate), BigInt(core.readUInt32LE(X_BYTES + 16)));
    return found;
  }

  private async compareSystem(withIdentities: boolean): Promise<Difference[]> {
    this.counts.systemLooks++;
    const looked = this.shared.filter(r => (withIdentities || !r.identifies) && isCurrent(this.ours.guest, r));
    const values = await this.qemu.read(looked.map(r => r.theirs));
    return looked
      .map((r, i) => ({ name: r.name, ours: readShared(this.ours.guest, r), qemu: values[i]! }))
      .filter(d => !this.allowed(d.name, d.ours, d.qemu));
  }

  private async compareVectors(): Promise<Difference[]> {
    this.counts.vectorLooks++;
    const { state } = this.ours.guest;
    const vectors = (await this.qemu.read(VECTORS)).map((qemu, n) => ({ name: `V${n}`, ours: state.v[2 * n]! | (state.v[2 * n + 1]! << 64n), qemu }));
    const predicates = (await this.predicates()).map((qemu, n) => ({ name: PREDICATES[n]!.toUpperCase(), ours: BigInt(state.p[n]!), qemu }));
    return [...vectors, ...predicates].filter(d => d.ours !== d.qemu);
  }

  /** P0 to P15 and FFR; none where QEMU has no SVE. */
  private async predicates(): Promise<readonly bigint[]> {
    return this.qemu.has('p0') ? this.qemu.read(PREDICATES) : [];
  }

  private remember(pc: bigint, word: number | undefined, note: string): void {
    this.history.push({ pc, word, note });
    if (this.history.length > HISTORY) this.history.shift();
  }
}
