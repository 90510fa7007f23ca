import type { ApiToken } from '@holdfast/shared-types'
import { ref, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { onLinkBack } from '../../platform/realtime/link-back.ts'

/** One's own API tokens or, for administrators, everybody's; newest first. No topic tells of them. */
export function useTokens(ofEverybody: MaybeRefOrGetter<boolean>) {
  const tokens = shallowRef<readonly ApiToken[]>([])
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)
  let latest = 0

  async function load(): Promise<void> {
    const turn = ++latest
    try {
      const { items } = await callHub(toValue(ofEverybody) ? 'listTokens' : 'listMyTokens')
      if (turn !== latest) return
      tokens.value = items
      isLoaded.value = true
      error.value = null
    } catch (cause) {
      if (turn === latest) error.value = cause
    }
  }

  watch(
    () => toValue(ofEverybody),
    () => {
      isLoaded.value = false
      tokens.value = []
      void load()
    },
  )
  onLinkBack(() => void load())
  void load()
  return { tokens, isLoaded, error, load }
}
