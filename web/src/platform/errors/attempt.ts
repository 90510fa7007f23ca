import { readonly, ref, shallowReadonly, shallowRef } from 'vue'

/** One thing that a dialog or form tries: whether it is under way, and why it failed the last time. */
export function useAttempt() {
  const isBusy = ref(false)
  const error = shallowRef<unknown>(null)

  /** @returns whether it went well; what was thrown is kept in `error` */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    if (isBusy.value) return false
    isBusy.value = true
    error.value = null
    try {
      await work()
      return true
    } catch (cause) {
      error.value = cause
      return false
    } finally {
      isBusy.value = false
    }
  }

  return { isBusy: readonly(isBusy), error: shallowReadonly(error), attempt, forgetError: () => void (error.value = null) }
}
