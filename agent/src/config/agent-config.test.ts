import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { loadConfig } from './agent-config.ts'

test('a setting may lie in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'))
  writeFileSync(join(folder, 'home'), '/srv/agent\n')
  expect(loadConfig({ HOLDFAST_AGENT_HOME_FILE: join(folder, 'home'), HOLDFAST_DATA: '/srv/hub/' })).toEqual({
    home: '/srv/agent',
    hubDataFolder: '/srv/hub',
    hubStoreFolder: null,
    logFiles: 10,
    logDays: 30,
    takesOthersSnapshots: true,
    takesRewrittenSnapshots: true,
    logLevel: 'info',
    memory: 'normal',
    longestReconnectMs: 60_000,
  })
  rmSync(folder, { recursive: true })
})

test('beside a hub the agent is the one that npm start enrolled', () => {
  expect(loadConfig({ HOLDFAST_DATA: '/srv/hub' }).home).toBe('/srv/hub/agent')
  expect(loadConfig({ HOLDFAST_STORE: 'file:///srv/my%20store' }).hubStoreFolder).toBe('/srv/my store')
  expect(loadConfig({ HOLDFAST_STORE: 's3://bucket/prefix' }).hubStoreFolder).toBeNull()
})

test('the usual place of a hub is known without a setting', () => {
  const uid = vi.spyOn(process, 'getuid')
  try {
    uid.mockReturnValue(0)
    expect(loadConfig({ XDG_DATA_HOME: '/srv/ada' })).toMatchObject({ home: '/var/lib/holdfast/agent', hubDataFolder: '/var/lib/holdfast' })
    uid.mockReturnValue(1000)
    expect(loadConfig({ XDG_DATA_HOME: '/srv/ada' })).toMatchObject({ home: '/srv/ada/holdfast/agent', hubDataFolder: '/srv/ada/holdfast' })
    expect(loadConfig({ HOLDFAST_AGENT_HOME: '/srv/agent' }).hubDataFolder).toMatch(/holdfast$/i)
  } finally {
    uid.mockRestore()
  }
})

test('all that is wrong is told at once', () => {
  expect(() => loadConfig({ HOLDFAST_LOG_LEVEL: 'loud', HOLDFAST_MEMORY: 'tiny', HOLDFAST_AGENT_HOME_FILE: '/nowhere/at/all' })).toThrow(
    /HOLDFAST_AGENT_HOME_FILE.*; HOLDFAST_LOG_LEVEL: one of debug, info, warn, error; HOLDFAST_MEMORY: one of normal, small/,
  )
})
