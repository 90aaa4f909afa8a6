/** The AArch64 guest as the engine sees it, for each CPU model. */
import type { GuestArch } from '../../isa/arch.ts';
import { byMode, decoder, type Decoder } from '../../isa/decode.ts';
import { insns as a32 } from './aarch32/a32-insns.ts';
import * as aarch32 from './aarch32/mode.ts';
import { insns as t32 } from './aarch32/t32-insns.ts';
import { Arm64Cpu, type Arm64CpuOptions } from './cpu.ts';
import { insns } from './insns.ts';
import { landing } from './insn/branch-target.ts';
import * as aarch64 from './mode.ts';
import { type CpuModel, type CpuModelName, createModel, implementedFeatures, parts } from './models.ts';
import { type CpuProperties, propertiesOf } from './model/properties.ts';
import { fields, layout, SINK, ZR } from './state.ts';

export type AArch64 = GuestArch<Arm64Cpu, Arm64CpuOptions>;

/** The guest with a CPU of this model: the decoder knows its instructions and no others. */
export function createAArch64(model: CpuModel): AArch64 {
  const ofFeatures = aarch64.stagedFeatures(model.features);
  const branchTarget = landing(model.features.has('PAuth'));
  const features = (name: string): boolean => model.features.has(name);
  const withAArch32 = (): Decoder => byMode(key => (aarch32.isT32(key) ? 2 : aarch32.isAArch32(key) ? 1 : 0), [insns, a32, t32], { features });
  return {
    name: 'aarch64',
    layout,
    decoder: features('AA32EL0') ? withAArch32() : decoder(insns, { features }),
    ...(features('AA32EL0') ? { halfwords: { in: aarch32.isT32, two: aarch32.twoHalfwords, modeBehind: aarch32.modeBehind } } : {}),
    cached: [fields.x, fields.v, fields.p, fields.nzcv, fields.ITSTATE, fields.Q, fields.GE],
    zeroSlots: [[fields.x, ZR]],
    sinkSlots: [[fields.x, SINK]],
    // Instructions are little-endian always.
    bigEndianCode: () => false,
    bigEndianData: key => (aarch32.isAArch32(key) ? aarch32.bigEndianData(key) : aarch64.bigEndianData(key)),
    alignedData: key => (aarch32.isAArch32(key) ? aarch32.alignedData(key) : aarch64.alignedData(key)),
    requirementMet: (key, requires) => (aarch32.isAArch32(key) ? aarch32.requirementMet(key, requires) : aarch64.requirementMet(key, requires)),
    stagedMode: key => (aarch32.isAArch32(key) ? aarch32.stagedMode(key) : aarch64.stagedMode(key, ofFeatures)),
    entry: (_word, key) => (key & aarch64.GUARDED && !aarch32.isAArch32(key) ? branchTarget : undefined),
    createCpu: (env, options) => new Arm64Cpu(env, model, options),
  };
}

const implemented = implementedFeatures(insns.flatMap(i => i.feature ?? []));
/** Throws a TesseraError where the features can't be as asked for. */
export const cpuModel = (name: CpuModelName, properties: CpuProperties = {}): CpuModel => createModel(name, implemented, properties);
/** The models as they come. */
export const cpuModels = Object.fromEntries(
  Object.keys(parts).map(name => [name, cpuModel(name as CpuModelName)]),
) as unknown as Readonly<Record<CpuModelName, CpuModel>>;
/** What `-cpu MODEL,…` can turn on and off, with the names of the features. */
export const cpuProperties: ReadonlyMap<string, string> = propertiesOf(implemented);

export type { Arm64CpuOptions, CpuModel, CpuModelName, CpuProperties };
export { Arm64Cpu };
