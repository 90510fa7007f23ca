import type { AgentId, HostEntry, HostPage } from '@holdfast/shared-types'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'

// Folders come first in a listing; a folder with more of them than this is searched by typing the path.
const mostFolders = 2000

/** The path of an entry of a listing. Roots have their whole path as name. */
export function pathBelow(folder: string | null, name: string, separator: string): string {
  if (folder === null) return name
  return folder.endsWith(separator) ? folder + name : folder + separator + name
}

/** The folder above; null: the roots. */
export function pathAbove(path: string, separator: string): string | null {
  const trimmed = path.endsWith(separator) ? path.slice(0, -separator.length) : path
  const at = trimmed.lastIndexOf(separator)
  if (trimmed === '' || at === -1) return null
  const above = trimmed.slice(0, at)
  // `/` and `C:\` keep their separator: without it they would be nothing, or a folder that nobody named.
  return above === '' || /^[A-Za-z]:$/.test(above) ? above + separator : above
}

/** Folders on a device as they are now, one at a time. */
export function useHostFolders(agentId: AgentId) {
  const path = ref<string | null>(null)
  const folders = shallowRef<readonly HostEntry[]>([])
  const separator = ref<'/' | '\\'>('/')
  const isLoading = ref(true)
  const hasMore = ref(false)
  const error = shallowRef<unknown>(null)
  let reading = new AbortController()

  const ask = (from: string | null, signal: AbortSignal): Promise<HostPage> =>
    callHub('listHostEntries', {
      params: { agentId },
      query: { ...(from === null ? {} : { path: from }), limit: mostFolders },
      signal,
    })

  function show(from: string | null, page: HostPage): void {
    path.value = from
    separator.value = page.separator
    folders.value = page.items.filter(({ type }) => type === 'folder')
    hasMore.value = page.next !== null && page.items.at(-1)?.type === 'folder'
  }

  /** @returns whether it could be opened; what was shown before stays where not */
  async function open(from: string | null): Promise<boolean> {
    reading.abort()
    reading = new AbortController()
    const { signal } = reading
    isLoading.value = true
    error.value = null
    try {
      const page = await ask(from, signal)
      const only = from === null && page.items.length === 1 ? page.items[0] : undefined
      // A device with one root is shown from there: a list of one is a question without a choice.
      if (only === undefined) show(from, page)
      else show(only.name, await ask(only.name, signal))
      return true
    } catch (cause) {
      if (!signal.aborted) error.value = cause
      return false
    } finally {
      if (!signal.aborted) isLoading.value = false
    }
  }

  onScopeDispose(() => reading.abort())
  return { path, folders, separator, isLoading, hasMore, error, open }
}
