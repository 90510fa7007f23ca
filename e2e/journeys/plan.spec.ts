import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, type Page } from '@playwright/test'
import { restSoon } from '../pages/run-page.ts'
import { signInByLink } from '../pages/sign-in.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

interface PlanFacts {
  readonly id: string
  readonly lastSize: { readonly files: number } | null
}
interface RunFacts {
  readonly id: string
  readonly state: string
  readonly pausedAtMs: number | null
  readonly progress: { readonly filesDone: number } | null
  readonly error: { readonly code: string } | null
}

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

/** Calls the hub as the person who is signed in on the page. */
const api =
  (page: Page) =>
  async <T>(method: 'GET' | 'POST', path: string, data?: object): Promise<T> => {
    const answer = await page.request.fetch(`${stack.origin}/api/v1${path}`, { method, ...(data === undefined ? {} : { data }) })
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }

test('a plan is run from the command line, rests while somebody wants it to, and is not green when most of it is gone', async ({
  page,
}) => {
  const home = join(stack.folder, 'home')
  for (let folder = 0; folder < 60; folder += 1) {
    mkdirSync(join(home, String(folder)), { recursive: true })
    for (let file = 0; file < 100; file += 1) writeFileSync(join(home, String(folder), `${file}.txt`), `${folder}.${file} `.repeat(200))
  }
  // Long enough to be paused by hand.
  writeFileSync(join(home, 'large.bin'), randomBytes(300 * 2 ** 20))
  await signInByLink(page, stack.signInLink)
  const call = api(page)
  const { items } = await call<{ items: { id: string }[] }>('GET', '/devices')
  const order = { agentId: items[0]?.id, name: 'Home', sources: [{ path: home }], retries: { count: 0, firstDelayMs: 1000 } }
  const plan = await call<PlanFacts>('POST', '/plans', order)

  const { id: runId } = await call<RunFacts>('POST', `/plans/${plan.id}/runs`, {})
  const runNow = (): Promise<RunFacts> => call<RunFacts>('GET', `/runs/${runId}`)
  await restSoon(page, runId)
  await page.goto(`${stack.origin}/runs/${runId}`)
  await expect(page.getByRole('status', { name: 'State' })).toHaveText('Paused')
  const { pausedAtMs } = await runNow()
  // What was in hand when it was paused is brought to its end, however slow the machine is; then nothing moves.
  const restsFor = async (waitMs: number): Promise<boolean> => {
    const before = await runNow()
    await sleep(waitMs)
    const after = await runNow()
    expect(after).toMatchObject({ state: 'running', pausedAtMs })
    return after.progress?.filesDone === before.progress?.filesDone
  }
  await expect.poll(() => restsFor(1_500)).toBe(true)
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(async () => (await runNow()).state, { timeout: 120_000 }).toBe('succeeded')
  expect((await call<PlanFacts>('GET', `/plans/${plan.id}`)).lastSize).toMatchObject({ files: 6001 })

  for (let folder = 0; folder < 50; folder += 1) rmSync(join(home, String(folder)), { recursive: true })
  const shrunk = await stack.holdfast<{ status: string; files: number }>(['backup', '--plan', 'Home'], 3)
  expect(shrunk).toMatchObject({ status: 'warning', files: 1001 })
  await call('POST', `/plans/${plan.id}/accept-size`)
  expect(await stack.holdfast(['backup', '--plan', 'Home'])).toMatchObject({ status: 'succeeded' })
  const snapshots = await stack.holdfast<{ plan: string; files: number }[]>(['snapshots'])
  expect(snapshots.map(({ plan: name, files }) => [name, files])).toEqual([
    ['Home', 6001],
    ['Home', 1001],
    ['Home', 1001],
  ])
})
