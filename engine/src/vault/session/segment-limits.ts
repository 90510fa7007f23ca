/** Smaller blobs are bundled to at most this much before compression (docs/vault-format.md §8). */
export const bundleBytes = 256 * 1024
/** From here on a blob is a segment of its own. */
export const ownSegmentBytes = 128 * 1024
/** One question to the hub: few enough to answer quickly, many enough that the round trip does not matter. */
export const questionBlobs = 2048
