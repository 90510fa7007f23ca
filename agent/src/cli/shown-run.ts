import type { Run, RunId } from '@holdfast/shared-types'

/** A run as it is shown: one that no hub knows has no id. */
export type ShownRun = Omit<Run, 'id'> & { readonly id: RunId | null }
