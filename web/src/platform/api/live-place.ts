import type { liveSeqHeader, Topic } from '@holdfast/shared-types'

/** Written out so that the contract's schemas stay out of the bundle; the compiler compares. */
const header = 'live-seq' satisfies typeof liveSeqHeader

export type LivePlaces = ReadonlyMap<Topic, number>

const places = new WeakMap<object, LivePlaces>()

/** Keeps what an answer says of the topics that tell its changes. */
export function notePlaces(body: unknown, headers: Headers): void {
  const said = headers.get(header)
  if (said === null || typeof body !== 'object' || body === null) return
  const pairs = said.split(',').map((pair) => pair.trim().split('='))
  places.set(body, new Map(pairs.map(([topic, seq]) => [topic as Topic, Number(seq)])))
}

/** Where topics stood before the hub read this answer; undefined for one of the last visit, and for those that no topic tells of. */
export const placesOf = (body: object): LivePlaces | undefined => places.get(body)
