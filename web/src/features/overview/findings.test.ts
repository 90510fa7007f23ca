import type { Device, Plan, Run } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { aBackupRun, aDevice, aHealth, aPlan, aVault, day, factsOf, hour, minute } from '../../testing/world.ts'
import { findingsOf, type HubState } from './findings.ts'
import { doneSteps } from './guide-steps.ts'
import { clipFindings, verdictOf, type Knowledge } from './verdict.ts'

const nowMs = Date.now()
const error = { code: 'run.expired', message: 'It did.', cure: 'Look.' }
const device = aDevice({ name: 'atlas', lastSnapshotAtMs: nowMs - hour })
const ended = (state: Run['state'], agoMs: number, given: Partial<Run> = {}): Run =>
  aBackupRun(device, { state, createdAtMs: nowMs - agoMs, startedAtMs: nowMs - agoMs, finishedAtMs: nowMs - agoMs, ...given })
const found = (given: Partial<HubState>) =>
  findingsOf({
    nowMs,
    hasPassword: true,
    devices: [device],
    plans: [],
    runs: [],
    retentionWaits: [],
    vaults: [],
    vaultsWithoutRecoveryKey: [],
    health: aHealth(),
    ...given,
  })
const said = (given: Partial<HubState>) => found(given).map(({ kind, gravity, name }) => [kind, gravity, name])
const withDevice = (given: Partial<Device>, more: Partial<HubState> = {}) => said({ devices: [{ ...device, ...given }], ...more })
const withPlan = (given: Partial<Plan>, more: Partial<HubState> = {}) => said({ plans: [aPlan(device, given)], ...more })

test('rules that wait for a word are worth a look, and name plan, device and number', () => {
  const plan = aPlan(device)
  const wait = {
    id: 'w',
    planId: plan.id,
    planName: 'Home',
    agentId: device.id,
    deviceName: 'atlas',
    foundAtMs: nowMs,
    total: 3,
    bytesFreed: 1,
    versions: null,
  }
  const [finding, ...others] = found({ plans: [plan], retentionWaits: [{ ...wait, snapshotIds: [] }] }).filter(
    ({ kind }) => kind === 'retention-waits',
  )
  expect(others).toEqual([])
  expect(finding).toMatchObject({ gravity: 'warning', name: 'atlas', plan: { id: plan.id, name: 'Home' }, waiting: 0 })
})

describe('a device', () => {
  test('with a fresh backup is no finding', () => expect(said({})).toEqual([]))
  test('without a backup is grave', () => expect(withDevice({ lastSnapshotAtMs: null })).toEqual([['never', 'danger', 'atlas']]))
  test('with an old backup is worth a look, after a week grave', () => {
    expect(withDevice({ lastSnapshotAtMs: nowMs - 27 * hour })).toEqual([['old', 'warning', 'atlas']])
    expect(withDevice({ lastSnapshotAtMs: nowMs - 8 * day })).toEqual([['long-ago', 'danger', 'atlas']])
  })
  test('that is backed up just now only has to be waited for, unless its run waits for it to come back', () => {
    const lastSnapshotAtMs = nowMs - 3 * day
    expect(withDevice({ lastSnapshotAtMs }, { runs: [aBackupRun(device, { state: 'running' })] })).toEqual([
      ['under-way', 'waiting', 'atlas'],
    ])
    const queued = aBackupRun(device, { state: 'queued' })
    expect(withDevice({ lastSnapshotAtMs, online: false }, { runs: [queued] })).toEqual([['old', 'warning', 'atlas']])
  })
  test('that has not proved its backups for a month is worth a look, where nothing graver is wrong and the hub asks for proofs', () => {
    const lastProvedAtMs = nowMs - 31 * day
    expect(withDevice({ lastProvedAtMs })).toEqual([['unproved', 'warning', 'atlas']])
    expect(withDevice({ lastProvedAtMs: nowMs - 29 * day })).toEqual([])
    expect(withDevice({ lastProvedAtMs: null, enrolledAtMs: nowMs - 31 * day })).toEqual([['unproved', 'warning', 'atlas']])
    expect(withDevice({ lastProvedAtMs: null, enrolledAtMs: nowMs - day })).toEqual([])
    expect(withDevice({ lastProvedAtMs, lastSnapshotAtMs: null })).toEqual([['never', 'danger', 'atlas']])
  })
  test('that was revoked is nobody’s worry', () => expect(withDevice({ revokedAtMs: nowMs, lastSnapshotAtMs: null })).toEqual([]))
  test('whose last run failed longer ago than the runs that were asked for is still told of', () => {
    expect(withDevice({ lastRunStatus: 'failed' })).toEqual([['run-failed', 'danger', 'atlas']])
    const check = ended('succeeded', 9 * day, { kind: 'verify' })
    expect(withDevice({ lastRunStatus: 'failed' }, { runs: [check] })).toEqual([['run-failed', 'danger', 'atlas']])
  })
})

