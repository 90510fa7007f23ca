import type { Run, RunId } from '@holdfast/shared-types'
import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { listenToTopic } from '../../platform/realtime/live-link.ts'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'
import { isActive } from './run-states.ts'

/**
 * Every run seen on this page, kept current by the hub's `runs` topic. Lists are cut from it (run-list.ts), so a run
 * shown in two places is the same everywhere.
 */
export const useRunsStore = defineStore('runs', () => {
  const byId = shallowReactive(new Map<RunId, Run>())
  const onCaughtUp = new Set<() => void>()
  let stop: (() => void) | undefined

  /** A run as the hub told it. An end is final: a late answer with an older state does not bring the run back to life. */
  function put(run: Run): void {
    const known = byId.get(run.id)
    if (known !== undefined && !isActive(known.state) && isActive(run.state)) return
    const isOlderFigure = (known?.progress?.elapsedMs ?? 0) > (run.progress?.elapsedMs ?? 0)
    byId.set(run.id, known !== undefined && isActive(run.state) && isOlderFigure ? { ...run, progress: known.progress } : run)
  }

  function start(): void {
    stop ??= listenToTopic('runs', {
      onCaughtUp: () => onCaughtUp.forEach((reload) => reload()),
      onEvent(event) {
        if (event.type === 'run.changed') return put(event.body)
        if (event.type !== 'run.progress') return
        const run = byId.get(event.body.runId)
        if (run !== undefined && isActive(run.state)) byId.set(run.id, { ...run, progress: event.body.sample })
      },
    })
  }

  function end(): void {
    stop?.()
    stop = undefined
    byId.clear()
  }

  onSignedOut(end)

  return { byId, onCaughtUp, put, start }
})
