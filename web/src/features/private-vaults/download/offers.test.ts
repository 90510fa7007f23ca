import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { offerMs, Offers } from './offers.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function anOffer(address: string) {
  const said: unknown[] = []
  const port = { postMessage: (message: unknown) => void said.push(message), close: () => void said.push('closed') }
  return { said, offer: { type: 'PRIVATE_DOWNLOAD', address, name: 'a.bin', sizeBytes: null, port } as const }
}

test('a download is taken once; one that nobody comes for is told so, and is gone', () => {
  const offers = new Offers()
  const [taken, left] = [anOffer('/taken'), anOffer('/left')]
  offers.add(taken.offer)
  offers.add(left.offer)
  expect([offers.take('/taken'), offers.take('/taken')]).toEqual([taken.offer, undefined])
  vi.advanceTimersByTime(offerMs)
  expect([taken.said, left.said]).toEqual([[], [{ kind: 'gone' }, 'closed']])
  expect(offers.take('/left')).toBeUndefined()
})
