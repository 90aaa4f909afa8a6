/** One CPU's loop: enter generated code, and do what it came back for until there is an exit to report. */
import type { Arena } from '../base/arena.ts';
import type { View } from '../base/layout.ts';
import type { Log } from '../base/log.ts';
import { GuestEvent, TALLY, type CpuEnv, type engineState, type GuestArch, type GuestCpu } from '../isa/arch.ts';
import { exit, PAGE, staticSlots } from '../jit/abi.ts';
import { codeKey, TALLIED, variant, VARIANTS } from '../jit/key-map.ts';
import { MmioEvent, SlowAccess } from './access.ts';
import { Budget } from './budget.ts';
import { REQUEST_INTERNAL, REQUEST_INTERRUPT, REQUEST_KICK, type Cpu, type CpuExit } from './cpu.ts';
import type { Engine } from './engine.ts';
import { Inspection } from './inspection.ts';
import { JumpCache } from './jump-cache.ts';
import { PeerLink } from './peer-link.ts';
import { noteDirty } from './physical.ts';
import { ProgramCounter } from './program-counter.ts';
import { Straddling } from './straddling.ts';
import { Tlb, type Bank } from './tlb.ts';

/** Matches no jump-cache entry, not even one that was dropped: single steps never run into units. */
const STEP_KEY = 0xfffffffe;

export class EngineCpu<G extends GuestCpu = GuestCpu> implements Cpu<G> {
  readonly guest: G;
  readonly base: number;
  readonly requestWord: number;
  readonly exits: Record<keyof typeof exit, number> = { lookup: 0, request: 0, raised: 0, undefined: 0, requirement: 0, hot: 0, budget: 0 };
  private readonly engine: Engine;
  private readonly arena: Arena;
  private readonly arch: GuestArch;
  private readonly log: Log;
  private readonly tlb: Tlb;
  private readonly access: SlowAccess;
  readonly state: View<typeof engineState>;
  readonly jumps: JumpCache;
  private readonly pc: ProgramCounter;
  private readonly link: PeerLink | undefined;
  private readonly straddling: Straddling;
  readonly inspection: Inspection | undefined;
  /** The guest wants every instruction run by itself. One is run: whatever of the mode it changes, nothing is found behind it. */
  private stepping = false;
  private single = false;
  /** Of the whole current space, and what the mode's own accesses and fetches go by: that, or the upper part's alone. */
  private whole!: Bank;
  private bank!: Bank;
  private mode = 0;
  /** Of the code at PC, as `locate` found it: arena address of its page, and the mode with what the page adds. */
  private page = 0;
  private codeMode = 0;
  /** It is a copy, for this once. */
  private copied = false;
  private readonly budget: Budget;
  private event: GuestEvent | undefined;
  private pendingMmio = false;

  constructor(engine: Engine, createGuest: (env: CpuEnv) => G) {
    this.engine = engine;
    this.arena = engine.arena;
    this.arch = engine.arch;
    this.log = engine.log;
    this.base = this.arena.alloc(this.arch.layout.size, 64);
    this.state = this.arch.layout.view(this.arena, this.base) as View<typeof engineState>;
    this.budget = new Budget(this.state, () => this.guest.tallyLimit?.() ?? 0);
    this.requestWord = (this.base + this.arch.layout.fields.request.offset) >>> 2;
    this.link = engine.peers && new PeerLink(engine.peers, engine, this as EngineCpu);
    this.jumps = new JumpCache(this.arena);
    this.state.jumpCache = this.jumps.base;
    this.tlb = new Tlb(this.arena, () => this.jumps.forget());
    this.guest = createGuest(this.environment());
    this.pc = new ProgramCounter(this.arena, this.base, this.arch, this.guest, engine.physical);
    this.straddling = new Straddling(this.arena, engine.cache);
    this.inspection = this.guest.debug && new Inspection(engine, this.guest.debug, this.jumps, this.tlb, () => this.request(REQUEST_INTERNAL));
    this.access = new SlowAccess({
      arena: this.arena, base: this.base, guest: this.guest, physical: engine.physical, cache: engine.cache, tlb: this.tlb,
      bank: (unprivileged, high) => (unprivileged ? this.whole : this.bankOf(high)), codeWritten: () => this.request(REQUEST_INTERNAL),
      arg: engine.space.offsets.arg, result: engine.space.offsets.result, memory: engine.memory,
    });
    this.refreshMode();
  }

