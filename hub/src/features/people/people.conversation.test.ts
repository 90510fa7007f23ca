import { randomUUID } from 'node:crypto'
import type { Account, SignIn, User } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cookieOf, TestHub } from '../../../test/test-hub.ts'
import { addPerson, addToken, callWith, endOf, openLive, useLink, type TestPerson } from '../../../test/test-people.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const patch = (id: string, body: object, cookie?: string) => hub.post(`/api/v1/users/${id}`, body, cookie, 'PATCH')
const order = (id: string, what: string) => hub.post(`/api/v1/users/${id}/${what}`, {})
const remove = (id: string) => hub.post(`/api/v1/users/${id}`, undefined, undefined, 'DELETE')
const me = (cookie: string) => hub.get('/api/v1/me', cookie)
const users = async () => (await hub.json<{ items: Account[] }>(hub.get('/api/v1/users'))).items

describe('an account', () => {
  test('begins with a link that works once, and then has the password that its owner chose', async () => {
    const email = `Eve-${randomUUID()}@Example.org`
    const made = await hub.json<{ user: Account; signInUrl: string; expiresAtMs: number }>(
      hub.post('/api/v1/users', { name: 'Eve', email, role: 'operator' }),
    )
    expect(made.user).toMatchObject({ name: 'Eve', email: email.toLowerCase(), role: 'operator', hasPassword: false, disabledAtMs: null })
    expect(made.expiresAtMs).toBeGreaterThan(Date.now() + 23 * 3_600_000)
    const answer = await useLink(hub, made.signInUrl)
    expect(await answer.clone().json()).toMatchObject({ id: made.user.id, role: 'operator' })
    expect(await hub.refusal(useLink(hub, made.signInUrl))).toEqual([401, 'sign-in.link-invalid'])
    const chosen = { name: 'Eve', email, password: 'a long enough one' }
    await hub.json(hub.post('/api/v1/me/credentials', chosen, cookieOf(answer), 'PUT'))
    const again = await hub.json<User>(hub.post('/api/v1/sign-in', { email, password: chosen.password }, ''))
    expect([again.role, again.hasPassword]).toEqual(['operator', true])
    expect(await hub.refusal(hub.post('/api/v1/users', { name: 'Eva', email, role: 'viewer' }))).toEqual([409, 'account.email-taken'])
  })

  test('whose password was lost gets a new link, and the old password ends when it is used', async () => {
    const [lost, other] = [await addPerson(hub, 'viewer', 'lost'), await addPerson(hub, 'viewer', 'other')]
    const password = 'a long enough one'
    await hub.json(hub.post('/api/v1/me/credentials', { name: 'Lost', email: lost.email, password }, lost.cookie, 'PUT'))
    const link = async (id: string) => (await hub.json<{ signInUrl: string }>(order(id, 'sign-in-link'))).signInUrl
    const first = await link(lost.account.id)
    const ofOther = await link(other.account.id)
    const second = await link(lost.account.id)
    expect(await hub.refusal(useLink(hub, first)), 'the newest of one person counts').toEqual([401, 'sign-in.link-invalid'])
    expect((await hub.post('/api/v1/sign-in', { email: lost.email, password }, '')).status).toBe(200)
    expect((await useLink(hub, second)).status).toBe(200)
    expect(await hub.refusal(hub.post('/api/v1/sign-in', { email: lost.email, password }, ''))).toEqual([401, 'sign-in.failed'])
    expect((await useLink(hub, ofOther)).status, 'the link of somebody else holds').toBe(200)
  })

  test('is listed with when its owner was last here, and can be given another name, address and role', async () => {
    const { account, cookie } = await addPerson(hub, 'viewer', 'frank')
    const email = `franka-${randomUUID()}@example.org`
    expect(await hub.json(patch(account.id, { name: 'Franka', email, role: 'operator' }))).toMatchObject({
      name: 'Franka',
      email,
      role: 'operator',
    })
    const listed = (await users()).find(({ id }) => id === account.id)
    expect(listed).toMatchObject({ name: 'Franka', role: 'operator', hasPassword: false })
    expect(listed?.lastSeenAtMs).toBeGreaterThan(Date.now() - 60_000)
    expect(await hub.json(me(cookie))).toMatchObject({ name: 'Franka', role: 'operator' })
    expect(await hub.refusal(patch(randomUUID(), { name: 'x' }))).toEqual([404, 'account.not-found'])
  })

  test('has its new role at once, also on a live connection that is open', async () => {
    const person = await addPerson(hub, 'admin', 'soon-less')
    const { socket } = await openLive(hub, { cookie: person.cookie })
    expect((await hub.get('/api/v1/users', person.cookie)).status).toBe(200)
    await hub.json(patch(person.account.id, { role: 'viewer' }))
    expect(await hub.refusal(hub.get('/api/v1/users', person.cookie))).toEqual([403, 'access.denied'])
    expect(socket.connected, 'who may still see is not cut').toBe(true)
    socket.disconnect()
  })
})

