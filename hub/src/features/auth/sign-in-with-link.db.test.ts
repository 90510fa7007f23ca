import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { openDatabase, type Database } from '../../platform/database/database.ts'
import { createTestDatabase, type TestDatabase } from '../../platform/database/testing/test-database.ts'
import { createDomainEventBus } from '../../platform/events/domain-events.ts'
import { silentLogger } from '../../platform/logging/logger.ts'
import { administratorHasPassword, changeCredentials, findUserByEmail, userEntities } from '../users/index.ts'
import { authEntities } from './index.ts'
import { makeFirstSignInLink, makeSignInLink, signInWithLink } from './sign-in-with-link.ts'

let scratch: TestDatabase
let database: Database
const now = () => Date.now()
const domainEvents = createDomainEventBus(() => undefined)
const place = { address: '192.0.2.1', device: 'Firefox 142 on Linux' }
beforeAll(async () => {
  scratch = await createTestDatabase()
  database = await openDatabase({
    connection: scratch.connection,
    entities: [...userEntities, ...authEntities],
    migrations,
    log: silentLogger,
  })
})
afterAll(async () => {
  await database.close()
  await scratch.drop()
})

const hasPassword = () => administratorHasPassword(database.em())

test('somebody who lost the password gets in by a link made on the hub’s machine, and may choose another one', async () => {
  const first = (await makeFirstSignInLink({ database, now })) ?? ''
  const { user } = await signInWithLink({ database, domainEvents, now }, first, place)
  await database.transaction(async (em) => {
    const row = await em.refresh(em.merge(user))
    if (row) await changeCredentials(em, row, { name: 'Ada', email: 'ada@example.org', passwordHash: 'lost' })
  })

  expect(await makeFirstSignInLink({ database, now })).toBeNull()
  const recovery = await makeSignInLink({ database, now })
  expect(await hasPassword(), 'the old password holds until the link is used').toBe(true)
  const again = await signInWithLink({ database, domainEvents, now }, recovery, place)
  expect(again.user.id).toBe(user.id)
  expect(await hasPassword()).toBe(false)
  expect((await findUserByEmail(database.em(), 'ada@example.org'))?.name).toBe('Ada')
  await expect(signInWithLink({ database, domainEvents, now }, recovery, place)).rejects.toThrow(
    expect.objectContaining({ code: 'sign-in.link-invalid' }),
  )
})

test('a link ends the other sign-ins only together with a password that was lost', async () => {
  const ended: string[][] = []
  const events = createDomainEventBus(() => undefined)
  events.on('sign-in.ended', ({ signInIds }) => void ended.push([...signInIds]))
  const signIn = async () => signInWithLink({ database, domainEvents: events, now }, await makeSignInLink({ database, now }), place)
  await signIn()
  const { user } = await signIn()
  expect(ended, 'who has no password signs in by links, in as many browsers as they like').toEqual([])

  await database.transaction(async (em) => {
    const row = await em.refresh(em.merge(user))
    if (row) await changeCredentials(em, row, { name: 'Ada', email: 'ada@example.org', passwordHash: 'lost' })
  })
  await signIn()
  expect(ended.flat().length).toBeGreaterThanOrEqual(2)
})
