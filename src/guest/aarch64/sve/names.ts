/** How operands of SVE are written in assembly: the spelling of binutils' objdump. */

/** An element's size, 0..4, as a letter. */
export const letter = (size: number): string => 'bhsdq'.charAt(size);
/** A vector register with the size of its elements: z3.s. */
export const z = (size: number, r: number): string => `z${r}.${letter(size)}`;
/** Several of one size, in the order given. */
export const zs = (size: number, ...registers: number[]): string => registers.map(r => z(size, r)).join(', ');
/** A predicate register with the size of its elements: p3.s. */
export const p = (size: number, r: number): string => `p${r}.${letter(size)}`;
/** A governing predicate that leaves inactive elements as they are, or zero. */
export const merging = (r: number): string => `p${r}/m`;
export const zeroing = (r: number): string => `p${r}/z`;
