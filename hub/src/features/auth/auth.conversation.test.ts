import type { User } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cookieOf, TestHub } from '../../../test/test-hub.ts'

const credentials = { name: 'Ada', email: 'Ada@Example.org', password: 'correct horse battery' }
const tokenOf = (link: string | null) => new URL(link ?? '').hash.slice('#token='.length)

describe('first sign-in', () => {
  let test1: TestHub
  beforeAll(async () => {
    test1 = await TestHub.start()
  })
  afterAll(() => test1.stop())

  const useLink = (token: string) => test1.post('/api/v1/sign-in/link', { token }, '')
  const firstRun = async () => (await test1.json<{ firstRun: boolean }>(test1.get('/api/v1/system'))).firstRun

  test('works with the newest link, once, and makes the administrator', async () => {
    const old = tokenOf(await test1.hub.signInLink())
    const token = tokenOf(await test1.hub.signInLink())
    expect(await test1.refusal(useLink(old))).toEqual([401, 'sign-in.link-invalid'])

    // Ten at once with one link: exactly one gets in.
    const answers = await Promise.all(Array.from({ length: 4 }, () => useLink(token)))
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401])
    const winner = answers.find((answer) => answer.status === 200) as Response
    expect(await winner.json()).toMatchObject({ name: 'Administrator', email: null, role: 'admin', hasPassword: false })
    expect(winner.headers.getSetCookie()[0]).toMatch(/^holdfast=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/)
    const me = await test1.json<User>(test1.get('/api/v1/me', cookieOf(winner)))
    expect(me.name).toBe('Administrator')
    expect(await test1.sql('select id from user_account')).toHaveLength(1)
    expect(
      await test1.sql(`select 1 from sign_in where token_hash = sha256(convert_to($1, 'UTF8'))`, [cookieOf(winner).split('=')[1]]),
    ).toHaveLength(1)
  })

  test('is offered until a password is chosen, and not a moment longer', async () => {
    expect(await firstRun()).toBe(true)
    const unused = tokenOf(await test1.hub.signInLink())
    const answer = await test1.json<User>(test1.post('/api/v1/me/credentials', credentials, undefined, 'PUT'))
    expect(answer).toMatchObject({ name: 'Ada', email: 'ada@example.org', hasPassword: true })
    expect(await test1.hub.signInLink()).toBeNull()
    expect(await test1.refusal(useLink(unused))).toEqual([401, 'sign-in.link-invalid'])
    expect(await firstRun()).toBe(false)
  })
})