describe('a disabled account', () => {
  test('is out at once with all its browsers and programs, and comes back with what it had', async () => {
    const person = await addPerson(hub, 'operator', 'gone')
    const password = 'a long enough one'
    await hub.json(hub.post('/api/v1/me/credentials', { name: 'Gone', email: person.email, password }, person.cookie, 'PUT'))
    const { token } = await addToken(hub, person.cookie, 'run')
    const byCookie = await openLive(hub, { cookie: person.cookie })
    const byToken = await openLive(hub, { authorization: `Bearer ${token}` })
    expect([byCookie.answer, byToken.answer]).toEqual(['connected', 'connected'])
    const ends = Promise.all([endOf(byCookie.socket), endOf(byToken.socket)])

    expect((await hub.json<Account>(order(person.account.id, 'disable'))).disabledAtMs).toBeGreaterThan(0)
    expect(await ends).toEqual(['io server disconnect', 'io server disconnect'])
    expect((await me(person.cookie)).status).toBe(401)
    expect(await hub.refusal(callWith(hub, token, '/api/v1/me'))).toEqual([401, 'token.invalid'])
    expect((await openLive(hub, { authorization: `Bearer ${token}` })).answer).toBe('token.invalid')
    const signIn = (tried: string) => hub.post('/api/v1/sign-in', { email: person.email, password: tried }, '')
    expect(await hub.refusal(signIn(password)), 'who knows the password is told').toEqual([403, 'account.disabled'])
    expect(await hub.refusal(signIn('wrong')), 'and nobody else').toEqual([401, 'sign-in.failed'])
    expect(await hub.refusal(order(person.account.id, 'sign-in-link'))).toEqual([403, 'account.disabled'])

    expect((await hub.json<Account>(order(person.account.id, 'enable'))).disabledAtMs).toBeNull()
    expect((await me(person.cookie)).status, 'its old sign-ins stay ended').toBe(401)
    expect((await signIn(password)).status).toBe(200)
    expect((await callWith(hub, token, '/api/v1/me')).status).toBe(200)
  })

  test('that is removed takes its sign-ins, links and tokens with it, and leaves its name on record', async () => {
    const person = await addPerson(hub, 'viewer', 'removed')
    const { token } = await addToken(hub, person.cookie, 'read')
    const link = await hub.json<{ signInUrl: string }>(order(person.account.id, 'sign-in-link'))
    expect((await remove(person.account.id)).status).toBe(200)
    expect((await me(person.cookie)).status).toBe(401)
    expect((await callWith(hub, token, '/api/v1/me')).status).toBe(401)
    expect(await hub.refusal(useLink(hub, link.signInUrl))).toEqual([401, 'sign-in.link-invalid'])
    expect(await hub.refusal(remove(person.account.id))).toEqual([404, 'account.not-found'])
    expect(await hub.sql(`select 1 from audit_entry where action = 'removeUser' and object_name = 'removed'`)).toHaveLength(1)
  })
})

describe('an administrator', () => {
  const password = 'a long enough one'
  /** Every way in which one is made, or let in anew. */
  const ways = async (
    asker: TestPerson,
    other: TestPerson,
    proof: object,
    call: (path: string, body: object, method?: string) => Promise<Response>,
  ) => {
    const email = `new-${randomUUID()}@example.org`
    return [
      await call('/api/v1/users', { name: 'New', email, role: 'admin', ...proof }),
      await call(`/api/v1/users/${other.account.id}`, { role: 'admin', ...proof }, 'PATCH'),
      await call(`/api/v1/users/${asker.account.id}/sign-in-link`, proof),
    ]
  }

  test('is made, or let in by a link, only by somebody who proves to be one, and by no program', async () => {
    const [asker, other] = [await addPerson(hub, 'admin', 'asker'), await addPerson(hub, 'viewer', 'raised')]
    await hub.json(hub.post('/api/v1/me/credentials', { name: 'Asker', email: asker.email, password }, asker.cookie, 'PUT'))
    const { token } = await addToken(hub, asker.cookie, 'admin')
    const byCookie = (path: string, body: object, method?: string) => hub.post(path, body, asker.cookie, method)
    const byToken = (path: string, body: object, method = 'POST') => callWith(hub, token, path, { method, body: JSON.stringify(body) })
    for (const answer of await ways(asker, other, {}, byCookie))
      expect(await hub.refusal(Promise.resolve(answer))).toEqual([401, 'sign-in.failed'])
    for (const proof of [{}, { currentPassword: password }])
      for (const answer of await ways(asker, other, proof, byToken))
        expect(await hub.refusal(Promise.resolve(answer))).toEqual([403, 'access.denied'])
    expect((await users()).find(({ id }) => id === other.account.id)?.role).toBe('viewer')
    expect((await byToken('/api/v1/users', { name: 'Op', email: `op-${randomUUID()}@example.org`, role: 'operator' })).status).toBe(201)
    expect((await byToken(`/api/v1/users/${other.account.id}/sign-in-link`, {})).status).toBe(201)
    expect(await hub.refusal(byToken(`/api/v1/users/${asker.account.id}`, { role: 'viewer' }, 'PATCH'))).toEqual([403, 'access.denied'])
    const early = await hub.json<{ signInUrl: string }>(byToken(`/api/v1/users/${other.account.id}/sign-in-link`, {}))
    for (const answer of await ways(asker, other, { currentPassword: password }, byCookie)) expect([200, 201]).toContain(answer.status)
    expect(await hub.refusal(useLink(hub, early.signInUrl)), 'what was made before opens no administrator').toEqual([
      401,
      'sign-in.link-invalid',
    ])
  })
})