  private environment(): CpuEnv {
    return {
      arena: this.arena,
      base: this.base,
      log: this.log,
      modeChanged: () => this.refreshMode(),
      tally: {
        changed: () => {
          this.budget.stale = true;
          this.request(REQUEST_INTERNAL);
        },
        counted: () => this.budget.given,
      },
      interruptsChanged: () => this.request(REQUEST_INTERRUPT),
      debugChanged: () => this.inspection?.changed(),
      flushTlb: () => this.flushTlb(),
      flushTlbPage: (va, pageBits) => this.flushTlbPage(va, pageBits),
      broadcast: (operation, value) => {
        for (const cpu of this.engine.cpus) {
          if (cpu === (this as EngineCpu)) continue;
          cpu.guest.receive?.(operation, value);
          // Code that runs in a page goes from block to block by links until it is asked to look up.
          cpu.request(REQUEST_INTERNAL);
        }
        this.link?.broadcast(operation, value);
      },
      awaitBroadcasts: () => this.link?.await(),
      codeChanged: (pa, bytes) => this.link?.codeChanged(pa, bytes),
      ram: (pa, bytes) => this.engine.physical.at(pa, bytes),
      ramForWrite: (pa, bytes) => this.ramForWrite(pa, bytes),
    };
  }

  private ramForWrite(pa: number, bytes: number): number {
    const { physical, cache } = this.engine;
    const slot = physical.find(pa);
    const at = slot?.readonly === false ? physical.at(pa, bytes) : -1;
    if (slot && at >= 0) noteDirty(slot, pa, bytes);
    if (at >= 0 && cache.written(at, bytes)) this.request(REQUEST_INTERNAL);
    return at;
  }

  // ---- CPUs of other threads
  /** Clears the request word, and does what CPUs of other threads asked for. */
  private takeRequests(): number {
    const requests = Atomics.exchange(this.arena.i32, this.requestWord, 0);
    this.link?.receive();
    return requests;
  }

  /** Runs generated code, unless something has to be looked at first. */
  private enter(run: (cpu: number) => number): number {
    const { link } = this;
    let code: number;
    if (!link) code = run(this.base);
    else {
      link.self.enter();
      code = Atomics.load(this.arena.i32, this.requestWord) !== 0 ? exit.request : run(this.base);
      link.self.leave();
    }
    // Instructions may have changed the mode in line.
    if (this.halfwords && this.guest.modeKey() !== (this.mode & ~TALLIED)) this.refreshMode();
    return code;
  }

  private get halfwords(): boolean { return this.arch.halfwords?.in(this.mode) ?? false; }

  request(bits: number): void { Atomics.or(this.arena.i32, this.requestWord, bits); }

  // ---- translation state
  private refreshMode(): void {
    if (this.guest === undefined) return;
    this.mode = this.guest.modeKey() | (this.budget.tallied ? TALLIED : 0);
    this.whole = this.tlb.activate(this.guest.spaceKey());
    const upper = this.guest.upperSpaceKey?.();
    this.bank = upper === undefined ? this.whole : this.tlb.activate(upper);
    const { state } = this;
    state.tlb = this.tlb.table(this.bank, this.guest.mmuIndex(false));
    state.tlbUnprivileged = this.tlb.table(this.whole, this.guest.mmuIndex(true));
    const stepping = this.guest.debug?.steps === true;
    if (stepping && !this.stepping) this.request(REQUEST_INTERNAL);
    this.stepping = stepping;
    state.unitKey = this.unitKey();
  }

  /** The bank for an address with this high half. What goes by the upper part goes by the whole space from the first address outside it on. */
  private bankOf(high: number): Bank {
    if (this.bank !== this.whole && !this.guest.inUpperSpace!(high)) {
      this.bank = this.whole;
      this.state.tlb = this.tlb.table(this.bank, this.guest.mmuIndex(false));
      this.state.unitKey = this.unitKey();
      // A running unit keeps the table that it began with.
      this.request(REQUEST_INTERNAL);
    }
    return this.bank;
  }

  private unitKey(): number { return this.stepping || this.single ? STEP_KEY : this.bank.generation * VARIANTS + variant(this.mode, this.counted); }

  flushTlb(): void {
    this.tlb.flush();
    this.refreshMode();
    this.request(REQUEST_INTERNAL);
  }

  private flushTlbPage(va: bigint, pageBits: number): void {
    if (pageBits > 12) return this.flushTlb();
    this.tlb.flushPage(Number(va & 0xffffffffn) | 0, Number(BigInt.asIntN(64, va) >> 12n));
    this.jumps.forgetPage(Number(va & 0xfffff000n), Number(va >> 32n));
  }

  protectPage(page: number): void { this.tlb.protect(page); }

  /** Whatever is run next is looked up. */
  forgetJumps(): void {
    this.jumps.forget();
    this.request(REQUEST_INTERNAL);
  }

  // ---- what generated code imports
  load(lo: number, hi: number, d: number): number {
    try {
      const asked = this.access.load(lo, hi, d);
      return asked ? this.raised(asked) : 0;
    } catch (e) {
      return this.raised(e);
    }
  }

