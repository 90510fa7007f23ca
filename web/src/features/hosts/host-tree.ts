import type { AgentId } from '@holdfast/shared-types'
import { computed, onScopeDispose, ref, shallowReactive, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { hasCode, isUnreachable } from '../../platform/errors/api-error.ts'
import { belowFolder, foldersAbove, queryOfHostPath, type HostPath } from './host-path.ts'
import { rootsKey, treeRows, unreadFolder, withPart, type FolderState } from './tree-rows.ts'

// What is on the screen comes at once; the rest in the largest parts the hub gives.
const firstPart = 500
const nextParts = 2000

const passes = (error: unknown): boolean => hasCode(error, 'agent.offline') || isUnreachable(error)

const partQuery = ({ path, next, items }: FolderState) => ({
  ...(path === null ? {} : queryOfHostPath(path)),
  after: next ?? undefined,
  limit: items.length === 0 ? firstPart : nextParts,
})

/** The disk of a device as a tree, read while one opens it. A folder that could not be read for want of a link is read again with it. */
export function useHostTree(agentId: AgentId, isOnline: MaybeRefOrGetter<boolean>) {
  const folders = shallowReactive(new Map<string, FolderState>())
  const expanded = shallowReactive(new Set<string>())
  const showsHidden = ref(false)
  const reading = new AbortController()

  async function readPart(key: string): Promise<void> {
    const folder = folders.get(key)
    if (folder === undefined || folder.isReading) return
    folders.set(key, { ...folder, isReading: true, error: null })
    try {
      const part = await callHub('listHostEntries', { params: { agentId }, query: partQuery(folder), signal: reading.signal })
      // Closed meanwhile: opened again it is read anew.
      if (folders.has(key)) folders.set(key, withPart(folder, part))
    } catch (error) {
      if (!reading.signal.aborted) folders.set(key, { ...folder, isReading: false, error })
    }
  }

  /** Reads what was not read yet. */
  async function open(path: HostPath | null): Promise<void> {
    const key = path?.bytes ?? rootsKey
    if (path !== null) expanded.add(key)
    if (folders.has(key)) return
    folders.set(key, unreadFolder(path))
    await readPart(key)
  }

  /** Forgets what was in it: opened again it shows what is there then. */
  function close(path: HostPath): void {
    const isGone = (key: string) => key === path.bytes || belowFolder(key, path.bytes) !== null
    for (const key of folders.keys()) if (isGone(key)) folders.delete(key)
    for (const key of expanded) if (isGone(key)) expanded.delete(key)
  }

  /** Opens what stands above a place, so that it can be seen. */
  async function reveal(path: HostPath): Promise<void> {
    for (const above of foldersAbove(path)) await open(above)
  }

  async function start(): Promise<void> {
    await open(null)
    const [only, ...others] = folders.get(rootsKey)?.items ?? []
    if (only !== undefined && others.length === 0) await open(only.path)
  }

  watch(
    () => toValue(isOnline),
    (isBack) => {
      if (!isBack) return
      for (const [key, folder] of folders) if (passes(folder.error)) void readPart(key)
    },
  )
  onScopeDispose(() => reading.abort())

  const roots = computed(() => folders.get(rootsKey))
  const rows = computed(() => treeRows({ folders, expanded, showsHidden: showsHidden.value }))
  return { rows, roots, showsHidden, start, open, close, reveal, readPart }
}

export type HostTreeState = ReturnType<typeof useHostTree>
