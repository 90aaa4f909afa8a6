/**
 * The IR's operations. Most are WebAssembly's own opcodes: a plain one is its byte, a SIMD one 0x100 + its number, a
 * saturating truncation 0x300 + its number. The others, from 0x400 on, are lowered to several instructions.
 */
export const SIMD = 0x100;
export const TRUNC = 0x300;

export const pseudo = {
  // ---- pure
  constI32: 0x400, // lo
  constI64: 0x401, // lo, hi
  constV: 0x402, // lo: place of four words in the pool
  /** Virtual address of the page that the unit's code lies in. */
  pcPage: 0x403,
  /** A field of the predecoded record (cold tier); lo: byte offset. */
  record: 0x404,
  /** Guest state as it was at unit entry; lo: byte offset. In a loop it is the value at the loop's head. */
  regIn: 0x405,
  // Condition flags, packed; hi: operand width. Never kept in locals: recomputed where they are needed.
  flagsAdd: 0x406,
  flagsSub: 0x407,
  flagsAddCarry: 0x408,
  flagsLogic: 0x409,
  divS: 0x40a, // total division; hi: width
  divU: 0x40b,
  shuffle: 0x40c, // lo: place of 16 lanes in the pool
  /** The second element of a loadPair or compareAndSwapPair; a: that node. */
  second: 0x40d,
  // ---- in order of creation
  loadState: 0x500, // lo: byte offset
  storeState: 0x501, // a: value
  loadStateAt: 0x502, // a + lo: byte offset from the CPU
  storeStateAt: 0x503, // a + lo: byte offset, b: value
  load: 0x504, // a: address, lo: access descriptor, hi: site
  store: 0x505, // a, b: value
  loadPair: 0x506,
  storePair: 0x507, // a, b, c
  atomic: 0x508, // a, b: value, c: which
  compareAndSwap: 0x509, // a, b: expected, c: replacement
  compareAndSwapPair: 0x50a, // a; the values were put into argument slots
  argument: 0x50b, // a: value, lo: slot
  call: 0x50c, // lo: helper, hi: site or -1
  result: 0x50d,
  fallback: 0x50e, // a: ok, b: fast value, c: place of [helper, argument count, arguments…] in the pool
  if: 0x50f, // a
  endIf: 0x510,
  fence: 0x511,
  else: 0x512,
  /** A value that is another one on each of two paths; a: the value here, lo: its number in the unit. */
  assign: 0x513,
  /** What was assigned to lo. */
  merged: 0x514,
  // Elements of which some are accessed
  loadMasked: 0x518, // a: address, b: mask, lo: access descriptor, hi: site
  storeMasked: 0x519, // a, b: value, c: mask
  readable: 0x51a, // a: address, lo: access descriptor
  // ---- leaving; hi: site
  exitLink: 0x520, // a: condition or -1, lo: target's offset from the start of the unit's page
  exitLookup: 0x521, // b: target address, lo: in a handler, where its record has a link, or 0
  exitCode: 0x522, // lo: code; the PC is the site's
  backEdge: 0x523, // a: condition or -1
} as const;

export const isConst = (op: number): boolean => op === pseudo.constI32 || op === pseudo.constI64;
export const isFlags = (op: number): boolean => op >= pseudo.flagsAdd && op <= pseudo.flagsLogic;
/** Operations whose `hi` is a site, or -1. */
export const hasSite = (op: number): boolean =>
  (isAccess(op) && op !== pseudo.readable) || op === pseudo.call || op >= pseudo.exitLink;
/** Operations that look into the TLB. */
export const isAccess = (op: number): boolean => (op >= pseudo.load && op <= pseudo.compareAndSwapPair) || (op >= pseudo.loadMasked && op <= pseudo.readable);
export const isPure = (op: number): boolean => op < 0x500;
/** Recomputed at each use, or using their operands several times: operands must be cheap to name again. */
export const repeatsOperands = (op: number): boolean => isFlags(op) || op === pseudo.divS || op === pseudo.divU;

/** Access descriptor: bytes in bits 4..0, then flags (builder.ts, Access, says what they ask for). */
export const accessBytes = (d: number): number => d & 31;
export const ACCESS_WITHIN_16 = 32;
export const ACCESS_UNPRIVILEGED = 64;
/** log2 of the alignment that is demanded, in bits 9..7. */
export const accessAlign = (d: number): number => 1 << ((d >> 7) & 7);
export const ACCESS_PAIR = 1 << 10;
export const ACCESS_WRITE = 1 << 11;
export const ACCESS_ATOMIC = 1 << 12;
export const ACCESS_CAS = 1 << 13;
export const ACCESS_FAULTS_AS_WRITE = 1 << 14;
export const ACCESS_NOT_DEVICE = 1 << 15;
/** Bytes of an element in bits 19..16, 0 where the access is one; of plain accesses. */
export const accessElement = (d: number): number => (d >> 16) & 15;
/** What identifies a plain access: all that generated code knows of it. */
export const ACCESS_BITS = 0x1fffff;
export const ACCESS_ORDERED = 1 << 20;
/** Of elements: those of a mask (argument slot 0, or 1 of a store), or what could be said of each of them without an access. */
export const ACCESS_MASKED = 1 << 21;
export const ACCESS_READABLE = 1 << 22;
/** Which atomic operation, in bits 19..16. */
export const accessAtomicOp = (d: number): number => (d >> 16) & 15;

export const atomicOps = ['add', 'and', 'or', 'xor', 'swap', 'maxS', 'minS', 'maxU', 'minU'] as const;
