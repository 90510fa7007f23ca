import { fleetOf } from '../../src/testing/gallery-world.ts'
import type { StandInHub } from '../../src/testing/stand-in-hub.ts'
import { aBackupRun, aHealth, aPlan, aVault, factsOf, minute } from '../../src/testing/world.ts'
import { go, type Scene } from './scene.ts'

/** All that was wrong is mended. */
function mend({ world }: StandInHub): void {
  world.runs = world.runs.filter(({ state }) => state === 'succeeded')
  world.plans = world.plans.filter(({ problem, name }) => problem === null && name === 'Shared files')
  world.health = aHealth()
  for (const vault of world.vaultDetails) Object.assign(vault, { damage: null, packsLost: 0, snapshotsLost: 0 })
  world.devices = world.devices.map((device, index) => ({
    ...device,
    online: true,
    lastSnapshotAtMs: Date.now() - (index + 1) * 40 * minute,
  }))
}

/** A hub with one device, in the middle of its first day. */
function firstDay({ world }: StandInHub): void {
  const vault = aVault({ bytesStored: 0, snapshots: 0, packs: 0, recoveryKeyExported: false })
  world.vaults = [vault]
  world.vaultsWithoutRecoveryKey = [vault.id]
}

export const overviewScenes: readonly Scene[] = [
  { name: 'overview', isWhole: true, show: go('/', 'need you') },
  {
    name: 'overview-safe',
    isWhole: true,
    show: async (page, hub) => {
      mend(hub)
      await go('/', 'Everything is safe')(page)
    },
  },
  {
    name: 'overview-first-day',
    isEmpty: true,
    show: async (page, hub) => {
      firstDay(hub)
      await go('/', 'Your first backup')(page)
    },
  },
  {
    name: 'overview-second-step',
    isEmpty: true,
    isWhole: true,
    show: async (page, hub) => {
      firstDay(hub)
      hub.world.user.hasPassword = true
      hub.world.devices = fleetOf(1)
      for (const device of hub.world.devices) Object.assign(device, { lastSnapshotAtMs: null })
      await go('/', '2 of 5')(page)
    },
  },
  {
    name: 'overview-fleet',
    isWhole: true,
    show: async (page, hub) => {
      hub.world.devices = fleetOf(2000)
      hub.world.plans = hub.world.devices.slice(0, 1).map((device) => aPlan(device, { isEnabled: false }))
      hub.world.runs = []
      await go('/', 'things need you')(page)
    },
  },
  {
    name: 'overview-vaults-paused',
    isWhole: true,
    show: async (page, hub) => {
      const { world } = hub
      const damaged = world.vaultDetails.map(({ damage, packsLost, snapshotsLost }) => ({ damage, packsLost, snapshotsLost }))
      mend(hub)
      world.vaultDetails.forEach((vault, index) => Object.assign(vault, damaged[index]))
      const [device] = world.devices
      if (device === undefined) return
      const run = aBackupRun(device, { state: 'running', startedAtMs: Date.now() - 40 * minute, pausedAtMs: Date.now() - 30 * minute })
      world.runs.unshift(run)
      world.plans.push(aPlan(device, { lastGoodAtMs: Date.now() - 30 * 60 * minute, activeRun: factsOf(run) }))
      await go('/', 'is paused')(page)
    },
  },
  {
    name: 'overview-hub-unwell',
    show: async (page, hub) => {
      mend(hub)
      hub.world.user.role = 'viewer'
      hub.world.health.details = {
        version: '0.1.0',
        uptimeMs: minute,
        checks: {
          logs: {
            status: 'warning',
            latencyMs: 4,
            code: 'log.nowhere',
            params: { problem: 'ENOSPC' },
            message: 'The hub\u2019s log file cannot be written (ENOSPC); lines go to standard error alone.',
            cure: 'Make space on the disk of HOLDFAST_DATA, or its folder `logs` writable: the hub tries again every 30 s.',
          },
        },
      }
      await go('/', 'needs attention')(page)
    },
  },
  {
    name: 'overview-disk-full',
    show: async (page, hub) => {
      mend(hub)
      hub.world.health.details = {
        version: '0.1.0',
        uptimeMs: minute,
        checks: {
          store: {
            status: 'failing',
            latencyMs: 1,
            code: 'store.not-mounted',
            params: { folder: '/srv/backup/store/00000000-0000-4000-8000-0000000000aa' },
            message: 'The vault is not in its store.',
            cure: 'Mount the disk it is on.',
          },
          space: {
            status: 'warning',
            latencyMs: null,
            code: 'disk.low',
            params: { folder: '/var/lib/holdfast', freeBytes: 214_000_000 },
            message: 'The disk is nearly full.',
            cure: 'Make room on it.',
          },
        },
      }
      const [device] = hub.world.devices
      if (device === undefined) return
      const run = aBackupRun(device, { state: 'running', startedAtMs: Date.now(), waitsFor: { code: 'store.full', sinceMs: Date.now() } })
      hub.world.runs.unshift(run)
      hub.world.plans.push(aPlan(device, { lastGoodAtMs: Date.now() - 30 * 60 * minute, activeRun: factsOf(run) }))
      await go('/', 'is nearly full')(page)
    },
  },
  {
    name: 'overview-offline',
    allowErrors: true,
    show: async (page, hub) => {
      await go('/', 'need you')(page)
      await hub.close()
      await page.getByText('The hub does not answer').first().waitFor({ timeout: 20_000 })
    },
  },
  { name: 'overview-german', locale: 'de-DE', isWhole: true, show: go('/', 'warten auf Sie') },
]
