import type { Api, ResponseOf } from '@holdfast/shared-types'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { onFactsChanged } from '../../platform/session/facts-changed.ts'

// 60 s: nothing tells of a full disk or a database that is slow; whoever looks at this page waits no longer than that for it.
const againMs = 60_000

export interface HubFacts {
  readonly system: ResponseOf<Api['getSystem']>
  readonly health: ResponseOf<Api['health']>
  readonly vaults: ResponseOf<Api['listVaults']>['items']
}

/** What no topic tells of: asked again every minute while the page is looked at. */
export function useHubFacts() {
  const facts = shallowRef<HubFacts | null>(null)
  const error = shallowRef<unknown>(null)
  /** Asked since the link was last down. */
  const isFresh = ref(false)
  let latest = 0

  async function load(): Promise<void> {
    const turn = ++latest
    try {
      const [system, health, { items: vaults }] = await Promise.all([callHub('getSystem'), callHub('health'), callHub('listVaults')])
      if (turn !== latest) return
      facts.value = { system, health, vaults }
      error.value = null
      isFresh.value = true
    } catch (cause) {
      if (turn === latest) error.value = cause
    }
  }

  const loadIfSeen = () => document.visibilityState === 'visible' && void load()
  const stopListening = onFactsChanged(() => void load())
  const timer = setInterval(loadIfSeen, againMs)
  document.addEventListener('visibilitychange', loadIfSeen)
  onScopeDispose(() => {
    latest += 1
    clearInterval(timer)
    stopListening()
    document.removeEventListener('visibilitychange', loadIfSeen)
  })
  void load()
  return { facts, error, isFresh, load }
}
