import type { DataSetName, Step } from './figures.ts'

/** How a data set is measured. */
export interface DataSetTraits {
  /** Where it and the stores lie, unless told otherwise. */
  readonly place: 'memory' | 'disk'
  readonly steps: readonly Step[]
  /** Names of tools begin with one of these; null = all that there are. */
  readonly peers: readonly string[] | null
  /** Whether everything that is written reaches the disk before each step, and is not written by the next one. */
  readonly syncs: boolean
  /** Where it takes so long that one round has to do. */
  readonly oneRound: boolean
}

const compared: DataSetTraits = {
  place: 'memory',
  steps: ['first', 'unchanged', 'changed', 'restore'],
  peers: null,
  syncs: false,
  oneRound: false,
}
const kind: DataSetTraits = { ...compared, steps: ['first', 'unchanged', 'restore'], peers: ['restic', 'borg'] }

export const dataSetTraits: Readonly<Record<DataSetName, DataSetTraits>> = {
  linux: compared,
  large: compared,
  // More than memory should hold, and what matters is how many there are: architecture of the targets, docs/performance.md.
  tiny: { place: 'disk', steps: ['first', 'unchanged', 'restore'], peers: ['restic'], syncs: true, oneRound: true },
  node_modules: kind,
  maildir: kind,
  postgres: kind,
  photos: kind,
  vm: kind,
}