  store(lo: number, hi: number, d: number): number {
    try {
      const asked = this.access.store(lo, hi, d);
      return asked ? this.raised(asked) : 0;
    } catch (e) {
      return this.raised(e);
    }
  }

  atomic(lo: number, hi: number, d: number): number {
    try {
      this.access.atomic(lo, hi, d);
      return 0;
    } catch (e) {
      return this.raised(e);
    }
  }

  helper(id: number): number {
    try {
      const event = this.engine.callHelper(this.guest, this.base, id);
      return event ? this.raised(event) : 0;
    } catch (e) {
      return this.raised(e);
    }
  }

  private raised(e: unknown): number {
    if (!(e instanceof GuestEvent)) throw e;
    this.event = e;
    return 1;
  }

  // ---- running
  private get counted(): boolean { return this.budget.counted; }

  get retired(): bigint { return this.budget.retired; }

  setBudget(instructions: number): void {
    this.budget.set(instructions);
    this.state.unitKey = this.unitKey();
  }

  private grant(): void { if (this.budget.grant()) this.refreshMode(); }

  completeMmio(data: bigint): void {
    if (!this.pendingMmio) throw new Error('no MMIO exit is waiting for an answer');
    this.pendingMmio = false;
    this.access.replies.add(data);
  }

  abortMmio(): void {
    if (!this.pendingMmio) throw new Error('no MMIO exit is waiting for an answer');
    this.pendingMmio = false;
    this.access.replies.add('abort');
  }

  reset(): void {
    this.state.jumpCache = this.jumps.base; // another thread may have made the state
    this.pendingMmio = false;
    this.event = undefined;
    this.access.replies.clear();
  }

  memoryChanged(pa: number, bytes: number): void {
    for (const [at, length] of this.engine.physical.parts(pa, bytes)) this.engine.cache.written(at, length);
  }

  run(): CpuExit {
    const unfinished = this.finishMmio();
    if (unfinished) return unfinished;
    this.guest.takeInterrupt();
    for (;;) {
      const requests = this.takeRequests();
      if (requests & REQUEST_INTERRUPT) this.guest.takeInterrupt();
      if (requests & REQUEST_KICK) return { kind: 'kicked' };
      if (this.budget.stale) this.grant();
      const left = this.stepping ? this.stepInBudget() : this.after(this.enter(this.engine.enter));
      if (left) return left;
      if (this.budget.given && this.budget.isBarren()) return { kind: 'budget' };
    }
  }

  step(interrupts = true): CpuExit | undefined {
    const unfinished = this.finishMmio();
    if (unfinished) return unfinished;
    const requests = this.takeRequests();
    if (requests & REQUEST_KICK) return { kind: 'kicked' };
    if (interrupts && requests & REQUEST_INTERRUPT) this.guest.takeInterrupt();
    return this.stepOne();
  }

  /** What generated code came back for; an exit where it is not for us. */
  private after(code: number): CpuExit | undefined {
    switch (code) {
      case exit.lookup:
        this.exits.lookup++;
        return this.guardedDispatch();
      case exit.request:
        this.exits.request++;
        return undefined;
      case exit.raised: {
        this.exits.raised++;
        const event = this.event!;
        this.event = undefined;
        return this.deliver(event);
      }
      case exit.undefined:
        this.exits.undefined++;
        return this.deliver(this.guest.undefinedInstruction(this.wordAtPc()));
      case exit.requirement: {
        this.exits.requirement++;
        const word = this.wordAtPc();
        const requires = this.arch.decoder.decode(word, this.codeMode)?.requires;
        if (requires === undefined || this.arch.requirementMet?.(this.codeMode, requires)) {
          // Another word is there now, and nobody said so (`memoryChanged`): what was made of the old one goes.
          this.engine.cache.written(this.page + this.pc.offset, 4);
          return undefined;
        }
        if (!this.guest.requirementEvent) throw new Error(`nobody says what the lack of ${requires} is`);
        return this.deliver(this.guest.requirementEvent(requires, word));
      }
      case exit.hot:
        this.exits.hot++;
        this.locate();
        this.engine.hot(this.page, this.pc.offset, this.codeMode, this.counted);
        return this.guardedDispatch();
      case exit.budget:
        this.exits.budget++;
        return this.finishBudget();
      default:
        throw new Error(`generated code returned ${code}`);
    }
  }

  private deliver(event: GuestEvent): CpuExit | undefined {
    if (event instanceof MmioEvent) {
      this.pendingMmio = true;
      return { kind: 'mmio', pa: event.pa, bytes: event.bytes, write: event.write, data: event.data };
    }
    if (this.log.on('int')) this.log.write('int', `${event.describe()} at 0x${this.state.pc.toString(16)}`);
    this.access.replies.clear();
    const { pc } = this.state;
    const exit = this.guest.deliver(event);
    if (!exit) return undefined;
    // An instruction that was executed, and is what the exit is about, counts.
    if (this.counted && this.state.pc !== pc) {
      this.state.budgetLeft--;
      if (this.budget.tallied) this.state.tally[TALLY.instructions]!++;
    }
    return { kind: 'guest', exit };
  }

