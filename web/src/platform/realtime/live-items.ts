import { ref, shallowReactive, shallowRef } from 'vue'
import { placesOf, type LivePlaces } from '../api/live-place.ts'

/** What may be told of items: that one is now as it says, or gone. */
export type ItemTold<Id, Item> = { readonly changed: Item } | { readonly removed: Id }

export function applyTold<Id extends string, Item extends { readonly id: Id }>(byId: Map<Id, Item>, told: ItemTold<Id, Item>): void {
  if ('changed' in told) byId.set(told.changed.id, told.changed)
  else byId.delete(told.removed)
}

interface LiveItemsOptions<Id, Item, Told> {
  /** Asks for all of them. */
  readonly read: () => Promise<{ readonly items: readonly Item[] }>
  /** Makes of the items what they are after something was told. Told again from the same state on, it leads to the same. */
  readonly apply: (byId: Map<Id, Item>, told: Told) => void
}

/** Keeps what is told while questions are under way: their answers may be older. */
export function toldSince<Told>() {
  let told: Told[] = []
  let questions = 0
  return {
    tell(event: Told): void {
      if (questions > 0) told.push(event)
    },
    /** @returns the answer, and what was told while it was under way. */
    async ask<T>(question: () => Promise<T>): Promise<{ readonly answer: T; readonly since: readonly Told[] }> {
      const from = told.length
      questions += 1
      try {
        const answer = await question()
        return { answer, since: told.slice(from) }
      } finally {
        questions -= 1
        if (questions === 0) told = []
      }
    },
  }
}

/**
 * Items that are read by questions and kept current by what is told. An answer may be older than what was told while it was under way,
 * so that is told to it once more; and of several questions only the newest one's answer counts.
 */
export function liveItems<Id extends string, Item extends { readonly id: Id }, Told>({ read, apply }: LiveItemsOptions<Id, Item, Told>) {
  const byId = shallowReactive(new Map<Id, Item>())
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)
  let latest = 0
  const told = toldSince<Told>()

  async function load(): Promise<LivePlaces | undefined> {
    latest += 1
    const turn = latest
    try {
      const { answer, since } = await told.ask(read)
      if (turn !== latest) return undefined
      const listed = new Set(answer.items.map(({ id }) => id))
      for (const id of byId.keys()) if (!listed.has(id)) byId.delete(id)
      for (const item of answer.items) byId.set(item.id, item)
      for (const one of since) apply(byId, one)
      error.value = null
      isLoaded.value = true
      return placesOf(answer)
    } catch (cause) {
      if (turn === latest) error.value = cause
      return undefined
    }
  }

  /** Asks for a single one, and keeps it with what was told of it meanwhile. */
  async function readOne(question: () => Promise<Item>): Promise<void> {
    const turn = latest
    const { answer, since } = await told.ask(question)
    // A newer list has it, or nobody asks any more.
    if (turn !== latest) return
    const one = new Map([[answer.id, answer]])
    for (const event of since) apply(one, event)
    const now = one.get(answer.id)
    if (now === undefined) byId.delete(answer.id)
    else byId.set(now.id, now)
  }

  function tell(event: Told): void {
    told.tell(event)
    apply(byId, event)
  }

  /** Also what is under way is forgotten. */
  function clear(): void {
    latest += 1
    byId.clear()
    isLoaded.value = false
  }

  return { byId, isLoaded, error, load, readOne, tell, clear }
}
