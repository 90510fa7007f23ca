import { dirname, join } from 'node:path'
import type { RunRequest } from '@holdfast/shared-types'
import type { RunOrder } from './worker-messages.ts'

/** What the names of scratch folders of drills begin with, in the agent's state folder. */
export const drillFolderPrefix = 'drill-'

/** Where this drill restores to. Its name is the run's, so that whoever ended it knows what it leaves. */
export const drillFolder = ({ catalogueFolder, runId, fence }: Pick<RunOrder, 'catalogueFolder' | 'runId' | 'fence'>): string =>
  join(dirname(catalogueFolder), `${drillFolderPrefix}${runId}-${fence}`)

/** Whether it restores a sample to a scratch folder. */
export const isDrill = (request: RunRequest): boolean => request.kind === 'verify' && request.audit !== true && request.sample !== undefined
