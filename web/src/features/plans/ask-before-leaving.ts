import { onScopeDispose, ref } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'

/** Asks before something typed is left behind: in the page by a dialog, at the browser's own doors by the browser's question. */
export function useAskBeforeLeaving(isChanged: () => boolean) {
  const isAsking = ref(false)
  let answer: ((leaves: boolean) => void) | null = null

  const ask = (): Promise<boolean> | boolean => {
    if (!isChanged()) return true
    isAsking.value = true
    return new Promise((resolve) => {
      answer?.(false)
      answer = resolve
    })
  }
  function decide(leaves: boolean): void {
    isAsking.value = false
    answer?.(leaves)
    answer = null
  }
  const onUnload = (event: BeforeUnloadEvent): void => {
    if (isChanged()) event.preventDefault()
  }
  onBeforeRouteLeave(ask)
  // From one plan to another is leaving as well; another query of this page is not.
  onBeforeRouteUpdate((to, from) => (to.path === from.path ? true : ask()))
  window.addEventListener('beforeunload', onUnload)
  onScopeDispose(() => window.removeEventListener('beforeunload', onUnload))
  return { isAsking, decide }
}