  // ---- finding code
  /** Sets `page` and `codeMode` to those of PC. Throws a GuestEvent where nothing can be fetched. */
  private locate(): void {
    const bank = this.bankOf(this.pc.high);
    const place = this.pc.fetch(bank, this.halfwords ? 2 : 4);
    const codeMode = place % PAGE;
    this.page = place - codeMode;
    this.codeMode = this.mode | codeMode;
    this.copied = this.engine.space.straddles(this.page, this.pc.offset, this.codeMode);
    if (this.copied) this.page = this.straddling.copy(this.page, this.pc.fetchNextPage(bank));
  }

  private wordAtPc(): number {
    this.locate();
    return this.engine.space.word(this.page + this.pc.offset, this.codeMode);
  }

  private guardedDispatch(): CpuExit | undefined {
    try {
      return this.dispatch();
    } catch (e) {
      if (!(e instanceof GuestEvent)) throw e;
      return this.deliver(e);
    }
  }

  /** Enters what there is at PC into the jump cache: a unit, or a cold block that is made when there is none. */
  private dispatch(): CpuExit | undefined {
    if (this.stepping) return undefined;
    this.locate();
    const { page, codeMode } = this;
    const offset = this.pc.offset;
    if (this.copied) return this.stepInBudget();
    if (this.inspection?.active && this.inspection.arrive(this.pc.value, page, offset)) return this.stepInBudget();
    const unit = this.engine.cache.units.get(codeKey(page, offset, variant(codeMode, this.counted)));
    const slot = unit ? unit.slot : staticSlots.cold;
    const record = unit ? 0 : this.engine.coldBlock(page, offset, codeMode, this.counted);
    this.jumps.set(this.pc.low, this.pc.high, this.unitKey(), slot, record);
    return undefined;
  }

  // ---- single steps
  /** Runs exactly one instruction in the cold tier. Undefined when it completed or took an exception. */
  private stepOne(): CpuExit | undefined {
    const { state } = this;
    let requests = 0;
    let code: number;
    let inspected = false;
    do {
      requests |= this.takeRequests();
      let record: number;
      try {
        const event = this.inspect(inspected);
        inspected = true;
        if (event) throw event;
        record = this.engine.coldBlock(this.page, this.pc.offset, this.codeMode, true);
      } catch (e) {
        if (!(e instanceof GuestEvent)) throw e;
        if (requests) this.request(requests);
        return this.deliver(e);
      }
      const budget = state.budgetLeft;
      state.budgetLeft = 1;
      state.coldRecord = record;
      this.pc.setPage();
      this.single = true;
      state.unitKey = STEP_KEY;
      code = this.enter(this.engine.space.step);
      this.single = false;
      const used = 1 - state.budgetLeft;
      state.budgetLeft = this.counted ? budget - used : budget;
      state.unitKey = this.unitKey();
    } while (code === exit.request);
    if (requests) this.request(requests);
    return code === exit.lookup || code === exit.budget ? undefined : this.after(code);
  }

  private stepInBudget(): CpuExit | undefined {
    return this.counted && this.state.budgetLeft === 0 ? this.finishBudget() : this.stepOne();
  }

  /** Finds the instruction at PC; what comes in its place. One that a device answered was begun before. */
  private inspect(inspected: boolean): GuestEvent | undefined {
    const asks = (this.stepping || this.inspection?.hasStops) && !inspected && !this.access.replies.any ? this.guest.debug : undefined;
    const step = this.stepping ? asks?.beforeFetch() : undefined;
    if (!step) this.locate();
    return step ?? asks?.beforeInstruction(this.engine.space.word(this.page + this.pc.offset, this.codeMode));
  }

  /** Runs the instruction that a device answered, with the answers so far. */
  finishMmio(): CpuExit | undefined {
    this.engine.running = this as EngineCpu;
    // A device's write needs no answer but that it was seen.
    if (this.pendingMmio) this.completeMmio(0n);
    if (this.budget.stale) this.grant();
    if (!this.access.replies.any) return undefined;
    this.access.replies.restart();
    const left = this.stepOne();
    if (left?.kind === 'mmio') return left;
    this.access.replies.clear();
    return left;
  }

  /** The budget does not cover the next unit: what it covers is run step by step. */
  private finishBudget(): CpuExit | undefined {
    while (this.state.budgetLeft > 0) {
      if (this.arena.i32[this.requestWord] !== 0) return undefined;
      const left = this.stepOne();
      if (left) return left;
    }
    if (this.budget.tallied) this.grant();
    return this.state.budgetLeft > 0 ? undefined : { kind: 'budget' };
  }
}
