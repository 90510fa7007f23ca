import type { Run, RunId, RunProgressSample } from '@holdfast/shared-types'
import { defineStore } from 'pinia'
import { ref, shallowReactive, toRaw } from 'vue'
import { toldSince } from '../../platform/realtime/live-items.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'
import { isActive } from './run-states.ts'

const sampleEveryMs = 200
// A night of a large fleet: below that it is not worth looking through.
const mostUnlooked = 500

/**
 * Every run seen on this page, kept current by the hub's `runs` topic. Lists are cut from it (run-list.ts), so a run
 * shown in two places is the same everywhere.
 */
export const useRunsStore = defineStore('runs', () => {
  const byId = shallowReactive(new Map<RunId, Run>())
  /** Counts what may change which runs a list has, and in which order: figures of progress do not. */
  const changes = ref(0)
  /** What the lists on the page show. A console is open for weeks: whatever no list shows any more is let go of. */
  const holders = new Set<(run: Run) => boolean>()
  let keptRuns = 0
  const told = toldSince<RunId>()
  let stop: (() => void) | undefined
  const samples = new Map<RunId, RunProgressSample>()
  let showSamples: ReturnType<typeof setTimeout> | undefined

  /** A run as the hub told it. An end is final: a late answer with an older state does not bring the run back to life. */
  function put(run: Run): void {
    const known = byId.get(run.id)
    if (known !== undefined && !isActive(known.state) && isActive(run.state)) return
    const isOlderFigure = (known?.progress?.elapsedMs ?? 0) > (run.progress?.elapsedMs ?? 0)
    byId.set(run.id, known !== undefined && isActive(run.state) && isOlderFigure ? { ...run, progress: known.progress } : run)
    changes.value += 1
    if (byId.size > keptRuns + mostUnlooked) letGo()
  }

  function letGo(): void {
    for (const run of toRaw(byId).values()) if (!isActive(run.state) && ![...holders].some((holds) => holds(run))) byId.delete(run.id)
    keptRuns = byId.size
  }

  /** What the hub has just told. */
  function takeTold(run: Run): void {
    told.tell(run.id)
    put(run)
  }

  /** Asks, and takes the answer: of runs that are told meanwhile, what was told stays. */
  async function ask<T extends { readonly items: readonly Run[] }>(question: () => Promise<T>): Promise<T> {
    const { answer, since } = await told.ask(question)
    const toldMeanwhile = new Set(since)
    for (const run of answer.items) if (!toldMeanwhile.has(run.id)) put(run)
    return answer
  }

  /** Twenty runs tell forty times a second; lists are cut anew with each change, and five times a second is as much as anybody sees. */
  function takeSample(runId: RunId, sample: RunProgressSample): void {
    samples.set(runId, sample)
    showSamples ??= setTimeout(() => {
      showSamples = undefined
      for (const [id, progress] of samples) {
        const run = byId.get(id)
        if (run !== undefined && isActive(run.state)) byId.set(id, { ...run, progress })
      }
      samples.clear()
    }, sampleEveryMs)
  }

  function start(): void {
    stop ??= listenToTopic('runs', {
      onEvent(event) {
        if (event.type === 'run.changed') return takeTold(event.body)
        if (event.type === 'run.progress') takeSample(event.body.runId, event.body.sample)
      },
    })
  }

  function end(): void {
    stop?.()
    stop = undefined
    clearTimeout(showSamples)
    showSamples = undefined
    samples.clear()
    byId.clear()
    keptRuns = 0
    changes.value += 1
  }

  onSignedOut(end)

  return { byId, changes, holders, put, ask, takeTold, start }
})