test('a vault whose files are damaged is told of by them, and not also by the packs that are missing', () => {
  const vault = aVault({ snapshotsDamaged: 3, packsLost: 1 })
  expect(said({ vaults: [vault] })).toEqual([['vault-files', 'danger', vault.name]])
})

describe('a run without a plan', () => {
  test('that failed or expired counts until a newer backup succeeded', () => {
    for (const state of ['failed', 'expired'] as const) {
      const runs = [ended(state, minute, { error })]
      expect(found({ runs })).toMatchObject([{ kind: 'run-failed', gravity: 'danger', runId: runs[0]?.id, error }])
    }
    expect(said({ runs: [ended('failed', 2 * hour)] })).toEqual([])
  })
  test('that ended with warnings is worth a look', () =>
    expect(found({ runs: [ended('warning', minute, { warningCount: 3 })] })).toMatchObject([{ kind: 'warnings', warningCount: 3 }]))
  test('that was cancelled is no finding', () => expect(said({ runs: [ended('cancelled', minute)] })).toEqual([]))
  test('that failed to check a snapshot is grave; a restore that failed is for who asked for it', () => {
    expect(said({ runs: [ended('failed', minute, { kind: 'verify' })] })).toEqual([['check-failed', 'danger', 'atlas']])
    expect(said({ runs: [ended('failed', minute, { kind: 'restore' })] })).toEqual([])
    const brokenOff = [ended('cancelled', minute, { kind: 'verify' }), ended('expired', hour, { kind: 'verify' })]
    const before = [...brokenOff, ended('failed', 2 * hour, { kind: 'verify' })]
    expect(said({ runs: before }), 'and one that broke off mends nothing').toEqual([['check-failed', 'danger', 'atlas']])
  })
})

describe('a plan', () => {
  const failed = ended('failed', minute, { error })
  test('that went well lately is no finding', () => expect(withPlan({ lastRun: factsOf(ended('succeeded', hour)) })).toEqual([]))
  test('whose last run failed explains an old backup: one finding', () => {
    const plan = aPlan(device, { lastRun: factsOf(failed) })
    const devices = [{ ...device, lastSnapshotAtMs: nowMs - 3 * day }]
    expect(found({ devices, plans: [plan], runs: [{ ...failed, planId: plan.id }] })).toMatchObject([{ kind: 'run-failed', error }])
  })
  test('that tries again by itself has only to be waited for', () =>
    expect(withPlan({ lastRun: factsOf(failed), activeRun: factsOf(aBackupRun(device)) })).toEqual([['under-way', 'waiting', 'atlas']]))
  test('that cannot run is grave, and one that is switched off is not asked', () => {
    expect(withPlan({ problem: error })).toEqual([['plan-blocked', 'danger', 'atlas']])
    expect(withPlan({ problem: error, isEnabled: false })).toEqual([])
  })
  test('that never ran, or not lately while another did, is worth a look', () => {
    expect(withPlan({})).toEqual([['plan-never-ran', 'warning', 'atlas']])
    expect(withPlan({ lastRun: factsOf(ended('succeeded', 3 * day)) })).toEqual([['plan-old', 'warning', 'atlas']])
  })
  test('whose last run was cancelled is judged by the one before', () => {
    const lastRun = factsOf(ended('cancelled', hour))
    expect(withPlan({ lastRun, lastGoodAtMs: nowMs - 20 * hour })).toEqual([])
    expect(withPlan({ lastRun, lastGoodAtMs: nowMs - 27 * hour })).toEqual([['plan-old', 'warning', 'atlas']])
    expect(withPlan({ lastRun, lastGoodAtMs: null })).toEqual([['plan-never-done', 'warning', 'atlas']])
  })
  test('whose run is paused does not mend itself: it is to be resumed', () => {
    const run = aBackupRun(device, { state: 'running', pausedAtMs: nowMs })
    const paused = { plans: [aPlan(device, { lastRun: factsOf(failed), activeRun: factsOf(run) })], runs: [run] }
    expect(found(paused)).toMatchObject([{ kind: 'paused', gravity: 'danger', runId: run.id }])
    const old = { plans: [aPlan(device, { lastGoodAtMs: nowMs - 27 * hour, activeRun: factsOf(run) })], runs: [run] }
    expect(found(old)).toMatchObject([{ kind: 'paused', runId: run.id }])
    expect(withDevice({ lastSnapshotAtMs: nowMs - 3 * day }, { runs: [run] }), 'without a plan').toEqual([['paused', 'warning', 'atlas']])
    expect(withDevice({ lastSnapshotAtMs: nowMs - 9 * day }, { runs: [run] }), 'no less grave than it was').toEqual([
      ['paused', 'danger', 'atlas'],
    ])
    const fresh = { plans: [aPlan(device, { lastGoodAtMs: nowMs - hour, activeRun: factsOf(run) })], runs: [run] }
    expect(said(fresh), 'with a fresh backup nobody has to hurry').toEqual([])
  })
  test('whose run waits for the hub does not mend itself either, and says for what', () => {
    const run = aBackupRun(device, { state: 'running', waitsFor: { code: 'store.full', sinceMs: nowMs } })
    const waiting = { plans: [aPlan(device, { lastRun: factsOf(failed), activeRun: factsOf(run) })], runs: [run] }
    expect(found(waiting)).toMatchObject([{ kind: 'waits', gravity: 'danger', runId: run.id, error: { code: 'store.full' } }])
    const old = { plans: [aPlan(device, { lastGoodAtMs: nowMs - 27 * hour, activeRun: factsOf(run) })], runs: [run] }
    expect(found(old)).toMatchObject([{ kind: 'waits', runId: run.id }])
    const fresh = { plans: [aPlan(device, { lastGoodAtMs: nowMs - hour, activeRun: factsOf(run) })], runs: [run] }
    expect(said(fresh), 'with a fresh backup nobody has to hurry: the disk is named by itself').toEqual([])
  })
  test('whose backup shrank beyond its limit says so, until that is accepted', () => {
    const run = ended('warning', minute, { error: { ...error, code: 'run.shrunk' } })
    expect(withPlan({ lastRun: factsOf(run), isShrunk: true })).toEqual([['shrank', 'warning', 'atlas']])
    expect(withPlan({ lastRun: factsOf(run) })).toEqual([])
    const warned = factsOf({ ...run, warningCount: 2 })
    expect(found({ plans: [aPlan(device, { lastRun: warned })] })).toMatchObject([{ kind: 'warnings', warningCount: 2 }])
  })
})

