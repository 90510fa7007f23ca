import { describe, expect, test } from 'vitest'
import { hashPassword, verifyNothing, verifyPassword } from './password-hash.ts'

describe('password hash', () => {
  test('fits its own password and no other', async () => {
    const stored = await hashPassword('correct horse battery')
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(await verifyPassword('correct horse battery', stored)).toBe(true)
    expect(await verifyPassword('correct horse batterx', stored)).toBe(false)
    expect(await hashPassword('correct horse battery')).not.toBe(stored)
  })

  test('reads hashes of other costs', async () => {
    const { argon2Sync } = await import('node:crypto')
    const salt = Buffer.from('0123456789abcdef')
    const tag = argon2Sync('argon2id', { message: 'p\u00e4ssword', nonce: salt, parallelism: 2, tagLength: 16, memory: 1024, passes: 3 })
    const stored = `$argon2id$v=19$m=1024,t=3,p=2$${salt.toString('base64').replace(/=+$/, '')}$${tag.toString('base64').replace(/=+$/, '')}`
    expect(await verifyPassword('p\u00e4ssword', stored)).toBe(true)
    expect(await verifyPassword('pa\u0308ssword', stored)).toBe(true) // The same letter, typed on another system.
  })

  test.each(['', 'secret', '$argon2i$v=19$m=1024,t=3,p=2$AAAA$AAAA'])('refuses what is no argon2id hash: %j', async (stored) => {
    expect(await verifyPassword('secret', stored)).toBe(false)
  })

  test('works as long for nobody as for somebody', async () => {
    const stored = await hashPassword('x'.repeat(12))
    await verifyNothing('warm up')
    const measure = async (work: () => Promise<boolean>) => {
      const startedAt = performance.now()
      expect(await work()).toBe(false)
      return performance.now() - startedAt
    }
    // The quickest of each: what else the machine does can only add to it.
    const best = { somebody: Infinity, nobody: Infinity }
    for (let round = 0; round < 8; round++) {
      best.somebody = Math.min(best.somebody, await measure(() => verifyPassword('wrong', stored)))
      best.nobody = Math.min(best.nobody, await measure(() => verifyNothing('wrong')))
    }
    expect(best.nobody).toBeGreaterThan(best.somebody / 3)
  })
})
