import type { Account } from '@holdfast/shared-types'
import { ref, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { onLinkBack } from '../../platform/realtime/link-back.ts'

/** All accounts. No topic tells of them: they are read when the page opens, when the link is back and after what is done here. */
export function usePeople() {
  const people = shallowRef<readonly Account[]>([])
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)

  async function load(): Promise<void> {
    try {
      people.value = (await callHub('listUsers')).items
      isLoaded.value = true
      error.value = null
    } catch (cause) {
      error.value = cause
    }
  }

  /** Puts what the hub answered in place, and reads all once more for what an answer of one cannot say. */
  function put(person: Account): void {
    people.value = [...people.value.filter(({ id }) => id !== person.id), person]
    void load()
  }

  function drop(person: Account): void {
    people.value = people.value.filter(({ id }) => id !== person.id)
    void load()
  }

  onLinkBack(() => void load())
  void load()
  return { people, isLoaded, error, load, put, drop }
}
