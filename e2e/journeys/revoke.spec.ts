import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@playwright/test'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

interface Run {
  readonly id: string
  readonly state: string
}

/** The hub's API as a program calls it, with a token that the command line made. */
async function programOf(scope: string): Promise<(path: string, order?: object) => Promise<unknown>> {
  const { token } = await stack.holdfastHub<{ token: string }>(['token', 'create', '--email', 'ann@example.org', '--scope', scope])
  return async (path, order) => {
    const answer = await fetch(`${stack.origin}/api/v1${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(order === undefined ? {} : { method: 'POST', body: JSON.stringify(order) }),
    })
    return { status: answer.status, ...((await answer.json()) as object) }
  }
}

/** The account that the tokens are of. */
async function makeAccount(): Promise<void> {
  const json = { 'content-type': 'application/json' }
  const signIn = await fetch(`${stack.origin}/api/v1/sign-in/link`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ token: new URL(stack.signInLink).hash.slice('#token='.length) }),
  })
  const cookie = signIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const chosen = { name: 'Ann', email: 'ann@example.org', password: 'correct horse battery' }
  const set = await fetch(`${stack.origin}/api/v1/me/credentials`, {
    method: 'PUT',
    headers: { ...json, cookie },
    body: JSON.stringify(chosen),
  })
  expect(set.status).toBe(200)
}

test('a device is revoked in the middle of a backup: it is out at once, commits nothing, and its snapshots stay', async () => {
  await makeAccount()
  const [look, act] = [await programOf('read'), await programOf('run')]
  const source = join(stack.folder, 'source')
  mkdirSync(source)
  writeFileSync(join(source, 'small'), 'kept')
  const kept = await stack.holdfast<{ snapshotId: string }>(['backup', source])
  for (let i = 0; i < 40; i++) writeFileSync(join(source, `large-${i}`), randomBytes(8 * 1024 * 1024))

  const { items } = (await look('/devices')) as { items: { id: string; name: string }[] }
  const agentId = items[0]?.id ?? ''
  expect(await look(`/devices/${agentId}/runs`, { kind: 'backup', sources: [{ path: source }] })).toMatchObject({
    code: 'token.scope-too-small',
  })
  const { id } = (await act(`/devices/${agentId}/runs`, { kind: 'backup', sources: [{ path: source }] })) as Run
  await expect.poll(async () => ((await look(`/runs/${id}`)) as Run).state, { intervals: [10] }).toBe('running')
  // It holds still with the run in its hand, and goes on when the hub has long counted it out.
  process.kill(stack.agent().pid, 'SIGSTOP')
  expect(((await look(`/runs/${id}`)) as Run).state).toBe('running')
  const revoked = await stack.holdfastHub<{ id: string; revokedAtMs: number }>(['device', 'revoke', 'journey'])
  expect([revoked.id, revoked.revokedAtMs > 0]).toEqual([agentId, true])
  expect(await look(`/runs/${id}`)).toMatchObject({ state: 'cancelled' })
  process.kill(stack.agent().pid, 'SIGCONT')

  await stack.agent().waitForLine(/This device was removed from the hub; the agent does not dial any more/, 60_000)
  await sleep(1500)
  expect(stack.agent().isRunning(), 'a service that ends would be started again, and dial').toBe(true)
  const status = await stack.holdfast<{ link: string; problem?: { code: string } }>(['status'])
  expect(status.link).toBe('refused')
  const refused = await stack.tryHoldfast(['backup', source])
  expect([refused.exitCode, refused.stdout]).toEqual([1, expect.stringContaining('agent.revoked')])

  const snapshots = (await look('/snapshots')) as { items: { id: string }[] }
  expect(snapshots.items.map((snapshot) => snapshot.id)).toEqual([kept.snapshotId])
  expect(await look(`/runs/${id}`)).toMatchObject({ state: 'cancelled' })
  expect(await look('/devices')).toMatchObject({ items: [{ id: agentId, online: false, revokedAtMs: revoked.revokedAtMs }] })
  expect(await stack.holdfastHub(['fsck', '--deep'])).toMatchObject({ ok: true })
})
