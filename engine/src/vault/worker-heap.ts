import type { ResourceLimits } from 'node:worker_threads'

/**
 * For threads that seal or open: their objects live as long as one job, their bytes lie outside of the heap. V8 would let the young part of each heap
 * grow to 48 MB; with 6 a backup and a restore take the same CPU and 30 to 60 MB less (docs/performance.md, memory of the agent).
 */
export const workerHeap: ResourceLimits = { maxYoungGenerationSizeMb: 6 }
