// @vitest-environment node
import type { PlanRun, Run } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { aBackupRun, aDevice, aPlan, anUuid } from '../../testing/world.ts'
import { planAfterRun } from './plan-after-run.ts'
import { filterPlans, statusOf } from './plan-status.ts'
import { startHindrance } from './run-plan.ts'

const device = aDevice()
const ran = (state: PlanRun['state'], given: Partial<PlanRun> = {}): PlanRun => ({
  id: anUuid(),
  state,
  createdAtMs: 1000,
  finishedAtMs: 2000,
  error: null,
  warningCount: 0,
  ...given,
})
const active = (state: PlanRun['state']) => ran(state, { finishedAtMs: null })
const off = { code: 'plan.disabled', message: 'off', cure: '' }

test('the status is the most pressing thing to know', () => {
  const status = (given: Parameters<typeof aPlan>[1]) => statusOf(aPlan(device, given))
  expect(status({})).toBe('never')
  expect(status({ lastRun: ran('succeeded') })).toBe('good')
  expect(status({ lastRun: ran('expired') })).toBe('failed')
  expect(status({ lastRun: ran('failed'), activeRun: active('queued') })).toBe('waiting')
  expect(status({ lastRun: ran('failed'), activeRun: active('committing') })).toBe('working')
  expect(status({ isEnabled: false, problem: off, lastRun: ran('failed') })).toBe('off')
  expect(status({ problem: { ...off, code: 'agent.revoked' } })).toBe('blocked')
})

test('a plan is looked for by name, device, folder and state', () => {
  const home = aPlan(device, { name: 'Home', lastRun: ran('failed'), activeRun: active('running') })
  const share = aPlan(aDevice({ name: 'fileserver' }), { name: 'Share', sources: [{ path: '/srv/share' }], lastRun: ran('succeeded') })
  const old = aPlan(device, { name: 'Old', isEnabled: false, problem: off })
  const found = (query: Partial<Parameters<typeof filterPlans>[1]>) =>
    filterPlans([home, share, old], { text: '', agentId: null, filter: 'all', ...query }).map(({ name }) => name)
  expect(found({ text: 'SRV fileserver' })).toEqual(['Share'])
  expect(found({ text: 'atlas' })).toEqual(['Home', 'Old'])
  expect(found({ agentId: device.id, filter: 'active' })).toEqual(['Home'])
  // The try that is under way has not mended anything yet.
  expect(found({ filter: 'attention' })).toEqual(['Home'])
  expect(found({ filter: 'off' })).toEqual(['Old'])
})

test('a plan that waits can be started; one at work, or that cannot run, cannot', () => {
  expect(startHindrance(aPlan(device, { activeRun: active('queued') }))).toBeNull()
  expect(startHindrance(aPlan(device, { activeRun: active('offered') }))).toBe('working')
  expect(startHindrance(aPlan(device, { problem: off }))).toBe('problem')
})

describe('runs of a plan, as they are told', () => {
  const plan = aPlan(device)
  const run = (given: Partial<Run>) => aBackupRun(device, { planId: plan.id, createdAtMs: 5000, ...given })
  test('make it wait, work and end', () => {
    const queued = run({})
    const waiting = planAfterRun(plan, queued)
    expect(waiting.activeRun).toMatchObject({ id: queued.id, state: 'queued' })
    const working = planAfterRun(waiting, { ...queued, state: 'running' })
    expect(working.activeRun?.state).toBe('running')
    // The next one waits behind it.
    expect(planAfterRun(working, run({})).activeRun?.id).toBe(queued.id)
    const ended = planAfterRun(working, { ...queued, state: 'succeeded', finishedAtMs: 9000 })
    expect([ended.activeRun, ended.lastRun?.state, ended.lastGoodAtMs]).toEqual([null, 'succeeded', 9000])
    const shrunk = { ...queued, state: 'warning' as const, finishedAtMs: 9000, error: { code: 'run.shrunk', message: '', cure: '' } }
    expect(planAfterRun(working, shrunk)).toMatchObject({ isShrunk: true, lastRun: { error: { code: 'run.shrunk' } } })
    expect(planAfterRun(ended, run({ state: 'cancelled', createdAtMs: 9500, finishedAtMs: 9900 })).lastGoodAtMs).toBe(9000)
    // A cancelled one says nothing of what it did not come to.
    const alarmed = planAfterRun(working, shrunk)
    const cancelled = planAfterRun(alarmed, run({ state: 'cancelled', createdAtMs: 9500, finishedAtMs: 9900 }))
    expect(cancelled).toMatchObject({ isShrunk: true, lastRun: { state: 'warning' } })
    // What was under way when it ended does not bring it back.
    expect(planAfterRun(ended, { ...queued, state: 'running' })).toBe(ended)
  })
  test('of long ago do not take the place of the newest', () => {
    const known = { ...plan, lastRun: ran('succeeded', { createdAtMs: 9000 }) }
    expect(planAfterRun(known, run({ state: 'cancelled', finishedAtMs: 9500 })).lastRun?.state).toBe('succeeded')
  })
})

test('a backup that was warned of for its size alone is good once that is accepted', () => {
  const lastRun = ran('warning', { error: { code: 'run.shrunk', message: '', cure: '' } })
  expect(statusOf(aPlan(device, { lastRun, isShrunk: true }))).toBe('warning')
  expect(statusOf(aPlan(device, { lastRun }))).toBe('good')
  expect(statusOf(aPlan(device, { lastRun: { ...lastRun, warningCount: 1 } }))).toBe('warning')
  expect(statusOf(aPlan(device, { lastRun: { ...lastRun, error: null } }))).toBe('warning')
})
