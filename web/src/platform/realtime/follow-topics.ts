import type { LiveEvent, Topic } from '@holdfast/shared-types'
import type { LivePlaces } from '../api/live-place.ts'
import { gather } from '../browser/gather.ts'
import { listenToTopic } from './live-link.ts'

// Several topics stand again within one moment after a reconnect: one question for all of them.
const gatherMs = 50

interface Followed {
  /** Reads everything that the topics tell changes of. Resolves, also after a failure: `placesOf` the answer, or undefined. */
  readonly load: () => Promise<LivePlaces | undefined>
  /** Each event once, in order of its topic. */
  readonly onEvent: (event: LiveEvent) => void
}

/**
 * Keeps something current: reads it now, hears of its changes, and reads it again after each reconnect. When a topic
 * stands for the first time, it is read again only if something happened between the answer and then.
 *
 * @returns ends it.
 */
export function followTopics(topics: readonly Topic[], { load, onEvent }: Followed): () => void {
  let isOver = false
  const again = gather(() => void load(), gatherMs)
  const first = load()

  function follow(topic: Topic): () => void {
    let isFirst = true
    async function onCaughtUp(hadGap: boolean, seq: number): Promise<void> {
      const read = isFirst && !hadGap ? (await first)?.get(topic) : undefined
      isFirst = false
      if (!isOver && (read === undefined || read < seq)) again.ask()
    }
    return listenToTopic(topic, { onEvent, onCaughtUp: (hadGap, seq) => void onCaughtUp(hadGap, seq) })
  }

  const stops = topics.map(follow)
  return () => {
    isOver = true
    again.stop()
    stops.forEach((stop) => stop())
  }
}
