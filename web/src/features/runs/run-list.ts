import type { AgentId, PlanId, Run, RunKind, RunState } from '@holdfast/shared-types'
import { computed, onScopeDispose, ref, shallowRef, toRaw, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'
import { isActive } from './run-states.ts'
import { useRunsStore } from './runs.store.ts'

export interface RunListQuery {
  readonly agentId?: AgentId | undefined
  readonly planId?: PlanId | undefined
  readonly kind?: RunKind | undefined
  readonly activeOnly?: boolean | undefined
  readonly states?: readonly RunState[] | undefined
  /** From this moment on, and before that one. */
  readonly createdAfterMs?: number | undefined
  readonly createdBeforeMs?: number | undefined
}

const fits = (run: Run, query: RunListQuery): boolean =>
  (query.agentId === undefined || run.agentId === query.agentId) &&
  (query.planId === undefined || run.planId === query.planId) &&
  (query.kind === undefined || run.kind === query.kind) &&
  (query.activeOnly !== true || isActive(run.state)) &&
  (query.states === undefined || query.states.includes(run.state)) &&
  run.createdAtMs >= (query.createdAfterMs ?? -Infinity) &&
  run.createdAtMs < (query.createdBeforeMs ?? Infinity)

/** Newest first, as the hub orders them: two of one moment by their ids. */
const newestFirst = (a: Run, b: Run): number => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1)

// A second part and further ones are larger: who scrolls that far scrolls on.
const laterPart = 200

interface Part {
  readonly items: readonly Run[]
  readonly hasMore: boolean
  readonly places: LivePlaces | undefined
}

async function readPart(query: RunListQuery, before: Run | null, limit: number): Promise<Part> {
  const { activeOnly, states, ...asked } = query
  const active = activeOnly === true ? 'true' : undefined
  const state = states === undefined ? undefined : [...states]
  const answer = await callHub('listRuns', { query: { ...asked, active, state, before: before?.id, limit } })
  const { items, hasMore = items.length === limit } = answer
  return { items, hasMore, places: placesOf(answer) }
}

/** Reads parts into the store, and says how far the list is whole. Only the newest question counts: another one makes it void. */
// oxlint-disable-next-line max-lines-per-function -- a set-up function: its parts are functions of their own
function useReadRuns(query: MaybeRefOrGetter<RunListQuery>, limit: number) {
  const store = useRunsStore()
  const error = shallowRef<unknown>(null)
  const isLoaded = ref(false)
  /** The oldest run that was asked for; older ones exist, and anything older in the store would leave a hole. Null: all are here. */
  const oldest = shallowRef<Run | null>(null)
  const isLoadingMore = ref(false)
  /** Somebody asked for older ones: they are read, and stay. */
  let isExtended = false
  /** Questions on their way: what their answers bring is older than the list's end for a moment, and must not be let go of. */
  let reading = 0
  let latest = 0

  /** `reached`: where the part ended, or null where it was the last one. */
  async function readInto(before: Run | null, most: number): Promise<Pick<Part, 'places'> & { readonly reached: Run | null }> {
    const { items, hasMore, places } = await store.ask(() => readPart(toValue(query), before, most))
    return { reached: hasMore ? (items.at(-1) ?? null) : null, places }
  }

  /** Reads the newest again, and all parts down to the oldest shown: changes were missed there, too. */
  async function load(): Promise<LivePlaces | undefined> {
    const turn = ++latest
    reading += 1
    const isNewest = () => turn === latest
    try {
      const newest = await readInto(null, limit)
      let { reached } = newest
      const end = oldest.value
      const isBefore = (run: Run) => end === null || newestFirst(end, run) > 0
      while (isNewest() && isLoaded.value && reached !== null && isBefore(reached)) ({ reached } = await readInto(reached, laterPart))
      if (turn !== latest) return undefined
      oldest.value = reached
      error.value = null
      isLoaded.value = true
      return newest.places
    } catch (cause) {
      if (turn === latest) error.value = cause
      return undefined
    } finally {
      reading -= 1
    }
  }

  async function showMore(): Promise<void> {
    if (isLoadingMore.value || oldest.value === null) return
    const turn = latest
    isExtended = true
    reading += 1
    isLoadingMore.value = true
    try {
      const { reached } = await readInto(oldest.value, laterPart)
      if (turn === latest) oldest.value = reached
    } catch (cause) {
      if (turn === latest) error.value = cause
    } finally {
      reading -= 1
      isLoadingMore.value = false
    }
  }

  function startAnew(): void {
    isLoaded.value = false
    isExtended = false
    oldest.value = null
    void load()
  }

  /** A list that nobody scrolls down grows with every new run: what has sunk far below its end is cut off, and can be asked for again. */
  function cut(runs: readonly Run[]): void {
    const end = runs[limit - 1]
    const isRead = document.visibilityState === 'visible' && window.scrollY > 0
    if (!isExtended && !isRead && end !== undefined && runs.length > limit * 2) oldest.value = end
  }
  const isReading = (): boolean => reading > 0

  return { store, error, isLoaded, isLoadingMore, oldest, isReading, load, showMore, startAnew, cut }
}

/** Runs that fit a query, newest first, live. `limit` is how many to ask for at first; `showMore` asks for the next older ones. */
export function useRunList(query: MaybeRefOrGetter<RunListQuery>, limit: number) {
  const { store, oldest, isReading, startAnew, cut, ...list } = useReadRuns(query, limit)
  const isInList = (run: Run): boolean => fits(run, toValue(query)) && (oldest.value === null || newestFirst(run, oldest.value) <= 0)
  const holds = (run: Run): boolean => (isReading() ? fits(run, toValue(query)) : isInList(run))
  // Which runs, and in which order, does not hang on their progress: samples come five times a second.
  const inOrder = computed(() => {
    // Named here to be heeded: the map itself is read without its samples.
    const { changes } = store
    // Until the answer is here, what the store happens to hold would be a list with holes.
    if (!list.isLoaded.value || changes === 0) return []
    return [...toRaw(store.byId).values()].filter(isInList).sort(newestFirst)
  })
  const runs = computed(() => inOrder.value.map((run) => store.byId.get(run.id) ?? run))
  watch(inOrder, cut)

  const hasMore = computed(() => oldest.value !== null)

  store.start()
  store.holders.add(holds)
  // Events are the store's: it takes each once for all lists.
  const stop = followTopics(['runs'], { load: list.load, onEvent: () => undefined })
  onScopeDispose(() => {
    stop()
    store.holders.delete(holds)
  })
  watch(() => JSON.stringify(toValue(query)), startAnew)

  return { runs, hasMore, ...list }
}
