import type { LiveEvent } from '@holdfast/shared-types'

/** How far one topic has been read. */
export interface TopicPlace {
  /** Sequence of the last event taken; undefined until the hub has said where the topic stands. */
  lastSeq: number | undefined
}

/**
 * Decides whether an event is news, and moves the place on. After a reconnect the hub sends what was missed again from
 * the place; anything at or before it was seen. Figures without a sequence (progress) are always taken.
 */
export function takeEvent(place: TopicPlace, event: Pick<LiveEvent, 'seq'>): boolean {
  if (event.seq === null) return true
  if (place.lastSeq !== undefined && event.seq <= place.lastSeq) return false
  place.lastSeq = event.seq
  return true
}

/**
 * The hub acknowledged a subscription made at `askedFrom`. Only a start without a place takes the hub's: events between
 * a known place and the hub's are still on their way.
 */
export function acknowledgePlace(place: TopicPlace, askedFrom: number | undefined, hubSeq: number): void {
  if (askedFrom === undefined && place.lastSeq === undefined) place.lastSeq = hubSeq
}