test('a hub that is not well, a vault with one key and an account without password', () => {
  const vault = aVault()
  const health = aHealth()
  const failing = { status: 'failing' as const, latencyMs: null, message: 'Full.', cure: 'Make space.' }
  Object.assign(health.details?.checks ?? {}, { store: failing, logs: { ...failing, status: 'warning' } })
  expect(said({ health, vaults: [vault], vaultsWithoutRecoveryKey: [vault.id], hasPassword: false })).toEqual([
    ['health-failing', 'danger', 'store'],
    ['health-warning', 'warning', 'logs'],
    ['recovery-key', 'warning', vault.name],
    ['password', 'warning', ''],
  ])
  expect(said({ health: { status: 'failing', checks: { database: 'failing' } } }), 'without the reasons').toEqual([
    ['health-failing', 'danger', 'database'],
  ])
})

test('a vault with damage, or without some of its parts, is grave: nothing is said to be safe', () => {
  const damaged = aVault({ name: 'a', damage: { foundAtMs: nowMs, isDeep: false, problemCount: 2 }, packsLost: 2 })
  const vaults = [aVault(), damaged, aVault({ name: 'b', packsLost: 1 }), aVault({ name: 'c', snapshotsLost: 1 })]
  expect(said({ vaults })).toEqual([
    ['vault-damaged', 'danger', 'a'],
    ['vault-lost', 'danger', 'b'],
    ['vault-lost', 'danger', 'c'],
  ])
  expect(found({ vaults })[0]).toMatchObject({ vaultId: damaged.id })
})

describe('the verdict', () => {
  const sound: Knowledge = { link: 'up', isRemembered: false, parts: ['ready', 'ready'], protectedDevices: 1, findings: [] }
  test.each<[string, Partial<Knowledge>]>([
    ['safe', {}],
    ['waiting', { findings: [{ gravity: 'waiting' }] }],
    ['attention', { findings: [{ gravity: 'waiting' }, { gravity: 'warning' }] }],
    ['empty', { protectedDevices: 0, findings: [{ gravity: 'danger' }] }],
    ['loading', { parts: ['ready', 'loading'] }],
    ['loading', { link: 'coming' }],
    ['incomplete', { parts: ['loading', 'failed'] }],
    ['unreachable', { link: 'down' }],
    ['unreachable', { isRemembered: true }],
  ])('%s: %j', (verdict, given) => expect(verdictOf({ ...sound, ...given })).toBe(verdict))
})

test('of many alike the first few are shown and the rest is counted', () => {
  const findings = found({
    devices: Array.from({ length: 9 }, (_, n) => aDevice({ name: `n${n}`, lastSnapshotAtMs: null })),
    hasPassword: false,
  })
  expect(clipFindings(findings, 4).map(({ shown, hidden }) => [shown[0]?.kind, shown.length, hidden.length])).toEqual([
    ['never', 4, 5],
    ['password', 1, 0],
  ])
})

test('steps of the first day are done by what is there; a revoked device is none', () => {
  const state = {
    hasPassword: false,
    devices: [{ ...device, revokedAtMs: nowMs, lastSnapshotAtMs: null }],
    plans: [],
    vaultsWithoutRecoveryKey: [1],
  }
  expect([...doneSteps(state)]).toEqual([])
  expect([...doneSteps({ hasPassword: true, devices: [device], plans: [aPlan(device)], vaultsWithoutRecoveryKey: [] })]).toHaveLength(5)
})