describe('the last administrator', () => {
  test('cannot be put down, closed or removed, by nobody and not by two at once', async () => {
    const first = await hub.json<User>(hub.get('/api/v1/me'))
    for (const { id } of (await users()).filter((user) => user.role === 'admin' && user.id !== first.id)) await remove(id)
    const last = (await users()).find(({ role }) => role === 'admin') as Account
    expect(last.id).toBe(first.id)
    for (const answer of [patch(last.id, { role: 'viewer' }), order(last.id, 'disable'), remove(last.id)])
      expect(await hub.refusal(answer)).toEqual([409, 'account.last-admin'])
    expect((await patch(last.id, { role: 'admin', name: 'Still here' })).status).toBe(200)

    // A second one who is disabled is none; one who is enabled is, and then each can put the other down, but not both.
    const second = await addPerson(hub, 'admin', 'second')
    await hub.json(order(second.account.id, 'disable'))
    expect(await hub.refusal(order(last.id, 'disable'))).toEqual([409, 'account.last-admin'])
    await hub.json(order(second.account.id, 'enable'))
    const answers = await Promise.all([
      patch(last.id, { role: 'viewer' }),
      patch(second.account.id, { role: 'viewer' }),
      order(last.id, 'disable'),
      order(second.account.id, 'disable'),
    ])
    expect(answers.some((answer) => answer.status === 200)).toBe(true)
    expect(await hub.sql(`select 1 from user_account where role = 'admin' and disabled_at is null`)).toHaveLength(1)
  })
})

describe('own sign-ins', () => {
  let own: TestHub
  beforeAll(async () => {
    own = await TestHub.start()
  })
  afterAll(() => own.stop())

  test('are listed with browser and address, and can be ended one by one or all others at once', async () => {
    const email = `${randomUUID()}@example.org`
    const password = 'a long enough one'
    const person = await addPerson(own, 'viewer')
    await own.json(own.post('/api/v1/me/credentials', { name: 'Ann', email, password }, person.cookie, 'PUT'))
    const signIn = async (agent: string) =>
      cookieOf(
        await fetch(`${own.origin}/api/v1/sign-in`, {
          method: 'POST',
          body: JSON.stringify({ email, password }),
          headers: { 'content-type': 'application/json', 'user-agent': agent },
        }),
      )
    const phone = await signIn('Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36')
    const laptop = await signIn('Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0')
    const stranger = await addPerson(own, 'viewer', 'stranger')
    const list = async (cookie: string) => (await own.json<{ items: SignIn[] }>(own.get('/api/v1/me/sign-ins', cookie))).items
    const listed = await list(laptop)
    expect(listed.map(({ device, isCurrent }) => [device, isCurrent])).toContainEqual(['Firefox 142 on Linux', true])
    expect(listed.map(({ device, isCurrent }) => [device, isCurrent])).toContainEqual(['Chrome 140 on Android', false])
    expect(listed).toHaveLength(3)
    expect(listed.every(({ address }) => address?.includes('127.0.0.1'))).toBe(true)

    const ofPhone = listed.find(({ device }) => device?.startsWith('Chrome')) as SignIn
    const end = (id: string, cookie: string) => own.post(`/api/v1/me/sign-ins/${id}`, undefined, cookie, 'DELETE')
    expect(await own.refusal(end(ofPhone.id, stranger.cookie)), 'not somebody else’s').toEqual([404, 'sign-in.not-found'])
    const live = await openLive(own, { cookie: phone })
    const ended = endOf(live.socket)
    expect((await end(ofPhone.id, laptop)).status).toBe(200)
    expect(await ended).toBe('io server disconnect')
    expect((await own.get('/api/v1/me', phone)).status).toBe(401)

    expect(await own.json(own.post('/api/v1/me/sign-ins/end-others', {}, laptop))).toEqual({ ended: 1 })
    expect((await list(laptop)).map(({ isCurrent }) => isCurrent)).toEqual([true])
    expect((await own.get('/api/v1/me', person.cookie)).status).toBe(401)
    expect((await own.get('/api/v1/me', stranger.cookie)).status).toBe(200)
  })
})
