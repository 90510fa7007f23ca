import { parentPort, workerData } from 'node:worker_threads'
import { heldDescriptors } from '@holdfast/engine/run-control'
import { AppError } from '@holdfast/shared-types/errors'
import { giveWay } from './give-way.ts'
import { HubPort } from './hub-port.ts'
import { RunContext } from './run-context.ts'
import type { RunEnd, WorkerStart } from './worker-messages.ts'

/** The thread that carries out one run. Only here the engine is loaded: an idle agent stays small. */
async function carryOut(context: RunContext): Promise<RunEnd> {
  const { request } = context.order
  switch (request.kind) {
    case 'backup':
      return (await import('./carry-out-backup.ts')).carryOutBackup(context, request)
    case 'restore':
      return (await import('./carry-out-restore.ts')).carryOutRestore(context, request)
    case 'verify':
      if (request.audit === true) return (await import('./carry-out-audit.ts')).carryOutAudit(context, request)
      return request.sample === undefined
        ? (await import('./carry-out-verify.ts')).carryOutVerify(context, request)
        : (await import('./carry-out-drill.ts')).carryOutDrill(context, request, request.sample)
  }
}

if (parentPort === null) throw new AppError('internal', { message: 'This file runs as a worker thread only.' })
const { order, descriptors } = workerData as WorkerStart
heldDescriptors.share(descriptors)
// Before any other thread is started: each takes over the priority of the one that starts it.
if (order.givesWay) giveWay()
const context = new RunContext(order, new HubPort(parentPort))
try {
  context.hub.end(await carryOut(context))
} catch (error) {
  context.hub.end(context.failed(error))
}
