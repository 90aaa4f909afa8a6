/** The AArch64 guest as the engine sees it, for each CPU model. */
import type { Arena } from '../../base/arena.ts';
import type { GuestArch } from '../../isa/arch.ts';
import { decoder } from '../../isa/decode.ts';
import { Arm64Cpu, type Arm64CpuOptions } from './cpu.ts';
import { insns } from './insns.ts';
import { ShareabilityDomain } from './domain.ts';
import { alignedData, bigEndianData, requirementMet } from './mode.ts';
import { cortexA57, type CpuModel, type CpuModelName, maxModel } from './models.ts';
import { fields, layout, SINK, ZR } from './state.ts';

export type AArch64 = GuestArch<Arm64Cpu, Arm64CpuOptions>;

/** The guest with a CPU of this model: the decoder knows its instructions and no others. */
export function createAArch64(model: CpuModel): AArch64 {
  const domains = new WeakMap<Arena, ShareabilityDomain>();
  return {
    name: 'aarch64',
    layout,
    decoder: decoder(insns, { features: name => model.features.has(name) }),
    cached: [fields.x, fields.v, fields.nzcv],
    zeroSlots: [[fields.x, ZR]],
    sinkSlots: [[fields.x, SINK]],
    // Instructions are little-endian always.
    bigEndianCode: () => false,
    bigEndianData,
    alignedData,
    requirementMet,
    createCpu(env, options) {
      let domain = domains.get(env.arena);
      if (!domain) domains.set(env.arena, (domain = new ShareabilityDomain()));
      return new Arm64Cpu(env, model, options, domain);
    },
  };
}

export const cpuModels: Readonly<Record<CpuModelName, CpuModel>> = {
  'cortex-a57': cortexA57,
  max: maxModel(new Set(insns.flatMap(i => i.feature ?? []))),
};

export type { Arm64CpuOptions, CpuModel, CpuModelName };
export { Arm64Cpu };
