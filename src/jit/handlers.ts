/**
 * Handlers of the cold tier: an instruction's own meaning as a function over a record, built once for each combination
 * of its mode fields and of what the translation mode changes about it.
 */
import { bytesOf, meaningIn, runsIn, type GuestArch } from '../isa/arch.ts';
import type { Insn } from '../isa/insn.ts';
import { IrBuilder } from '../ir/builder.ts';
import { Graph, NONE } from '../ir/graph.ts';
import { Tally } from '../ir/tally.ts';
import { exit } from './abi.ts';
import { TALLIED } from './key-map.ts';
import type { CodeSpace } from './code-space.ts';
import { Lowering } from './lower.ts';
import { RecordLayout } from './record-layout.ts';
import { handlerSignature, startModule } from './prelude.ts';

export interface Handler {
  /** Table slot, NONE until it is built. */
  slot: number;
  readonly layout: RecordLayout;
  /** The block can't go on behind it. */
  ends: boolean;
}

interface Pending { readonly handler: Handler; readonly exit: number | undefined; readonly word: number; readonly mode: number }

/** Those of one instruction: by what a mode changes, then by the bits of the mode fields. */
interface Family { readonly insn: Insn | undefined; readonly exit: number | undefined; readonly modeBits: number; readonly members: Map<number, Handler>[] }

export class Handlers {
  /** Those that exist; for statistics. */
  count = 0;
  private readonly arch: GuestArch;
  private readonly space: CodeSpace;
  private readonly ir: IrBuilder;
  private readonly lowering: Lowering;
  private readonly families = new Map<Insn, Family>();
  private readonly undefined = family(undefined, exit.undefined);
  private readonly requirement = family(undefined, exit.requirement);
  private readonly otherMode = family(undefined, exit.lookup);
  /** Modes that change the same have the same number. */
  private readonly classes = new Map<number, number>();
  private readonly classNumbers = new Map<string, number>();
  private readonly tally = new Tally();
  private readonly most: number;
  private pending: Pending[] = [];
  /** There was no room for the last ones. */
  private cramped = false;
  /** Table slots of those that were built, by module. */
  private built: { readonly first: number; readonly count: number }[] = [];

  constructor(arch: GuestArch, space: CodeSpace) {
    this.arch = arch;
    this.space = space;
    this.most = space.slots >>> 1;
    this.ir = new IrBuilder(new Graph(), space.state, exit.raised, space.helpers.id);
    this.lowering = new Lowering(space.offsets);
  }

  /** The handler of an instruction word; one that is new has no slot before `build`. */
  of(word: number, mode: number): Handler {
    const { arch } = this;
    const insn = arch.decoder.decode(word, mode);
    if (insn === undefined) return this.member(this.undefined, word, mode);
    if (!runsIn(arch, insn, mode)) return this.member(this.requirement, word, mode);
    return this.ofInsn(insn, word, mode);
  }

  /** Of the record behind a block whose mode is another at its end. */
  leaving(mode: number): Handler { return this.member(this.otherMode, 0, mode); }

  ofInsn(insn: Insn, word: number, mode: number): Handler {
    let known = this.families.get(insn);
    if (known === undefined) {
      known = family(insn, undefined);
      this.families.set(insn, known);
    }
    return this.member(known, word, mode);
  }

  private member(of: Family, word: number, mode: number): Handler {
    const number = this.classes.get(mode) ?? this.classOf(mode);
    const members = (of.members[number] ??= new Map<number, Handler>());
    let handler = members.get(word & of.modeBits);
    if (handler === undefined) {
      handler = { slot: NONE, layout: new RecordLayout(of.insn, word), ends: false };
      members.set(word & of.modeBits, handler);
      this.pending.push({ handler, exit: of.exit, word, mode });
    }
    return handler;
  }

  private classOf(mode: number): number {
    const { alignedData, bigEndianData, staged } = meaningIn(this.arch, mode);
    const name = [alignedData, bigEndianData, staged, mode & TALLIED].join();
    const number = this.classNumbers.get(name) ?? this.classNumbers.size;
    this.classNumbers.set(name, number);
    this.classes.set(mode, number);
    return number;
  }

  /**
   * Half of the table is theirs, and no more: they are to be given back before others are built. A guest decides how many
   * there are, by the combinations of mode fields that it uses.
   */
  get full(): boolean { return this.count >= this.most || this.cramped; }

  /** Whether as many are to be built as fit into one module. */
  get enough(): boolean { return this.pending.length >= this.most / 4; }

  /** Gives all of them back; nothing may refer to one. */
  forget(): void {
    for (const { first, count } of this.built) this.space.releaseSlots(first, count);
    this.built = [];
    this.pending = [];
    this.cramped = false;
    this.count = 0;
    this.families.clear();
    for (const { members } of [this.undefined, this.requirement, this.otherMode]) members.length = 0;
  }

  /** Whether some handler that was given out has no code yet. */
  get incomplete(): boolean { return this.pending.length > 0; }

  /** Builds those that have no code yet, in one module; none, where there is no room. */
  build(): void {
    const { space, arch, ir, pending } = this;
    const first = space.allocateSlots(pending.length);
    if (first === NONE) {
      if (this.count === 0) throw new Error('the function table is too small for the cold tier');
      this.cramped = true;
      return;
    }
    const { module, handlerType } = startModule(space.memoryImport, space.prelude);
    const functions = pending.map(({ handler, exit: code, word, mode }, i) => {
      const { layout } = handler;
      ir.begin(layout);
      ir.setMode(meaningIn(arch, mode));
      ir.tally = mode & TALLIED ? this.tally.clear() : undefined;
      ir.at(0, 0, bytesOf(arch, mode, word));
      if (code === undefined) layout.record(ir, word);
      else ir.exit(code);
      handler.slot = first + i;
      handler.ends = ir.ended;
      return module.addFunction(handlerSignature, this.lowering.lowerHandler(ir, layout.size, ir.ended, handlerType));
    });
    module.fillTable(first, functions);
    space.instantiate(module.encode());
    this.built.push({ first, count: pending.length });
    this.count += pending.length;
    this.pending = [];
  }
}

function family(insn: Insn | undefined, code: number | undefined): Family {
  const modeBits = (insn?.fields ?? []).filter(f => f.mode).reduce((bits, f) => bits | ((2 ** f.width - 1) << f.lo), 0);
  return { insn, exit: code, modeBits, members: [] };
}
