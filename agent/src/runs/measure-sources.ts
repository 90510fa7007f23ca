import { Worker } from 'node:worker_threads'
import { heldDescriptors } from '@holdfast/engine/run-control'
import type { Exclusions } from '@holdfast/engine/walker'
import { siblingModule } from './sibling-module.ts'

export interface SourcesToMeasure {
  readonly sources: readonly Uint8Array[]
  readonly excluded: readonly Uint8Array[]
  readonly exclusions: Exclusions | null
}
/** What its thread is started with. */
export interface MeasureStart extends SourcesToMeasure {
  /** Where it notes what it has open: that of the run, since it is ended wherever it is. */
  readonly descriptors: SharedArrayBuffer
}
export interface MeasuredSources {
  readonly files: number
  readonly bytes: number
}

/**
 * A backup that is over sooner is not worth counting for: the walk costs some 5 µs an entry, on a core that would compress meanwhile
 * (0.5 s of the 14 s of CPU that a first backup of 79,000 files took in 8 s; 2 cores, 2026-11-22).
 */
const startAfterMs = 10_000

/**
 * Counts what the sources hold, beside a backup that takes longer than a moment. The figures are for progress only, so a walk that
 * fails tells nothing: the backup itself tells what cannot be read.
 *
 * @returns stops the counting.
 */
export function measureSources(what: SourcesToMeasure, done: (measured: MeasuredSources) => void): () => void {
  let worker: Worker | null = null
  const timer = setTimeout(() => {
    const start: MeasureStart = { ...what, descriptors: heldDescriptors.memory }
    worker = new Worker(siblingModule(import.meta.url, 'measure-worker'), {
      workerData: start,
      name: 'holdfast-measure',
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    })
    worker.on('message', done)
    worker.on('error', () => undefined)
  }, startAfterMs)
  return () => {
    clearTimeout(timer)
    void worker?.terminate()
  }
}
