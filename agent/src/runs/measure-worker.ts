import { parentPort, workerData } from 'node:worker_threads'
import { heldDescriptors } from '@holdfast/engine/run-control'
import { ExcludedPlaces, joinSources, Walk } from '@holdfast/engine/walker'
import type { MeasuredSources, MeasureStart } from './measure-sources.ts'

/** A thread that only counts: what a backup will come by, so that people can see how far it is. */
const { sources, excluded, exclusions, descriptors } = workerData as MeasureStart
heldDescriptors.share(descriptors)
const measured = { files: 0, bytes: 0 }
for (const step of new Walk(joinSources(sources), new ExcludedPlaces(excluded), exclusions)) {
  if (step.kind !== 'entry' || step.metadata.type !== 'file') continue
  measured.files += 1
  measured.bytes += step.metadata.size
}
const answer: MeasuredSources = measured
parentPort?.postMessage(answer, [])
