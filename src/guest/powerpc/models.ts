/** Processors: which categories and levels of the Power ISA they have. An instruction's `feature` is one of these. */

/** The levels of the Power ISA that brought an instruction, and the optional parts of the classic PowerPC architecture. */
export const features = [
  /** 64-bit implementations. */
  '64',
  /** Floating-point instructions of the optional groups: fsel, fres, frsqrte; fsqrt. */
  'graphics', 'sqrt',
  /** Vector facility (AltiVec). */
  'VMX',
  /** Its data streams, which no version of the Power ISA has. */
  'AltiVec',
  '2.00', '2.01', '2.02', '2.03', '2.04', '2.05', '2.06', '2.07', '3.0',
] as const;

export interface PowerPcModel {
  readonly name: string;
  readonly bits: 32 | 64;
  readonly features: ReadonlySet<string>;
  /** Bytes that dcbz clears. */
  readonly cacheBlock: 32 | 128;
  /** Processor Version Register. */
  readonly PVR: number;
}

const model = (name: string, bits: 32 | 64, cacheBlock: 32 | 128, PVR: number, has: readonly (typeof features)[number][]): PowerPcModel =>
  ({ name, bits, cacheBlock, PVR, features: new Set<string>(has) });

export const models = {
  /** Power ISA 3.0, 64 bits. */
  power9: model('power9', 64, 128, 0x004e1200, features),
  /** MPC7400, a 32-bit PowerPC with AltiVec. */
  7400: model('7400', 32, 32, 0x000c0209, ['graphics', 'VMX', 'AltiVec']),
} as const;

export type PowerPcModelName = keyof typeof models;
