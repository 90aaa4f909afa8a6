/** The AArch64 guest as the engine sees it, for each CPU model. */
import type { GuestArch } from '../../isa/arch.ts';
import { decoder } from '../../isa/decode.ts';
import { Arm64Cpu, type Arm64CpuOptions } from './cpu.ts';
import { insns } from './insns.ts';
import { landing } from './insn/branch-target.ts';
import { alignedData, bigEndianData, GUARDED, requirementMet, stagedFeatures, stagedMode } from './mode.ts';
import { type CpuModel, type CpuModelName, createModel, implementedFeatures, parts } from './models.ts';
import { type CpuProperties, propertiesOf } from './model/properties.ts';
import { fields, layout, SINK, ZR } from './state.ts';

export type AArch64 = GuestArch<Arm64Cpu, Arm64CpuOptions>;

/** The guest with a CPU of this model: the decoder knows its instructions and no others. */
export function createAArch64(model: CpuModel): AArch64 {
  const ofFeatures = stagedFeatures(model.features);
  const branchTarget = landing(model.features.has('PAuth'));
  return {
    name: 'aarch64',
    layout,
    decoder: decoder(insns, { features: name => model.features.has(name) }),
    cached: [fields.x, fields.v, fields.p, fields.nzcv],
    zeroSlots: [[fields.x, ZR]],
    sinkSlots: [[fields.x, SINK]],
    // Instructions are little-endian always.
    bigEndianCode: () => false,
    bigEndianData,
    alignedData,
    requirementMet,
    stagedMode: key => stagedMode(key, ofFeatures),
    entry: (_word, key) => (key & GUARDED ? branchTarget : undefined),
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
