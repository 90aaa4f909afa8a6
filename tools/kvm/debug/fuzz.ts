/**
 * Random breakpoints, watchpoints and steps over random programs. Where each stop has to be is known from a run of the same program
 * instruction by instruction: none may be lost, none come twice, and registers and memory have to be those of that run.
 */
import { Random } from '../../../src/base/random.ts';
import {
  BREAKPOINT_HARDWARE, BREAKPOINT_SOFTWARE, WATCHPOINT_ACCESS, WATCHPOINT_READ, WATCHPOINT_WRITE, type DebugStop, type Resumption,
} from '../../../src/machine/index.ts';
import { DebuggedVm, type Summary } from './machine.ts';
import { DATA, DATA_BYTES, Generator, type Program } from './program.ts';

/** Of the run without a debugger: what was executed, and the state before it. */
interface Moment { readonly pc: number; readonly state: Summary; readonly access: { readonly at: number; readonly bytes: number; readonly LSC: number } | undefined }

interface Point { readonly kind: number; readonly address: number; readonly length: number }

const LONGEST = 6000;
/** Of one program. */
const SESSIONS = 6;
const LSC: Readonly<Record<number, number>> = { [WATCHPOINT_READ]: 1, [WATCHPOINT_WRITE]: 2, [WATCHPOINT_ACCESS]: 3 };
const thresholds = [1, 6, 0];

export interface FuzzReport { stops: number; programs: number; steps: number; breakpoints: number; watchpoints: number }

export class DebugFuzz {
  readonly report: FuzzReport = { stops: 0, programs: 0, steps: 0, breakpoints: 0, watchpoints: 0 };
  private readonly random: Random;
  private readonly vms = thresholds.map(threshold => new DebuggedVm(threshold));
  private vm = this.vms[0]!;
  private moments: readonly Moment[] = [];
  private points: Point[] = [];
  /** Where the program stands: index of the instruction that comes next. */
  private at = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** Runs programs until there were so many stops. Throws an Error that says what was wrong. */
  run(stops: number): FuzzReport {
    const { report } = this;
    for (; report.stops < stops; report.programs++) {
      this.vm = this.vms[report.programs % this.vms.length]!;
      this.one(new Generator(this.random).generate());
    }
    return report;
  }

  private one(program: Program): void {
    const { vm, random } = this;
    const x = Array.from({ length: 15 }, () => BigInt(random.below(2 ** 32)) << 32n | BigInt(random.below(2 ** 32)));
    vm.load(program, x);
    if (!this.trace(program)) return;
    const end = [vm.summary(), vm.memory()];
    vm.load(program, x);
    vm.run();
    this.same('undisturbed', [vm.summary(), vm.memory()], end);
    for (let session = 0; session < SESSIONS; session++) {
      vm.load(program, x);
      this.at = 0;
      this.points = [];
      for (let n = random.below(8); n >= 0; n--) this.insert();
      while (this.next());
      vm.layer.detach();
      this.same('in the end', [vm.summary(), vm.memory()], end);
    }
  }

  /** False where it takes too long. */
  private trace({ accesses }: Program): boolean {
    const { vm } = this;
    const moments: Moment[] = [];
    for (;;) {
      const { pc } = vm;
      const found = accesses.get(pc);
      const access = found && { at: Number(vm.x(found.base)) + found.offset, bytes: found.bytes, LSC: found.LSC };
      moments.push({ pc, state: vm.summary(), access });
      if (!vm.bareStep()) break;
      if (moments.length > LONGEST) return false;
    }
    this.moments = moments;
    return true;
  }

  // ---- what is inserted
  private insert(): void {
    const { random, vm } = this;
    const kind = random.below(5);
    const { pc } = random.pick(this.moments);
    // Some where nothing comes by.
    const length = kind < 2 ? 4 : [1, 2, 4, 8, 3, 16, 64][random.below(7)]!;
    const data = this.data();
    const address = kind < 2 ? pc + (random.below(8) === 0 ? 0x100 : 0) : length > 8 ? data & -length : data;
    try {
      vm.layer.insert(kind, BigInt(address), length);
      this.points.push({ kind, address, length });
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOBUFS') throw error;
    }
  }

  /** Mostly where the program has something. */
  private data(): number {
    const { access } = this.random.pick(this.moments);
    return access && this.random.below(8) ? access.at : DATA + this.random.below(DATA_BYTES / 2);
  }

  private remove(): void {
    if (this.points.length > 0) this.take(this.random.below(this.points.length));
  }

