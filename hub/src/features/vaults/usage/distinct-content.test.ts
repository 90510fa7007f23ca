import { DomainId } from '@holdfast/shared-types'
import { encodeInteriorPage } from '@holdfast/engine/format'
import { expect, test } from 'vitest'
import { Brake } from './brake.ts'
import { DistinctContent } from './distinct-content.ts'

test('counting ends in the middle of a snapshot when the hub does', async () => {
  const stopping = new AbortController()
  let pages = 0
  // A folder list without an end: each page names another one.
  const added = new DistinctContent().add(
    {
      domainId: DomainId.parse('11111111-1111-4111-8111-111111111111'),
      root: Buffer.alloc(32),
      numbersOf: async () => [pages],
      read: async () => {
        if (++pages === 5) stopping.abort()
        return encodeInteriorPage(1, [{ firstName: Buffer.from('a'), page: Buffer.alloc(32), entries: 1 }])
      },
    },
    new Brake(stopping.signal),
  )
  await expect(added).rejects.toMatchObject({ code: 'cancelled' })
  expect(pages).toBe(5)
})
