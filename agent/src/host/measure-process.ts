/** A process that counts what a backup would hold, by the backup's own walk and rules. It ends with the agent. */
import { constants, setPriority } from 'node:os'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { ExcludedPlaces, joinSources, Walk, type WalkStep } from '@holdfast/engine/walker'
import { toWireError, type MeasurementRequest, type MeasurementSample, type WireError } from '@holdfast/shared-types'
import { toAppError } from '../errors/to-app-error.ts'
import { backupExclusions } from '../runs/backup-exclusions.ts'
import { wirePathBytes } from '../runs/wire-path-bytes.ts'
import { LeftOutSizes } from './left-out-sizes.ts'

export interface MeasureOrder {
  readonly request: MeasurementRequest
  /** Absolute paths of what belongs to Holdfast. */
  readonly ownPlaces: readonly string[]
}
export type MeasureAnswer = { readonly sample: MeasurementSample } | { readonly error: WireError }

const tellEveryMs = 250
const startedAtMs = performance.now()

process.on('disconnect', () => process.exit(0))
process.once('message', (order: MeasureOrder) => void measure(order).catch(fail))

async function measure({ request, ownPlaces }: MeasureOrder): Promise<void> {
  giveWay()
  const sizes = new LeftOutSizes()
  const sources = joinSources(request.sources.map(wirePathBytes))
  const places = new ExcludedPlaces(ownPlaces.map((place) => Buffer.from(place)))
  const walk = new Walk(sources, places, await backupExclusions(request), (folder, name) => sizes.add(folder, name))
  const counted = { files: 0, folders: 0, bytes: 0, problems: sources.absent.length }
  const sample = (phase: MeasurementSample['phase'], nowMs: number): MeasurementSample => ({
    phase,
    ...counted,
    leftOut: { ...walk.leftOut },
    largestLeftOut: [...sizes.largest],
    elapsedMs: Math.round(nowMs - startedAtMs),
  })
  const pace = breathing((nowMs) => ({ sample: sample(phase, nowMs) }))
  let phase: MeasurementSample['phase'] = 'counting'
  for (const step of walk) {
    count(counted, step)
    await pace.breathe()
  }
  phase = 'sizing'
  for await (const _ of sizes.countFolders()) await pace.breathe()
  await pace.rest()
  tell({ sample: sample('done', performance.now()) })
}

function count(counted: { files: number; folders: number; bytes: number; problems: number }, step: WalkStep): void {
  // As a snapshot counts them: all folders but the top.
  if (step.kind === 'folder-start' && step.metadata !== null) counted.folders += 1
  else if (step.kind === 'problem') counted.problems += 1
  else if (step.kind === 'entry' && step.metadata.type === 'file') {
    counted.files += 1
    counted.bytes += step.metadata.size
  }
}

/** Tells now and then, and lets the process hear that it is to end. The clock is asked once in a while only. */
function breathing(answer: (nowMs: number) => MeasureAnswer): { breathe(): Promise<void>; rest(): Promise<void> } {
  let calls = 0
  let hasTold = false
  let sinceMs = performance.now()
  return {
    async breathe() {
      if (++calls % 64 !== 0) return
      const nowMs = performance.now()
      if (nowMs - sinceMs < tellEveryMs) return
      sinceMs = nowMs
      hasTold = true
      tell(answer(nowMs))
      await nextTurn()
    },
    /** Until the next figures may be told: at once, where none were. */
    async rest() {
      if (hasTold) await sleep(Math.max(0, Math.ceil(sinceMs + tellEveryMs - performance.now())))
    },
  }
}

function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // A system that does not allow it: then it competes like everything else.
  }
}

const tell = (answer: MeasureAnswer): void => void process.send?.(answer)
const fail = (error: unknown): void => tell({ error: toWireError(toAppError(error)) })
