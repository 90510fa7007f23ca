import { shallowRef, type Component } from 'vue'
import { whenIdle } from '../platform/browser/when-idle.ts'

/**
 * A part that is made when it is first opened. Its code is fetched when the page has time, so that it is there when the hub is not.
 * @returns the part, null until it was opened
 */
export function useOpenedPart(load: () => Promise<{ readonly default: Component }>) {
  const part = shallowRef<Component | null>(null)
  whenIdle(() => void load().catch(() => undefined))
  const open = async (): Promise<void> => void (part.value = (await load()).default)
  return { part, open }
}
