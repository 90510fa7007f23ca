import { test } from 'vitest'
import { tellAudit } from './audit-scope.ts'

test('an audit entry has no fact without a name in the contract: the compiler refuses it however it comes in', () => {
  const isOdd = Math.random() < 0.5
  const stray = { stray: 1 }
  tellAudit({ details: { snapshots: 1, ...(isOdd ? { packs: 2 } : {}) } })
  // @ts-expect-error -- a literal
  tellAudit({ details: { stray: 1 } })
  // @ts-expect-error -- a spread
  tellAudit({ details: { snapshots: 1, ...stray } })
  // @ts-expect-error -- one of two
  tellAudit({ details: { snapshots: 1, ...(isOdd ? { stray: 1 } : { packs: 2 }) } })
  // @ts-expect-error -- now and then
  tellAudit({ details: { snapshots: 1, ...(isOdd ? { stray: 1 } : {}) } })
})
