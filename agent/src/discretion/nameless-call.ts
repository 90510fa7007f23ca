import { AppError, type OperationId, type RunOrder } from '@holdfast/shared-types'

/**
 * Calls in which nothing can stand but ids, figures, names of devices and plans, and sealed bytes. Every other one is refused: what it would take or bring is for a hub
 * that can read the vault.
 */
const harmless: ReadonlySet<OperationId> = new Set<OperationId>([
  'getDevice',
  'listDevices',
  'getRun',
  'listRuns',
  'getRunLog',
  'cancelRun',
  'listPlans',
  'startPlanRun',
  'listSnapshots',
  'getSnapshot',
  'putPack',
  'commitSession',
  'getSnapshotObject',
  'getSnapshotSigner',
  'locateBlobs',
  'readSegments',
  'getStoredSnapshot',
  'locateSnapshotBlobs',
  'readSnapshotSegments',
])

/** @throws AppError `vault.private` */
export function requireNamelessCall(operation: OperationId, input: unknown): void {
  if (harmless.has(operation)) return
  if (operation !== 'startRun' || !isNamelessOrder(Reflect.get(input as object, 'body') as RunOrder)) throw new AppError('vault.private')
}

/** What a person typed as source, pattern or target of an order is the hub's to know, as in a plan; what was chosen from a snapshot is not. */
const isNamelessOrder = (order: RunOrder): boolean =>
  order.kind !== 'restore' || (order.paths.length === 0 && (order.include ?? []).length === 0)
