import type { AgentId, Run, RunKind } from '@holdfast/shared-types'
import { computed, onScopeDispose, ref, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { isActive } from './run-states.ts'
import { useRunsStore } from './runs.store.ts'

export interface RunListQuery {
  readonly agentId?: AgentId | undefined
  readonly kind?: RunKind | undefined
  readonly activeOnly?: boolean | undefined
}

// The most the hub gives at once.
const mostRuns = 1000

const fits = (run: Run, { agentId, kind, activeOnly }: RunListQuery): boolean =>
  (agentId === undefined || run.agentId === agentId) &&
  (kind === undefined || run.kind === kind) &&
  (activeOnly !== true || isActive(run.state))

/** Runs that fit a query, newest first, live. `limit` is how many to ask for at first; `showMore` asks for four times as many. */
export function useRunList(query: MaybeRefOrGetter<RunListQuery>, limit: number) {
  const store = useRunsStore()
  const asked = ref(limit)
  const error = shallowRef<unknown>(null)
  const isLoaded = ref(false)
  /** The answer was full, or cut because its runs are large: older runs exist, and anything older in the store would leave a hole. */
  const oldestShownMs = ref(-Infinity)
  let latest = 0

  async function load(): Promise<void> {
    const turn = ++latest
    const { agentId, kind, activeOnly } = toValue(query)
    try {
      const { items, hasMore: isCut } = await callHub('listRuns', {
        query: { agentId, kind, active: activeOnly === true ? 'true' : undefined, limit: asked.value },
      })
      for (const run of items) store.put(run)
      if (turn !== latest) return
      oldestShownMs.value = isCut !== true && items.length < asked.value ? -Infinity : (items.at(-1)?.createdAtMs ?? -Infinity)
      error.value = null
      isLoaded.value = true
    } catch (cause) {
      if (turn === latest) error.value = cause
    }
  }

  const runs = computed(() =>
    [...store.byId.values()]
      .filter((run) => fits(run, toValue(query)) && run.createdAtMs >= oldestShownMs.value)
      .sort((a, b) => b.createdAtMs - a.createdAtMs),
  )
  const hasMore = computed(() => oldestShownMs.value !== -Infinity && asked.value < mostRuns)

  function showMore(): Promise<void> {
    asked.value = Math.min(mostRuns, asked.value * 4)
    return load()
  }

  store.start()
  const reload = () => void load()
  store.onCaughtUp.add(reload)
  onScopeDispose(() => store.onCaughtUp.delete(reload))
  watch(
    () => JSON.stringify(toValue(query)),
    () => {
      isLoaded.value = false
      reload()
    },
  )
  reload()

  return { runs, error, isLoaded, hasMore, load, showMore }
}
