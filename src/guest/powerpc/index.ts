/** The PowerPC guest as the engine sees it, for each processor. */
import type { GuestArch } from '../../isa/arch.ts';
import { decoder } from '../../isa/decode.ts';
import { PowerPcCpu, type PowerPcCpuOptions } from './cpu.ts';
import { insns } from './insns.ts';
import { bigEndian } from './mode.ts';
import { models, type PowerPcModel, type PowerPcModelName } from './models.ts';
import { fields, layout, ZERO } from './state.ts';

export type PowerPc = GuestArch<PowerPcCpu, PowerPcCpuOptions>;

/** The guest with a processor of this model: the decoder knows its instructions and no others. */
export function createPowerPc(model: PowerPcModel): PowerPc {
  const { gpr, LR, CTR, TAR, cr, SO, OV, CA, OV32, CA32, fpr, vsrLow, vr } = fields;
  return {
    name: 'powerpc',
    layout,
    decoder: decoder(insns, { features: name => model.features.has(name) }),
    cached: [gpr, LR, CTR, TAR, cr, SO, OV, CA, OV32, CA32, fpr, vsrLow, vr],
    zeroSlots: [[gpr, ZERO]],
    sinkSlots: [],
    bigEndianCode: bigEndian,
    bigEndianData: bigEndian,
    stagedMode: key => key,
    createCpu: (env, options) => new PowerPcCpu(env, model, options),
  };
}

export { models, PowerPcCpu };
export type { PowerPcCpuOptions, PowerPcModel, PowerPcModelName };