describe('accounts', () => {
  let test1: TestHub
  let link = ''
  beforeAll(async () => {
    test1 = await TestHub.start()
    link = await test1.cookie()
    await test1.json(test1.post('/api/v1/me/credentials', credentials, link, 'PUT'))
  })
  afterAll(() => test1.stop())

  const signIn = (email: string, password: string) => test1.post('/api/v1/sign-in', { email, password }, '')
  const signedIn = async () => cookieOf(await signIn('ada@example.org ', credentials.password))

  test('open with e-mail and password, and end with the sign-out', async () => {
    const cookie = await signedIn()
    expect((await test1.get('/api/v1/me', cookie)).status).toBe(200)
    const out = await test1.post('/api/v1/sign-out', {}, cookie)
    expect([out.status, out.headers.getSetCookie()[0]]).toEqual([200, 'holdfast=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0'])
    expect(await test1.refusal(test1.get('/api/v1/me', cookie))).toEqual([401, 'sign-in.required'])
  })

  test('say the same of an unknown address and of a wrong password', async () => {
    const texts = await Promise.all(
      [signIn('nobody@example.org', 'x'), signIn('ada@example.org', 'x')].map(async (answer) => {
        const { requestId: _, ...rest } = (await (await answer).json()) as { requestId: string }
        return rest
      }),
    )
    expect(texts[0]).toEqual(texts[1])
    expect(texts[0]).toMatchObject({ code: 'sign-in.failed', status: 401 })
  })

  test('change their password only with the one they have, which ends the other sign-ins', async () => {
    const [mine, other] = [await signedIn(), await signedIn()]
    const change = (body: object) => test1.post('/api/v1/me/credentials', { ...credentials, ...body }, mine, 'PUT')
    expect(await test1.refusal(change({}))).toEqual([401, 'sign-in.failed'])
    expect(await test1.refusal(change({ currentPassword: 'wrong' }))).toEqual([401, 'sign-in.failed'])
    expect(await test1.refusal(change({ currentPassword: credentials.password, password: 'short' }))).toEqual([400, 'request.invalid'])
    expect((await change({ currentPassword: credentials.password })).status).toBe(200)
    expect((await test1.get('/api/v1/me', mine)).status).toBe(200)
    expect((await test1.get('/api/v1/me', other)).status).toBe(401)
  })

  test('change their name with the password they keep, which ends nothing', async () => {
    const [mine, other] = [await signedIn(), await signedIn()]
    const rename = (currentPassword: string) =>
      test1.post('/api/v1/me/credentials', { name: 'Ada L.', email: credentials.email, currentPassword }, mine, 'PUT')
    expect(await test1.refusal(rename('wrong'))).toEqual([401, 'sign-in.failed'])
    expect(await test1.json<User>(rename(credentials.password))).toMatchObject({ name: 'Ada L.', hasPassword: true })
    expect((await test1.get('/api/v1/me', other)).status).toBe(200)
    expect((await signIn(credentials.email, credentials.password)).status).toBe(200)
  })

  test('refuse an address that another account has', async () => {
    await test1.sql(
      `insert into user_account (id, name, email, role, created_at) values (gen_random_uuid(), 'Bob', 'bob@example.org', 'admin', now())`,
    )
    const taken = test1.post(
      '/api/v1/me/credentials',
      { ...credentials, email: 'BOB@example.org', currentPassword: credentials.password },
      await signedIn(),
      'PUT',
    )
    expect(await test1.refusal(taken)).toEqual([409, 'account.email-taken'])
  })

  test('are closed for a while after too many wrong tries, also for the right password', async () => {
    for (let i = 0; i < 5; i++) await signIn('carol@example.org', 'x')
    const throttled = await signIn('carol@example.org', 'x')
    expect([throttled.status, Number(throttled.headers.get('retry-after'))]).toEqual([429, expect.closeTo(15, -1)])
  })

  test('give many guesses at once no more tries than one after the other', async () => {
    await test1.hub.close()
    await test1.open() // A new process: nobody is throttled.
    const guesses = await Promise.all(Array.from({ length: 12 }, () => signIn('dora@example.org', 'x')))
    const counted = (wanted: number) => guesses.filter(({ status }) => status === wanted).length
    expect([counted(401), counted(429)]).toEqual([5, 7])
  })

  test('forget a sign-in that was not used for 12 hours, or is 7 days old', async () => {
    await test1.hub.close()
    await test1.open() // A new process: nobody is throttled.
    const cookie = await signedIn()
    const move = (column: string, hours: number) => test1.sql(`update sign_in set ${column} = now() - interval '${hours} hours'`)
    await move('seen_at', 11)
    expect((await test1.get('/api/v1/me', cookie)).status).toBe(200)
    await move('seen_at', 13)
    expect((await test1.get('/api/v1/me', cookie)).status).toBe(401)
    const second = await signedIn()
    await move('expires_at', 0)
    expect((await test1.get('/api/v1/me', second)).status).toBe(401)
  })
})

describe('calls of a person', () => {
  let test1: TestHub
  beforeAll(async () => {
    test1 = await TestHub.start()
  })
  afterAll(() => test1.stop())

  test.each([
    ['GET', '/api/v1/me'],
    ['GET', '/api/v1/system'],
    ['GET', '/api/v1/devices'],
    ['GET', '/api/v1/runs'],
    ['GET', '/api/v1/vaults'],
    ['GET', '/api/v1/snapshots'],
    ['POST', '/api/v1/sign-out'],
    ['POST', '/api/v1/enrolment-tokens'],
    ['PUT', '/api/v1/me/credentials'],
  ])('%s %s needs a sign-in', async (method, path) => {
    const answer = await fetch(test1.origin + path, { method })
    expect(await test1.refusal(answer)).toEqual([401, 'sign-in.required'])
  })

  test.each([
    ['GET', '/api/v1/me'],
    ['GET', '/api/v1/system'],
    ['POST', '/api/v1/sign-out'],
    ['POST', '/api/v1/enrolment-tokens'],
    ['PUT', '/api/v1/me/credentials'],
    ['GET', '/api/v1/vaults'],
  ])('%s %s is not for devices', async (method, path) => {
    const agent = await test1.enrol()
    expect(await test1.refusal(agent.call(path, { method }))).toEqual([403, 'access.denied'])
  })

  test('with a body that does not fit are refused before anything happens', async () => {
    for (const [path, body] of [
      ['/api/v1/sign-in', {}],
      ['/api/v1/sign-in/link', { token: 'short' }],
      ['/api/v1/enrolment-tokens', { name: '' }],
      ['/api/v1/enrol', { token: 'x'.repeat(43) }],
    ] as const) {
      expect(await test1.refusal(test1.post(path, body))).toEqual([400, 'request.invalid'])
    }
  })
})
