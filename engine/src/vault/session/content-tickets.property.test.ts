import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContentTickets } from './content-tickets.ts'

test('gives each piece of content its ticket, in order, with some never asked for', () => {
  const steps = fc.array(fc.record({ added: fc.nat(9000), asked: fc.nat(9000), stride: fc.integer({ min: 1, max: 5000 }) }), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(steps, (all) => {
      const tickets = new ContentTickets()
      let next = 0
      for (const { added, asked, stride } of all) {
        for (let count = added; count > 0; count--) tickets.add(tickets.count * 3 + 1)
        for (let count = asked; count > 0 && next < tickets.count; count--, next += stride)
          if (tickets.take(next) !== next * 3 + 1) expect(tickets.take(next)).toBe(next * 3 + 1)
      }
    }),
    { numRuns: 50 },
  )
})

test('content is asked for once it is identified, and never after what comes later', () => {
  const tickets = new ContentTickets()
  expect(() => tickets.take(0)).toThrow('once it is identified')
  for (let ticket = 0; ticket < 10_000; ticket++) tickets.add(ticket)
  expect([tickets.take(5), tickets.take(5), tickets.take(9999)]).toEqual([5, 5, 9999])
  expect(() => tickets.take(9998)).toThrow('in its order')
  expect(() => tickets.take(10_000)).toThrow('once it is identified')
})