  /** Takes away what the layer does for the point's address: of watchpoints the first that covers it. */
  private take(n: number): Point {
    const { kind, address, length } = this.points[n]!;
    const first = kind < 2 ? n : this.points.findIndex(p => p.kind >= 2 && address >= p.address && address < p.address + p.length);
    this.vm.layer.remove(kind, BigInt(address), length);
    return this.points.splice(first, 1)[0]!;
  }

  // ---- what has to come
  /** The stop of the instruction at index `n`, before it is executed. */
  private stopAt(n: number): DebugStop['reason'] | undefined {
    const { pc, access } = this.moments[n]!;
    const here = (kind: number): boolean => this.points.some(p => p.kind === kind && p.address === pc);
    if (here(BREAKPOINT_HARDWARE)) return 'hardware';
    if (here(BREAKPOINT_SOFTWARE)) return 'software';
    const watched = access && this.points.some(p => p.kind >= 2 && (LSC[p.kind]! & access.LSC) !== 0 && p.address < access.at + access.bytes && p.address + p.length > access.at);
    return watched ? 'watchpoint' : undefined;
  }

  private expected(how: Resumption): [reason: DebugStop['reason'] | 'end', at: number] {
    const last = this.moments.length - 1;
    const [from, to] = how.kind === 'step' && how.within ? how.within.map(Number) as [number, number] : [0, 0];
    for (let n = this.at; ; n++) {
      const stop = this.stopAt(n);
      if (stop) return [stop, n];
      if (n === last) return ['end', n];
      const { pc } = this.moments[n + 1]!;
      if (how.kind === 'step' && !(pc >= from && pc < to)) return ['step', n + 1];
    }
  }

  /** One resumption; false at the program's end. */
  private next(): boolean {
    const { random, report } = this;
    for (let n = random.below(3); n > 0; n--) if (random.below(2)) this.insert(); else this.remove();
    const choice = random.below(16);
    const { pc } = this.moments[this.at]!;
    const how: Resumption = choice < 4 ? { kind: 'step' }
      : choice === 4 ? { kind: 'step', within: [BigInt(pc - 4 * random.below(8)), BigInt(pc + 4 * random.below(8))] } : { kind: 'continue' };
    // Now and then it goes on from where it is to stop, which it has to do again.
    if (this.stopAt(this.at) && random.below(8) !== 0) return this.over() && this.resume(how);
    const on = this.resume(how);
    if (report.stops % 64 === 0) for (const [n, p] of this.points.entries()) if (p.kind === BREAKPOINT_SOFTWARE) this.hidden(n);
    return on;
  }

  /** As a debugger goes on from a breakpoint: what is there is taken away for one step. */
  private over(): boolean {
    const taken: Point[] = [];
    while (this.stopAt(this.at)) taken.push(this.take(this.points.findIndex(p => this.isHere(p))));
    const on = this.resume({ kind: 'step' });
    for (const point of taken) {
      this.vm.layer.insert(point.kind, BigInt(point.address), point.length);
      this.points.push(point);
    }
    return on;
  }

  private isHere(p: Point): boolean {
    const { pc, access } = this.moments[this.at]!;
    return p.kind < 2 ? p.address === pc : access !== undefined && p.address < access.at + access.bytes && p.address + p.length > access.at;
  }

  private resume(how: Resumption): boolean {
    const { vm, report } = this;
    const [reason, at] = this.expected(how);
    const stop = vm.go(how);
    const found = stop === 'end' ? 'end' : stop.reason;
    report.stops++;
    if (found === 'step') report.steps++;
    else if (found === 'watchpoint') report.watchpoints++;
    else if (found !== 'end') report.breakpoints++;
    this.same(`stop ${report.stops}, ${how.kind} from index ${this.at}`, [found], [reason]);
    if (stop === 'end') return false;
    this.at = at;
    this.same(`PC and state at stop ${report.stops} (${reason}), index ${at}`, [vm.pc, vm.summary()], [this.moments[at]!.pc, this.moments[at]!.state]);
    return true;
  }

  /** What a debugger reads where a software breakpoint is, is what the program has there. */
  private hidden(n: number): void {
    const { address } = this.points[n]!;
    const bytes = this.vm.layer.read(0, BigInt(address), 4);
    if (!bytes || (bytes[3] === 0xd4 && bytes[2] === 0x20)) throw new Error(`a breakpoint is seen at 0x${address.toString(16)}`);
  }

  private same(what: string, found: readonly unknown[], expected: readonly unknown[]): void {
    if (found.every((value, n) => value === expected[n])) return;
    throw new Error(`program ${this.report.programs}, ${what}: ${found.join(', ')} instead of ${expected.join(', ')}`);
  }
}
