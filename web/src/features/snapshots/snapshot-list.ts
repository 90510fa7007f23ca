import type { AgentId, LiveEvent, Snapshot, SnapshotId } from '@holdfast/shared-types'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { gather } from '../../platform/browser/gather.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'

// After a night's plans many backups end within seconds: what they left is read together.
const gatherMs = 2_000
// What people and rules decide comes in lots, and whoever decided wants to see it.
const decidedMs = 500
// So few are read one by one: the list of a large hub is megabytes.
const mostSingleReads = 5

const isFound = (answer: PromiseSettledResult<Snapshot>): answer is PromiseFulfilledResult<Snapshot> => answer.status === 'fulfilled'

/** What a backup has made, of one device or of any. */
function madeSnapshot(event: LiveEvent, agentId: AgentId | undefined): SnapshotId | null {
  if (event.type !== 'run.changed' || event.body.result?.kind !== 'backup') return null
  return agentId === undefined || event.body.agentId === agentId ? event.body.result.snapshotId : null
}

/** Something was decided over snapshots of one device, or of any. */
const isDecided = (event: LiveEvent, agentId: AgentId | undefined): boolean =>
  event.type === 'snapshots.changed' && (agentId === undefined || event.body.agentIds.includes(agentId))

/** Those that could be read. */
async function readEach(ids: readonly SnapshotId[]): Promise<Snapshot[]> {
  const answers = await Promise.allSettled(ids.map((snapshot) => callHub('getSnapshot', { params: { snapshot }, query: {} })))
  return answers.filter(isFound).map(({ value }) => value)
}

/** Snapshots, newest first; those that runs end with are added. @param kept deleted ones that are still there, instead */
export function useSnapshotList(agentId?: AgentId, kept: 'kept' | 'deleted' = 'kept') {
  const snapshots = shallowRef<readonly Snapshot[]>([])
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)
  let latest = 0
  let isLoading = false

  async function load(): Promise<LivePlaces | undefined> {
    const turn = ++latest
    isLoading = true
    try {
      const answer = await callHub('listSnapshots', { query: { agentId, kept } })
      if (turn !== latest) return undefined
      snapshots.value = answer.items.toReversed()
      error.value = null
      isLoaded.value = true
      return placesOf(answer)
    } catch (cause) {
      if (turn === latest) error.value = cause
      return undefined
    } finally {
      if (turn === latest) isLoading = false
    }
  }

  const loadAnew = async (): Promise<void> => void (await load())

  async function readNews(): Promise<void> {
    const ids = [...news]
    news.clear()
    // A list on its way may be older than they are, and would replace them.
    if (isLoading || !isLoaded.value || ids.length > mostSingleReads) return loadAnew()
    const turn = latest
    const found = await readEach(ids)
    // A list that was asked for meanwhile has them; and what could not be read is in the next one.
    if (turn !== latest) return
    if (found.length < ids.length) return loadAnew()
    const read = found.filter(({ id }) => isNews(id))
    snapshots.value = [...read, ...snapshots.value].sort((a, b) => b.createdAtMs - a.createdAtMs)
  }

  const news = new Set<SnapshotId>()
  const soon = gather(() => void readNews(), gatherMs)
  const changed = gather(() => void loadAnew(), decidedMs)
  const isNews = (id: string) => !snapshots.value.some((snapshot) => snapshot.id === id)
  onScopeDispose(
    followTopics(['runs', 'snapshots'], {
      load,
      onEvent(event) {
        if (isDecided(event, agentId)) return changed.ask()
        const snapshotId = kept === 'deleted' ? null : madeSnapshot(event, agentId)
        if (snapshotId === null || !isNews(snapshotId)) return
        news.add(snapshotId)
        soon.ask()
      },
    }),
  )
  for (const { stop } of [soon, changed]) onScopeDispose(stop)
  return { snapshots, isLoaded, error, load }
}
