import type { RetentionWait } from '@holdfast/shared-types'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { gather } from '../../platform/browser/gather.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'

const gatherMs = 300

/** What rules want to let go and waits for somebody's word. */
export const useRetentionWaits = defineStore('retention-waits', () => {
  const waits = shallowRef<readonly RetentionWait[]>([])
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)
  let latest = 0
  let stop: (() => void) | undefined

  async function load(): Promise<LivePlaces | undefined> {
    const turn = ++latest
    try {
      const answer = await callHub('listRetentionWaits')
      if (turn !== latest) return undefined
      waits.value = answer.items
      error.value = null
      isLoaded.value = true
      return placesOf(answer)
    } catch (cause) {
      if (turn === latest) error.value = cause
      return undefined
    }
  }
  const soon = gather(() => void load(), gatherMs)

  function start(): void {
    stop ??= followTopics(['plans'], {
      load,
      // Rules that were changed, and plans that are gone, have nothing that waits.
      onEvent: ({ type }) => (type === 'retention.changed' || type === 'plan.changed' || type === 'plan.removed') && soon.ask(),
    })
  }
  onSignedOut(() => {
    stop?.()
    stop = undefined
    soon.stop()
    latest += 1
    waits.value = []
    isLoaded.value = false
  })
  return { waits, isLoaded, error, load, start }
})
