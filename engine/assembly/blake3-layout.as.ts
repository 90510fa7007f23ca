// What lies where in the memory of BLAKE3, in bytes, and the numbers that all its parts know.

/** 32 bytes. */
export const key: usize = 0
/** 32 bytes: the id. */
export const output: usize = 32
/** 64 bytes: a last block, filled with zeros. */
export const padded: usize = 64
/** 32 bytes: the value of a level that has no pair. */
export const odd: usize = 448
/** 64 KiB, and room for the lanes that have no chunk. */
export const input: usize = 1024
/** 32 bytes for each KiB of the blob. */
export const values: usize = 72 * 1024

export const chunkBytes: usize = 1024
export const blockBytes: usize = 64
export const valueBytes: usize = 32

/** 64 bytes of state, then 64 of words, then as many of words in their next order: for want of vectors. */
export const state: usize = 128
export const words: usize = 192
export const nextWords: usize = 256
/** 128 bytes: four values. */
export const lanes: usize = 320

// The first words of SHA-256's and BLAKE2s' initialisation vector.
export const iv0: u32 = 0x6a09e667
export const iv1: u32 = 0xbb67ae85
export const iv2: u32 = 0x3c6ef372
export const iv3: u32 = 0xa54ff53a
