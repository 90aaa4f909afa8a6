/** A GDB server for machines, over any stream of bytes: `new GdbServer(gdbMachine(machine)).serve(stream)`. */
export type { Architecture, RegisterAccess, RegisterFeature, RegisterInfo } from './architecture.ts';
export { gdbMachine, type GdbMachineParts } from './machine.ts';
export { GdbServer } from './server.ts';
export type { GdbMachine } from './session.ts';
export type { ByteStream } from './stream.ts';
