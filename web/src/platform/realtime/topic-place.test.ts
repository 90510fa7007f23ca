import { expect, test } from 'vitest'
import { acknowledgePlace, takeEvent, type TopicPlace } from './topic-place.ts'

const take = (place: TopicPlace, ...seqs: (number | null)[]) => seqs.filter((seq) => takeEvent(place, { seq }))

test('each event is taken once, whatever is sent again after a reconnect', () => {
  const place: TopicPlace = { lastSeq: 4 }
  expect(take(place, 5, 6, 5, 6, 7, 3, 8)).toEqual([5, 6, 7, 8])
  expect(place.lastSeq).toBe(8)
})

test('figures without a sequence are always taken and move nothing', () => {
  const place: TopicPlace = { lastSeq: 4 }
  expect(take(place, null, null)).toEqual([null, null])
  expect(place.lastSeq).toBe(4)
})

test('a start without a place takes the hub’s', () => {
  const place: TopicPlace = { lastSeq: undefined }
  acknowledgePlace(place, undefined, 12)
  expect(take(place, 12, 13)).toEqual([13])
})

test('an acknowledgement never jumps over events that are still on their way', () => {
  const place: TopicPlace = { lastSeq: 4 }
  acknowledgePlace(place, 4, 9)
  expect(take(place, 5, 6, 7, 8, 9)).toEqual([5, 6, 7, 8, 9])
})

test('an event that overtakes the acknowledgement of the first subscription is not lost', () => {
  const place: TopicPlace = { lastSeq: undefined }
  expect(take(place, 13)).toEqual([13])
  acknowledgePlace(place, undefined, 12)
  expect(take(place, 13, 14)).toEqual([14])
})
